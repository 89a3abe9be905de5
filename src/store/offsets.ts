/**
 * Offsets for local times without a zone, and for instants whose offset nobody told: the newest known one of the provider near that
 * date, else the person's zone. Guessed once a date and kept, so that a flight never stores a sample twice.
 */
import { DAY_MS, dateMs, zoneOffset } from "../domain/time.ts";

export interface Offsets {
  /** The offset of a date, s. */
  at(date: string): number;
  /** What keeps the guesses made since; goes with the commit of what they were used for. */
  statements(): D1PreparedStatement[];
}

interface Of {
  user_id: number;
  provider: string;
  time_zone: string;
}

/** How far from a date a known offset still speaks for it. */
const NEAR_MS = 3 * DAY_MS;

/** `guessing`: whether dates may come that were not guessed before. */
export async function loadOffsets(db: D1Database, of: Of, stream: string, guessing: boolean): Promise<Offsets> {
  const [guesses, known] = await db.batch([
    db
      .prepare("SELECT date, utc_offset_s FROM offset_guess WHERE user_id = ?1 AND provider = ?2 AND stream = ?3")
      .bind(of.user_id, of.provider, stream),
    db
      .prepare(
        `SELECT start_time, utc_offset_s FROM (
           SELECT start_time, utc_offset_s FROM activity WHERE user_id = ?1 AND provider = ?2 AND utc_offset_s IS NOT NULL
           UNION ALL
           SELECT start_time, utc_offset_s FROM sleep WHERE user_id = ?1 AND provider = ?2 AND utc_offset_s IS NOT NULL
         ) WHERE ?3 ORDER BY start_time DESC LIMIT 1000`,
      )
      .bind(of.user_id, of.provider, guessing ? 1 : 0),
  ]);
  const kept = new Map(
    (guesses!.results as { date: string; utc_offset_s: number }[]).map((row) => [row.date, row.utc_offset_s]),
  );
  const records = known!.results as { start_time: number; utc_offset_s: number }[];
  const made = new Map<string, number>();

  const guess = (date: string): number => {
    const noon = dateMs(date) + DAY_MS / 2;
    let best: { distance: number; offset: number } | null = null;
    for (const { start_time, utc_offset_s } of records) {
      const distance = Math.abs(start_time - noon);
      if (distance <= NEAR_MS && (best === null || distance < best.distance)) best = { distance, offset: utc_offset_s };
    }
    return best?.offset ?? zoneOffset(of.time_zone, noon);
  };
  return {
    at(date) {
      const known = kept.get(date) ?? made.get(date);
      if (known !== undefined) return known;
      const offset = guess(date);
      made.set(date, offset);
      return offset;
    },
    statements: () =>
      made.size === 0
        ? []
        : [
            db
              .prepare(
                `INSERT INTO offset_guess(user_id, provider, stream, date, utc_offset_s)
                 SELECT ?1, ?2, ?3, value->>0, value->>1 FROM json_each(?4) WHERE true ON CONFLICT DO NOTHING`,
              )
              .bind(of.user_id, of.provider, stream, JSON.stringify([...made])),
          ],
  };
}

/**
 * Offsets for local times without a zone, and for instants whose offset nobody told: the newest known one of the provider near that
 * date, else the person's zone. Guessed once a date and kept, so that a flight never stores a sample twice.
 */
import { DAY_MS, dateMs, utcDate, zoneOffset } from "../domain/time.ts";

export interface Offsets {
  /** The offset of a date, s. */
  at(date: string): number;
  /** Notes what a record on its way to the database says. */
  know(ms: number, utcOffset: number): void;
  /** What keeps the guesses made since; goes with the commit of what they were used for. */
  statements(): D1PreparedStatement[];
}

interface Of {
  user_id: number;
  provider: string;
  time_zone: string;
}

/** Rows of samples that are asked for their offset: some days of a phone's metrics. */
const NEWEST_ROWS = 120;
/** How far from a date a known offset still speaks for it. */
const NEAR_MS = 3 * DAY_MS;

/** `guessing`: whether dates may come that were not guessed before. */
export async function loadOffsets(db: D1Database, of: Of, stream: string, guessing: boolean): Promise<Offsets> {
  const [guesses, known, sampled] = await db.batch([
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
    db
      .prepare(
        `SELECT l.key AS date, max(l.value->>'utc_offset_s') AS utc_offset_s FROM (
           SELECT local FROM series WHERE user_id = ?1 AND provider = ?2 AND ?3 ORDER BY date DESC LIMIT ${NEWEST_ROWS}
         ) s, json_each(s.local) l WHERE l.value->>'utc_offset_s' IS NOT NULL GROUP BY l.key`,
      )
      .bind(of.user_id, of.provider, guessing ? 1 : 0),
  ]);
  const kept = new Map(
    (guesses!.results as { date: string; utc_offset_s: number }[]).map((row) => [row.date, row.utc_offset_s]),
  );
  const records = known!.results as { start_time: number; utc_offset_s: number }[];
  for (const { date, utc_offset_s } of sampled!.results as { date: string; utc_offset_s: number }[]) {
    records.push({ start_time: dateMs(date) + DAY_MS / 2, utc_offset_s });
  }
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
    know(ms, utcOffset) {
      const date = utcDate(ms);
      if (records.at(-1)?.utc_offset_s !== utcOffset || utcDate(records.at(-1)!.start_time) !== date) {
        records.push({ start_time: ms, utc_offset_s: utcOffset });
      }
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

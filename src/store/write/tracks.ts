/** Rows of `track`: channels and laps come in different answers, so what one leaves out is kept from the stored row. */
import type { Lap, Track } from "../../domain/records.ts";
import { packTrack, unpackTrack } from "../../domain/tracks.ts";
import { pieces } from "../../platform/limits.ts";
import { bytesOf, PACKED_BYTES, type Packed, packedColumns } from "../packed.ts";
import { upsert } from "./guards.ts";
import type { Attempt } from "./plan.ts";

const TABLE = {
  name: "track",
  key: ["user_id", "provider", "external_id"],
  columns: ["data", "points"],
  blob: "data",
};

export interface TrackParts {
  track?: Track | null;
  laps?: Lap[];
}

/** `dropped`: activities whose track no row can hold, with its points. */
export async function planTracks(
  { db, target, now }: Attempt,
  tracks: Map<string, TrackParts>,
  changed: Set<string>,
): Promise<{ statements: D1PreparedStatement[]; dropped: Map<string, number> }> {
  const dropped = new Map<string, number>();
  const ids = [...tracks.keys()].filter((id) => changed.has(id));
  if (ids.length === 0) return { statements: [], dropped };
  const { results } = await db
    .prepare(
      `SELECT external_id, version, ${packedColumns("data")} FROM track WHERE user_id = ?1 AND provider = ?2
       AND external_id IN (SELECT value FROM json_each(?3))`,
    )
    .bind(target.user_id, target.provider, JSON.stringify(ids))
    .all<Packed & { external_id: string; version: number }>();
  const stored = new Map(results.map((row) => [row.external_id, row]));

  const rows: unknown[][] = [];
  const cleared: string[] = [];
  for (const id of ids) {
    const row = stored.get(id);
    const next = merge(row ? await unpackTrack(bytesOf(row)) : null, tracks.get(id)!);
    if (next.time.length === 0 && next.laps.length === 0) {
      if (row) cleared.push(id);
      continue;
    }
    const packed = await packTrack(next);
    if (packed.length > PACKED_BYTES) dropped.set(id, next.time.length);
    else rows.push([target.user_id, target.provider, id, packed, next.time.length, (row?.version ?? 0) + 1]);
  }
  const statements = [
    ...upsert(db, TABLE, now, rows),
    ...pieces(cleared).map((json) =>
      db
        .prepare(
          "DELETE FROM track WHERE user_id = ?1 AND provider = ?2 AND external_id IN (SELECT value FROM json_each(?3))",
        )
        .bind(target.user_id, target.provider, json),
    ),
  ];
  return { statements, dropped };
}

function merge(old: Track | null, { track, laps }: TrackParts): Track {
  const channels = track === undefined ? old : track;
  const kept = track === null ? [] : (old?.laps ?? []);
  return {
    time: channels?.time ?? [],
    channels: channels?.channels ?? {},
    laps: laps ?? (track?.laps.length ? track.laps : kept),
  };
}

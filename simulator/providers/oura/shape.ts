import { dateOf } from "../../calendar.ts";
import type { Life } from "../../life.ts";
import { windowOf } from "../../night.ts";
import { dice } from "../../random.ts";

/** One document, made when it is asked for. */
export interface Entry {
  id: string;
  /** What windows are held against, ms UTC. */
  at: number;
  make(): Record<string, unknown>;
}
/** Documents of a collection that belong to the local days of a stretch, both ends included. */
export type Collection = (life: Life, first: number, last: number, now: number) => Entry[];

/** Always the same for a person and a thing. */
export function uuid(life: Life, ...labels: (string | number)[]): string {
  const draw = dice(life.person.seed, "oura", ...labels);
  const hex = Array.from({ length: 4 }, () => draw.int(0, 0xffff_ffff).toString(16).padStart(8, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), `5${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20)].join("-");
}

/** Oura's name of the account, in `personal_info` and in events. */
export const userId = (life: Life): string => uuid(life, "user");

/** `2024-10-10T01:01:59+02:00`; sample blocks add `.000`. */
export function local(ms: number, offset_s: number, millis = ""): string {
  const two = (n: number) => String(Math.floor(n)).padStart(2, "0");
  const size = Math.abs(offset_s) / 60;
  const clock = new Date(ms + offset_s * 1000).toISOString().slice(0, 19);
  return `${clock}${millis}${offset_s < 0 ? "-" : "+"}${two(size / 60)}:${two(size % 60)}`;
}

export const utc = (ms: number): string => local(ms, 0);
export const midnightUtc = (day: number): number => day * 86_400_000;
export const placeholder = (day: number): string => `${dateOf(day)}T00:00:00+00:00`;

/** The ring stayed in its charger all day: so did it at night. */
export const isOff = (life: Life, day: number): boolean =>
  !windowOf(life.person, day).worn && dice(life.person.seed, day, "oura off").chance(0.4);

/** Days of a history within a stretch, for those who have one. */
export function* daysOf(life: Life, first: number, last: number, now: number): Generator<number> {
  if (life.person.months === 0) return;
  const end = Math.min(last, Math.floor(now / 86_400_000) + 1);
  for (let day = Math.max(first, life.since); day <= end; day++) yield day;
}

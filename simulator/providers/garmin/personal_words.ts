import { round } from "../../condition.ts";
import { float } from "../../json.ts";
import type { Life } from "../../life.ts";
import { dice } from "../../random.ts";

/** Numeric, and not the userId of the partner programme. */
export const profileOf = (life: Life): number =>
  100_000_000 + dice(life.person.seed, "garmin profile").int(0, 9_999_999);

export const iso = (ms: number): string => new Date(ms).toISOString();
/** "2026-11-14 06:10:00" in lists, "2026-11-14T06:10:00.0" elsewhere. */
export const spaced = (ms: number): string => iso(ms).slice(0, 19).replace("T", " ");
export const pointed = (ms: number): string => `${iso(ms).slice(0, 19)}.0`;
export const tens = (value: number | null, digits = 1) => (value === null ? null : float(round(value, digits)));

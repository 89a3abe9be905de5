/** How values are told to people. Units are metric; absent is "–". */
import { dateMs, zoneOffset } from "../../../domain/time.ts";

export const NONE = "–";

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

export const count = (value: number | null | undefined): string => (value == null ? NONE : whole.format(value));
export const oneDigit = (value: number | null | undefined): string => (value == null ? NONE : tenths.format(value));

/** 5025 → `1 h 24 min`, 605 → `10 min`, 45 → `45 s`. */
export function duration(seconds: number | null | undefined): string {
  if (seconds == null) return NONE;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours === 0) return `${minutes} min`;
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
}

/** 12345 → `12.3 km`, 800 → `800 m`. */
export function distance(metres: number | null | undefined): string {
  if (metres == null) return NONE;
  return metres < 1000 ? `${whole.format(metres)} m` : `${tenths.format(metres / 1000)} km`;
}

const ON_FOOT = new Set(["running", "walking", "hiking"]);

/** Pace on foot and in water, speed for everything else. */
export function pace(sport: string, mps: number | null | undefined): string {
  if (!mps) return NONE;
  const clock = (seconds: number) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  if (ON_FOOT.has(sport)) return `${clock(Math.round(1000 / mps))} /km`;
  if (sport === "swimming") return `${clock(Math.round(100 / mps))} /100 m`;
  return `${tenths.format(mps * 3.6)} km/h`;
}

/** FIT names for people: `running`, `trail` → `Running, trail`. */
export function sportName(sport: string, subSport: string): string {
  const words = (name: string) => name.replaceAll("_", " ");
  const main = sport === "generic" ? "workout" : words(sport);
  const title = main.charAt(0).toUpperCase() + main.slice(1);
  return subSport === "generic" || subSport === sport ? title : `${title}, ${words(subSport)}`;
}

const day = new Intl.DateTimeFormat("en-GB", {
  timeZone: "UTC",
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
});
const clock = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", hour: "2-digit", minute: "2-digit" });

/** `2026-03-01` → `Sun, 1 Mar 2026`. */
export const dayName = (date: string): string => day.format(dateMs(date));

const wallOf = (ms: number, offsetS: number | null, zone: string) => ms + (offsetS ?? zoneOffset(zone, ms)) * 1000;

/** In the record's own offset, else in the person's zone. */
export const dateOf = (ms: number, offsetS: number | null, zone: string): string =>
  day.format(wallOf(ms, offsetS, zone));
export const timeOf = (ms: number, offsetS: number | null, zone: string): string =>
  clock.format(wallOf(ms, offsetS, zone));
export const instant = (ms: number, zone: string): string => `${dateOf(ms, null, zone)}, ${timeOf(ms, null, zone)}`;

/** `3 minutes ago`, `in 2 hours`. */
export function relative(ms: number, now: number): string {
  const seconds = (ms - now) / 1000;
  const size = Math.abs(seconds);
  if (size < 45) return seconds < 0 ? "just now" : "in a moment";
  const [value, unit] =
    size < 3000 ? [size / 60, "minute"] : size < 79_200 ? [size / 3600, "hour"] : [size / 86_400, "day"];
  const rounded = Math.round(value as number);
  const text = `${rounded} ${unit}${rounded === 1 ? "" : "s"}`;
  return seconds < 0 ? `${text} ago` : `in ${text}`;
}

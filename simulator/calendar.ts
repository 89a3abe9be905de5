/** Days as numbers since 1970-01-01, dates as YYYY-MM-DD, instants in ms UTC, offsets in seconds east of UTC. */
const DAY_MS = 86_400_000;

export const dayOf = (date: string): number => Date.parse(`${date}T00:00:00Z`) / DAY_MS;
export const dateOf = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);
export const yearOf = (day: number): number => new Date(day * DAY_MS).getUTCFullYear();
/** 0 is Monday; 1970-01-01 was a Thursday. */
export const weekdayOf = (day: number): number => (((day + 3) % 7) + 7) % 7;
/** Whole weeks since Monday 1969-12-29. */
export const weekOf = (day: number): number => Math.floor((day + 3) / 7);
/** 1 for the first of January. */
export const dayOfYear = (day: number): number => day - dayOf(`${yearOf(day)}-01-01`) + 1;

const formats = new Map<string, Intl.DateTimeFormat>();
const offsets = new Map<string, number>();
const MOST_OFFSETS = 100_000;

/** Offset of an IANA zone at an instant, in seconds. */
export function offsetAt(zone: string, instant: number): number {
  // Clocks change at full quarters; formatting is slow, and asked for the same days again and again.
  const key = `${zone} ${Math.floor(instant / 900_000)}`;
  let offset = offsets.get(key);
  if (offset === undefined) {
    if (offsets.size >= MOST_OFFSETS) offsets.clear();
    offset = newOffset(zone, instant);
    offsets.set(key, offset);
  }
  return offset;
}

function newOffset(zone: string, instant: number): number {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" });
    formats.set(zone, format);
  }
  const text = format.formatToParts(instant).find((part) => part.type === "timeZoneName")?.value ?? "GMT";
  const match = /([+-])(\d{2}):(\d{2})/.exec(text);
  return match ? (match[1] === "-" ? -1 : 1) * (Number(match[2]) * 3600 + Number(match[3]) * 60) : 0;
}

/** Instant of a wall time; inside the hour that a clock change skips, the time after it. */
export function instantOf(zone: string, day: number, second: number): number {
  const wall = day * DAY_MS + second * 1000;
  const first = wall - offsetAt(zone, wall) * 1000;
  return wall - offsetAt(zone, first) * 1000;
}

/** Local day of an instant. */
export const localDay = (zone: string, instant: number): number =>
  Math.floor((instant + offsetAt(zone, instant) * 1000) / DAY_MS);

/** Offset outside summer time in that year, in seconds. */
export function standardOffset(zone: string, year: number): number {
  return Math.min(offsetAt(zone, Date.UTC(year, 0, 15)), offsetAt(zone, Date.UTC(year, 6, 15)));
}

/** The same calendar day `months` earlier (the month's last day where it is shorter). */
export function monthsBefore(day: number, months: number): number {
  const date = new Date(day * DAY_MS);
  const first = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - months, 1);
  const lastDate = new Date(first);
  lastDate.setUTCMonth(lastDate.getUTCMonth() + 1, 0);
  return first / DAY_MS + Math.min(date.getUTCDate(), lastDate.getUTCDate()) - 1;
}

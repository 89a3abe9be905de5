/** Instants are unix ms; offsets s east of UTC; dates `YYYY-MM-DD` in somebody's local time. */

export const DAY_MS = 86_400_000;

/** The UTC day of an instant. */
export const utcDate = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** The local day of an instant at an offset. */
export const localDate = (ms: number, offsetS: number): string => utcDate(ms + offsetS * 1000);

/** Midnight UTC of a date. */
export const dateMs = (date: string): number => Date.parse(`${date}T00:00:00Z`);

/** The UTC dates that `[from, to]` touches, ascending. */
export function datesOf(from: number, to: number): string[] {
  const dates: string[] = [];
  for (let ms = from - (from % DAY_MS); ms <= to; ms += DAY_MS) dates.push(utcDate(ms));
  return dates;
}

export const addDays = (date: string, days: number): string => utcDate(dateMs(date) + days * DAY_MS);

export const isDate = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(dateMs(text)) && utcDate(dateMs(text)) === text;

/**
 * RFC 3339 in the offset; `Z` where it is unknown, or more than the format can say (a device clock is anybody's to set). Milliseconds
 * only where there are any.
 */
export function toWire(ms: number, offsetS: number | null): string {
  // The format has minutes: an odd clock's time is told in the nearest ones, and the instant stays true.
  const minutes = Math.round((offsetS ?? 0) / 60);
  const known = offsetS !== null && Math.abs(minutes) < 24 * 60;
  const local = new Date(ms + (known ? minutes * 60_000 : 0)).toISOString();
  const clock = local.endsWith(".000Z") ? local.slice(0, 19) : local.slice(0, 23);
  if (!known) return `${clock}Z`;
  const two = (n: number) => String(n).padStart(2, "0");
  const size = Math.abs(minutes);
  return `${clock}${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** The offset of an IANA zone at an instant, s; UTC where the zone is not known. */
export function zoneOffset(zone: string, ms: number): number {
  let format = formats.get(zone);
  if (!format) {
    try {
      format = new Intl.DateTimeFormat("en-US", {
        timeZone: zone,
        hourCycle: "h23",
        year: "numeric",
        month: "2-digit",
        day: "2-digit",
        hour: "2-digit",
        minute: "2-digit",
        second: "2-digit",
      });
    } catch {
      return 0;
    }
    formats.set(zone, format);
  }
  const part: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(ms)) part[type] = Number(value);
  const local = Date.UTC(part.year!, part.month! - 1, part.day, part.hour, part.minute, part.second);
  return Math.round((local - Math.floor(ms / 1000) * 1000) / 1000);
}

/** The instant of a local wall time (as if UTC, ms) in a zone; the earlier one where a clock change makes two. */
export function zonedInstant(zone: string, wallMs: number): number {
  const first = wallMs - zoneOffset(zone, wallMs) * 1000;
  const second = wallMs - zoneOffset(zone, first) * 1000;
  const earlier = wallMs - zoneOffset(zone, second - 3_600_000) * 1000;
  return zoneOffset(zone, earlier) * 1000 === wallMs - earlier ? Math.min(earlier, second) : second;
}

/** How Polar writes times: local without a zone, durations of ISO 8601, clocks. */
const two = (n: number): string => String(Math.floor(n)).padStart(2, "0");

/** `2026-05-17T09:12:00`, ms UTC at an offset in s. */
export const local = (ms: number, offset_s: number): string =>
  new Date(ms + offset_s * 1000).toISOString().slice(0, 19);

export function offsetOf(seconds: number): string {
  const size = Math.abs(seconds);
  return `${seconds < 0 ? "-" : "+"}${two(size / 3600)}:${two((size % 3600) / 60)}`;
}

/** `PT1H44M30S`. */
export function durationOf(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  const rest = Math.round((seconds % 60) * 1000) / 1000;
  const text = `${hours ? `${hours}H` : ""}${minutes ? `${minutes}M` : ""}${rest ? `${rest}S` : ""}`;
  return text ? `PT${text}` : "PT0S";
}

/** `HH:MM`, of ms UTC at an offset in s. */
export const clock = (ms: number, offset_s: number): string => local(ms, offset_s).slice(11, 16);

export const userUrl = (id: number): string => `https://www.polaraccesslink.com/v3/users/${id}`;

import { createHash } from "node:crypto";
import type { Life } from "../../life.ts";

/** proto3 as JSON: int64 as text, defaults left out, lengths in seconds. */
export const int64 = (value: number): string => String(Math.round(value));
export const length = (seconds: number): string => `${seconds}s`;
export const instant = (ms: number): string => new Date(ms).toISOString().replace(".000Z", "Z");

/** `{year, month, day}` of a wall clock's time, as if UTC. */
export function dateOf(wall: number) {
  const at = new Date(wall);
  return { year: at.getUTCFullYear(), month: at.getUTCMonth() + 1, day: at.getUTCDate() };
}

/** Date and time of a wall clock; midnight is `{}`. */
export function civil(wall: number) {
  const at = new Date(wall);
  const time: Record<string, number> = {
    hours: at.getUTCHours(),
    minutes: at.getUTCMinutes(),
    seconds: at.getUTCSeconds(),
  };
  return { date: dateOf(wall), time: Object.fromEntries(Object.entries(time).filter(([, value]) => value !== 0)) };
}

/** Ends of a session, which come without civil times. */
export const sessionInterval = (start: number, startOffset: number, end: number, endOffset: number) => ({
  startTime: instant(start),
  startUtcOffset: length(startOffset),
  endTime: instant(end),
  endUtcOffset: length(endOffset),
});

export const interval = (start: number, end: number, offset: number) => ({
  ...sessionInterval(start, offset, end, offset),
  civilStartTime: civil(start + offset * 1000),
  civilEndTime: civil(end + offset * 1000),
});

export const sampleTime = (time: number, offset: number) => ({
  physicalTime: instant(time),
  utcOffset: length(offset),
  civilTime: civil(time + offset * 1000),
});

/** Numbers of 19 digits, far beyond 2^53: the same for the same thing. */
export function bigId(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex").slice(0, 15);
  return String(1_000_000_000_000_000_000n + BigInt(`0x${hex}`));
}

export const healthUserId = (life: Life): string => bigId(`${life.person.seed} health user`);
export const legacyUserId = (life: Life): string =>
  createHash("sha256").update(`${life.person.seed} legacy`).digest("hex").slice(0, 6).toUpperCase();

/** A point before it is put into an answer. Instants in ms. */
export interface Point {
  start: number;
  end: number;
  offset_s: number;
  end_offset_s: number;
  /** Of what can be named. */
  id: string | null;
  /** When it reached Google. */
  uploaded: number;
  source: "watch" | "phone" | "scale" | "derived" | "typed";
  /** What stands under the type's field; `merged`: as a reconciled stream has it. */
  body(merged: boolean): Record<string, unknown>;
}

const DEVICE = { displayName: "Pixel Watch 4" };
export const SOURCES: Record<Point["source"], Record<string, unknown>> = {
  watch: { recordingMethod: "PASSIVELY_MEASURED", device: DEVICE, platform: "FITBIT" },
  phone: { recordingMethod: "PASSIVELY_MEASURED", device: { displayName: "Pixel 10" }, platform: "HEALTH_CONNECT" },
  scale: {
    recordingMethod: "UNKNOWN",
    device: {},
    application: { packageName: "com.example.scale" },
    platform: "HEALTH_CONNECT",
  },
  derived: { recordingMethod: "DERIVED", device: DEVICE, platform: "FITBIT" },
  typed: { recordingMethod: "MANUAL", device: {}, platform: "FITBIT" },
};

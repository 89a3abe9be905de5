import { Encoder, Profile } from "@garmin/fitsdk";
import { describe, expect, it } from "vitest";
import { readFit } from "./fit.ts";

const START = Date.parse("2026-03-01T07:00:00Z");
type Message = [type: keyof typeof Profile.MesgNum, message: Record<string, unknown>];
function file(...messages: Message[]): Uint8Array {
  const encoder = new Encoder();
  for (const [type, message] of messages) encoder.onMesg(Profile.MesgNum[type]!, message as never);
  return encoder.close();
}
const at = (second: number) => new Date(START + second * 1000);
const record = (second: number, more: Record<string, unknown> = {}): Message => [
  "RECORD",
  { timestamp: at(second), heartRate: 100 + second, ...more },
];
const session = (second: number, more: Record<string, unknown> = {}): Message => [
  "SESSION",
  {
    timestamp: at(second),
    startTime: at(second),
    sport: "cycling",
    subSport: "gravelCycling",
    totalElapsedTime: 10,
    ...more,
  },
];

describe("a FIT file", () => {
  it("names sports as the profile does, and leaves out what it does not tell", () => {
    const read = readFit(file(session(0, { avgHeartRate: 0, totalCalories: 412 })))!;
    expect(read).toEqual({
      utc_offset_s: null,
      sessions: [
        {
          sport: "cycling",
          sub_sport: "gravel_cycling",
          start_time: START,
          elapsed_s: 10,
          moving_s: null,
          distance_m: null,
          energy_kcal: 412,
          ascent_m: null,
          descent_m: null,
          avg_heart_rate_bpm: null,
          max_heart_rate_bpm: null,
          avg_speed_mps: null,
          max_speed_mps: null,
          avg_power_w: null,
          max_power_w: null,
          avg_cadence_rpm: null,
          training_load: null,
          rpe: null,
        },
      ],
      laps: [],
      points: [],
    });
  });

  it("tells the device clock's offset, also where it was written a second late", () => {
    const activity = (local: number): Message => [
      "ACTIVITY",
      { timestamp: at(0), localTimestamp: START / 1000 - 631_065_600 + local, numSessions: 1 },
    ];
    expect(readFit(file(activity(19_800)))!.utc_offset_s).toBe(19_800);
    expect(readFit(file(activity(-12_601)))!.utc_offset_s).toBe(-12_600);
    expect(readFit(file(activity(7 * 86_400)))!.utc_offset_s).toBeNull();
  });

  it("has places to a centimetre and heights without dust", () => {
    const semicircles = (degrees: number) => Math.round(degrees * (2 ** 31 / 180));
    const read = readFit(
      file(
        record(0, {
          positionLat: semicircles(-33.8567844),
          positionLong: semicircles(151.2152967),
          enhancedAltitude: -3.4,
        }),
      )!,
    )!;
    expect(read.points).toEqual([
      { time: START, point: { lat: -33.8567844, lng: 151.2152967, altitude_m: -3.4, heart_rate_bpm: 100 } },
    ]);
  });

  it("that is damaged keeps what came before", () => {
    const whole = file(record(0), record(1), record(2), record(3));
    const read = readFit(whole.slice(0, whole.length - 10))!;
    expect(read.points.slice(0, 2).map(({ time }) => time)).toEqual([START, START + 1000]);
  });

  it("of another format is none", () => {
    for (const bytes of [
      new Uint8Array(),
      new Uint8Array([1, 2, 3]),
      new TextEncoder().encode("<gpx></gpx> and some more"),
    ]) {
      expect(readFit(bytes)).toBeNull();
    }
  });
});

import { Encoder, Profile } from "@garmin/fitsdk";
import { describe, expect, it } from "vitest";
import { readFit } from "../platform/fit.ts";
import { fitTrack, trackOf } from "./tracks.ts";

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

describe("a track of a FIT file", () => {
  it("joins what several records tell of one second, and has no channel of what nobody told", () => {
    const read = readFit(file(record(0, { heartRate: undefined, power: 200 }), record(0), record(2, { power: 0 })))!;
    expect(fitTrack(read, START)).toEqual({
      time: [0, 2000],
      channels: { heart_rate_bpm: [100, 102], power_w: [200, 0] },
      laps: [],
    });
  });

  it("within a stretch has its own points and laps only", () => {
    const lap = (second: number): Message => [
      "LAP",
      { timestamp: at(second), startTime: at(second), totalElapsedTime: 5 },
    ];
    const read = readFit(
      file(record(0), lap(0), record(9), lap(10), record(10), record(20), record(21), session(0), session(10)),
    )!;
    const leg = fitTrack(read, START + 10_000, { from: START + 10_000, to: START + 20_000 });
    expect(leg).toMatchObject({
      time: [0, 10_000],
      channels: { heart_rate_bpm: [110, 120] },
      laps: [{ start: 0, elapsed_s: 5 }],
    });
    expect(leg.laps.length).toBe(1);
  });
});

it("a track's rows are in order, and it has no channel that none of them tells", () => {
  const rows = new Map([
    [2000, { power_w: 0 }],
    [0, { heart_rate_bpm: 100 }],
  ]);
  expect(trackOf(rows)).toEqual({
    time: [0, 2000],
    channels: { heart_rate_bpm: [100, null], power_w: [null, 0] },
    laps: [],
  });
});

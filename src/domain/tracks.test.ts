import fc from "fast-check";
import { expect, it } from "vitest";
import { TRACK_CHANNELS, type Track } from "./records.ts";
import { packTrack, unpackTrack } from "./tracks.ts";

const lap = {
  start: 0,
  elapsed_s: 300.5,
  moving_s: null,
  distance_m: 1000,
  avg_heart_rate_bpm: 140,
  max_heart_rate_bpm: null,
};
const value = fc.option(
  fc.oneof(
    fc.integer({ min: 0, max: 300 }),
    fc.integer({ min: -1_800_000_000, max: 1_800_000_000 }).map((k) => k / 1e7),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(-0, 179.99999999),
  ),
);
const track: fc.Arbitrary<Track> = fc
  .record({
    time: fc.uniqueArray(fc.nat({ max: 40_000_000 }), { maxLength: 100 }),
    names: fc.uniqueArray(fc.constantFrom(...TRACK_CHANNELS)),
    laps: fc.array(fc.constantFrom(lap, { ...lap, start: 300_500, distance_m: 0.1 + 0.2 }), { maxLength: 3 }),
  })
  .chain(({ time, names, laps }) =>
    fc
      .array(fc.array(value, { minLength: time.length, maxLength: time.length }), {
        minLength: names.length,
        maxLength: names.length,
      })
      .map((columns) => ({
        time: time.sort((a, b) => a - b),
        channels: Object.fromEntries(names.map((name, i) => [name, columns[i]!])),
        laps,
      })),
  );

it("gives back every channel, gap and lap as it was", async () => {
  await fc.assert(
    fc.asyncProperty(track, async (one) => {
      expect(await unpackTrack(await packTrack(one))).toEqual(one);
    }),
    { numRuns: 300 },
  );
});

it("keeps two hours of GPS at a second in a few bytes a point", async () => {
  const n = 7200;
  const points = Array.from({ length: n }, (_, i) => i);
  const one: Track = {
    time: points.map((i) => i * 1000),
    channels: {
      lat: points.map((i) => Math.round((52.52 + 0.01 * Math.sin(i / 500)) * 1e7) / 1e7),
      lng: points.map((i) => Math.round((13.4 + 0.01 * Math.cos(i / 500)) * 1e7) / 1e7),
      heart_rate_bpm: points.map((i) => (i > 100 && i < 160 ? null : 140 + (i % 5))),
      moving: points.map(() => 1),
    },
    laps: [lap],
  };
  const packed = await packTrack(one);
  expect(packed.length).toBeLessThan(6 * n);
  expect(await unpackTrack(packed)).toEqual(one);
});

it("keeps laps without a single point", async () => {
  const one: Track = { time: [], channels: {}, laps: [lap] };
  expect(await unpackTrack(await packTrack(one))).toEqual(one);
});

it("refuses what it would lose", async () => {
  await expect(packTrack({ time: [0.5], channels: {}, laps: [] })).rejects.toThrow(RangeError);
  await expect(packTrack({ time: [0, 1], channels: { lat: [52] }, laps: [] })).rejects.toThrow(RangeError);
});

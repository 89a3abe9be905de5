import { readFileSync } from "node:fs";
import { URL } from "node:url";
import { Encoder, Profile } from "@garmin/fitsdk";
import { describe, expect, it } from "vitest";
import { append, type Batch, emptyBatch } from "../../domain/batch.ts";
import { garmin } from "../garmin/index.ts";
import { toSport } from "../garmin/sports.ts";
import type { Page, PushItem } from "../provider.ts";

// biome-ignore lint/suspicious/noExplicitAny: a fixture is whatever was recorded
const fixture = (name: string): any =>
  JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), "utf8"));
const hints = { now: Date.parse("2026-03-20T12:00:00Z"), offsetAt: () => 0 };
const ask = (element: unknown, key: string): PushItem[] => garmin.push.read(element, key, hints);
/** What a body of pushes comes to. */
function delivered(body: Record<string, unknown[]>): Batch {
  const batch = emptyBatch();
  for (const [key, elements] of Object.entries(body)) {
    for (const item of elements.flatMap((one) => ask(one, key))) if (item.is === "data") append(batch, item.batch);
  }
  return batch;
}
const run = (more: Record<string, unknown>) =>
  delivered({
    activities: [{ userId: "u", activityId: 7, activityType: "RUNNING", startTimeInSeconds: 1634193362, ...more }],
  });
const cadence = (more: Record<string, unknown>) => run(more).activities[0]!.fields.avg_cadence_rpm;

describe("an activity's summary", () => {
  it("becomes a record, each value as it was given, its cadence in strides", () => {
    const { activities, elements, rejections } = delivered(fixture("push_activities_real"));
    expect(elements).toEqual(["activity", "activity"]);
    expect(rejections).toEqual([]);
    expect(activities).toEqual([
      {
        external_id: "7698241777",
        part: "list",
        fields: {
          sport: "cycling",
          sub_sport: "indoor_cycling",
          name: "Indoor Cycling",
          start_time: 1634907261000,
          utc_offset_s: 3600,
          elapsed_s: 1811,
          energy_kcal: 391,
          avg_heart_rate_bpm: 139,
          max_heart_rate_bpm: 178,
          device: "forerunner935",
          extra: { activity_type: "INDOOR_CYCLING" },
        },
        element: 0,
      },
      {
        external_id: "7654562222",
        part: "list",
        fields: {
          sport: "running",
          sub_sport: "generic",
          name: "Springfield Running",
          start_time: 1634193362000,
          utc_offset_s: 3600,
          elapsed_s: 4152,
          distance_m: 12213.01,
          energy_kcal: 809,
          ascent_m: 91.247894,
          descent_m: 90.40311,
          avg_heart_rate_bpm: 143,
          max_heart_rate_bpm: 161,
          avg_speed_mps: 2.941,
          max_speed_mps: 4.451,
          avg_cadence_rpm: 78.546875,
          steps: 10856,
          device: "forerunner735xt",
          start_lat: 51.8,
          start_lng: 5.7,
          extra: { activity_type: "RUNNING" },
        },
        element: 1,
      },
    ]);
  });

  it("that a person typed in is known by its summary's id, and by no device", () => {
    expect(delivered(fixture("push_manually_updated_activities")).activities).toEqual([
      {
        external_id: "5001968356",
        part: "list",
        fields: {
          sport: "running",
          sub_sport: "generic",
          start_time: 1452470400000,
          utc_offset_s: 0,
          elapsed_s: 3580,
          distance_m: 10342.6,
          energy_kcal: 448,
          avg_speed_mps: 2.888999938964844,
          device: null,
          is_manual: true,
          extra: { activity_type: "RUNNING" },
        },
        element: 0,
      },
    ]);
  });

  it("keeps an id beyond 2^53 to its last digit", () => {
    expect(run({ activityId: "9223372036854775807" }).activities[0]!.external_id).toBe("9223372036854775807");
  });

  it("counts strides where steps were counted twice as often, or not at all and too slow for a runner", () => {
    // 168 steps a minute under a cadence of 84: strides by another name.
    expect(cadence({ averageRunCadenceInStepsPerMinute: 84, steps: 5040, durationInSeconds: 1800 })).toBe(84);
    expect(cadence({ averageRunCadenceInStepsPerMinute: 168, steps: 5040, durationInSeconds: 1800 })).toBe(84);
    expect(cadence({ averageRunCadenceInStepsPerMinute: 119 })).toBe(119);
    expect(cadence({ averageRunCadenceInStepsPerMinute: 120 })).toBe(60);
    expect(cadence({ averageRunCadenceInStepsPerMinute: 0 })).toBeNull();
    expect(cadence({ averageBikeCadenceInRoundsPerMinute: 88 })).toBe(88);
    expect(cadence({ averageSwimCadenceInStrokesPerMinute: 27 })).toBe(27);
    expect(cadence({})).toBeUndefined();
  });

  it("has no heart rate of 0, and a distance of 0", () => {
    const { fields } = run({
      averageHeartRateInBeatsPerMinute: 0,
      maxHeartRateInBeatsPerMinute: 0,
      distanceInMeters: 0,
    }).activities[0]!;
    expect([fields.avg_heart_rate_bpm, fields.max_heart_rate_bpm, fields.distance_m]).toEqual([null, null, 0]);
  });

  it("keeps any offset a device clock may have, and none that is missing or impossible", () => {
    const offset = (startTimeOffsetInSeconds: unknown) =>
      run({ startTimeOffsetInSeconds }).activities[0]!.fields.utc_offset_s;
    expect(offset(19_800)).toBe(19_800);
    expect(offset(-12_600)).toBe(-12_600);
    expect(offset(20_700)).toBe(20_700);
    expect(offset(86_400)).toBe(86_400);
    expect(offset(undefined)).toBeNull();
    expect(offset(90_000)).toBeNull();
    expect(offset("+01:00")).toBeNull();
  });

  it("of several sports is one of its own, and its legs name it", () => {
    const leg = { userId: "u", startTimeOffsetInSeconds: 3600, parentSummaryId: "900" };
    const { activities } = delivered({
      activities: [
        { ...leg, activityId: 902, activityType: "TRANSITION_V2", startTimeInSeconds: 1700001260 },
        { ...leg, activityId: 901, activityType: "RUNNING", startTimeInSeconds: 1700000000, parentSummaryId: 900 },
        { userId: "u", activityId: 900, activityType: "MULTI_SPORT", isParent: true, startTimeInSeconds: 1700000000 },
      ],
    });
    expect(
      activities.map(({ external_id, fields }) => [external_id, fields.sport, fields.sub_sport, fields.extra]),
    ).toEqual([
      ["902", "transition", "generic", { activity_type: "TRANSITION_V2", parent: "900" }],
      ["901", "running", "generic", { activity_type: "RUNNING", parent: "900" }],
      ["900", "multisport", "generic", { activity_type: "MULTI_SPORT" }],
    ]);
  });

  it("without an id, without a start or with one in milliseconds is a rejection, and nothing is thrown", () => {
    const bad = delivered({
      activities: [
        { userId: "u", startTimeInSeconds: 1634193362 },
        { userId: "u", activityId: 1 },
        { userId: "u", activityId: 1, startTimeInSeconds: 1634193362000 },
        { userId: "u", activityId: 1, startTimeInSeconds: 1634193362, steps: "many" },
        "no object",
      ],
    });
    expect(bad.activities).toEqual([]);
    expect(bad.rejections.map(({ kind, pointer }) => [kind, pointer])).toEqual([
      ["activity", "/activityId"],
      ["activity", "/startTimeInSeconds"],
      ["activity", "/startTimeInSeconds"],
      ["activity", "/steps"],
      ["activity", ""],
    ]);
  });
});

describe("an activity's details", () => {
  const { activities, rejections } = delivered(fixture("push_activity_details"));
  const detail = activities[1]!;

  it("bring the summary in the rank of a list, so that a later edit still counts", () => {
    expect(rejections).toEqual([]);
    expect(activities[0]).toMatchObject({
      external_id: "5001968355",
      part: "list",
      fields: {
        elapsed_s: 1789,
        avg_cadence_rpm: 84,
        utc_offset_s: -25_200,
        start_lat: 47.9,
        device: "Garmin fenix 8",
      },
    });
  });

  it("know elapsed and moving time from the clocks of the samples", () => {
    expect(detail).toMatchObject({ external_id: "5001968355", part: "detail" });
    expect(detail.fields).toEqual({ elapsed_s: 1469, moving_s: 1388, polyline: "ooayE~butOSS" });
  });

  it("become a track by seconds from the start", () => {
    expect(detail.track).toEqual({
      time: [1_460_000, 1_469_000],
      channels: {
        lat: [35.73, 35.7301],
        lng: [-87.44, -87.4399],
        altitude_m: [314, 314.20001220703125],
        heart_rate_bpm: [108, 109],
        cadence_rpm: [79, 80],
        speed_mps: [1.3250000476837158, 1.315999984741211],
        temperature_c: [18, 18],
        distance_m: [1903.4200439453125, 1916.18994140625],
      },
      laps: [],
    });
  });

  it("tell where laps start, and so how long they last", () => {
    const lap = { moving_s: null, distance_m: null, avg_heart_rate_bpm: null, max_heart_rate_bpm: null };
    expect(detail.laps).toEqual([
      { ...lap, start: 0, elapsed_s: 789 },
      { ...lap, start: 789_000, elapsed_s: 680 },
    ]);
  });

  it("keep the last of two samples of one second, in order, and none from before the start", () => {
    const summary = { startTimeInSeconds: 1000, activityType: "CYCLING" };
    const at = (startTimeInSeconds: number, powerInWatts: number) => ({ startTimeInSeconds, powerInWatts });
    const samples = [at(1002, 200), at(1000, 0), at(999, 9), at(1002, 210), null, { powerInWatts: 5 }];
    const read = delivered({ activityDetails: [{ userId: "u", activityId: 1, summary, samples }] }).activities[1]!;
    expect(read.track).toEqual({ time: [0, 2000], channels: { power_w: [0, 210] }, laps: [] });
  });

  it("of what was typed in have neither track nor laps", () => {
    const summary = { startTimeInSeconds: 1000, durationInSeconds: 60, manual: true };
    const read = delivered({ activityDetails: [{ userId: "u", activityId: 1, summary, samples: [], laps: [] }] });
    expect(read.activities[1]).toEqual({ external_id: "1", part: "detail", fields: {}, element: 0 });
  });
});

describe("an activity's file", () => {
  const notice = fixture("ping_activity_files").activityFiles[0];
  /** Three seconds of a trail run that began with the notice's own start. */
  function recorded(): Uint8Array {
    const start = 1617717902_000;
    const encoder = new Encoder();
    const write = (number: number | undefined, message: Record<string, unknown>) =>
      encoder.onMesg(number!, message as never);
    write(Profile.MesgNum.FILE_ID, {
      type: "activity",
      manufacturer: "garmin",
      product: 1,
      timeCreated: new Date(start),
    });
    for (const [second, power] of [
      [0, 250],
      [1, 0],
      [3, 262],
    ] as const) {
      write(Profile.MesgNum.RECORD, {
        timestamp: new Date(start + second * 1000),
        positionLat: Math.round((52.5 + second / 1000) * (2 ** 31 / 180)),
        positionLong: Math.round(13.4 * (2 ** 31 / 180)),
        enhancedAltitude: 34.2,
        heartRate: 120 + second,
        cadence: 82,
        fractionalCadence: 0.5,
        power,
        enhancedSpeed: 2.9,
        distance: second * 2.9,
        temperature: 17,
      });
    }
    write(Profile.MesgNum.LAP, {
      timestamp: new Date(start + 3000),
      startTime: new Date(start),
      totalElapsedTime: 3,
      totalDistance: 8.7,
      avgHeartRate: 121,
      maxHeartRate: 123,
    });
    write(Profile.MesgNum.SESSION, {
      timestamp: new Date(start + 3000),
      startTime: new Date(start),
      sport: "running",
      subSport: "trail",
      totalElapsedTime: 3.5,
      totalTimerTime: 3,
      totalMovingTime: 2.5,
      totalDistance: 8.7,
      totalCalories: 1,
      avgPower: 256,
      maxPower: 262,
      avgHeartRate: 121,
      maxHeartRate: 123,
      workoutRpe: 60,
      trainingLoadPeak: 12.5,
    });
    write(Profile.MesgNum.ACTIVITY, {
      timestamp: new Date(start + 3000),
      localTimestamp: start / 1000 + 3 - 631_065_600 + 7200,
      numSessions: 1,
    });
    return encoder.close();
  }
  const [ping] = ask(notice, "activityFiles") as Extract<PushItem, { is: "fetch" }>[];
  const answer = (body: unknown, status = 200) => ping!.read({ status, headers: new Headers(), body });

  it("is fetched as bytes from the address as given, once", () => {
    expect(ping).toMatchObject({ is: "fetch", request: { url: notice.callbackURL, as: "bytes", accept: [410] } });
    expect(answer(null, 410)).toEqual({ batch: emptyBatch(), next: null });
  });

  it("tells what summaries do not, and gives way to them in all else", () => {
    const { batch } = answer(recorded()) as Page;
    expect(batch.elements).toEqual(["activity"]);
    expect(batch.activities[0]).toEqual({
      external_id: "5001904988",
      part: "notice",
      fields: {
        sport: "running",
        sub_sport: "generic",
        name: "Springfield Walking",
        start_time: 1617717902000,
        utc_offset_s: 7200,
        device: "Garmin Fenix 8",
        is_manual: false,
        distance_m: 8.7,
        energy_kcal: 1,
        avg_heart_rate_bpm: 121,
        max_heart_rate_bpm: 123,
        extra: { activity_type: "RUNNING" },
      },
      element: 0,
    });
    const { track, fields, ...file } = batch.activities[1]!;
    expect(file).toEqual({
      external_id: "5001904988",
      part: "file",
      laps: [
        { start: 0, elapsed_s: 3, moving_s: null, distance_m: 8.7, avg_heart_rate_bpm: 121, max_heart_rate_bpm: 123 },
      ],
      element: 0,
    });
    expect(fields).toMatchObject({
      elapsed_s: 3.5,
      moving_s: 2.5,
      avg_power_w: 256,
      max_power_w: 262,
      training_load: 12.5,
      rpe: 6,
    });
    expect(track).toMatchObject({
      time: [0, 1000, 3000],
      channels: {
        lat: [52.5, 52.501, 52.503],
        lng: [13.4, 13.4, 13.4],
        altitude_m: [34.2, 34.2, 34.2],
        heart_rate_bpm: [120, 121, 123],
        cadence_rpm: [82.5, 82.5, 82.5],
        power_w: [250, 0, 262],
        speed_mps: [2.9, 2.9, 2.9],
        temperature_c: [17, 17, 17],
      },
    });
    expect(track!.channels.distance_m!.at(-1)).toBe(8.7);
  });

  it("that is none, or of another kind, is told", () => {
    expect(answer(new Uint8Array([1, 2, 3]))).toMatchObject({ kind: "unreadable" });
    expect(ask({ ...notice, fileType: "GPX" }, "activityFiles")).toMatchObject([
      { is: "data", batch: { rejections: [{ pointer: "/fileType" }] } },
    ]);
  });
});

it("names each sport in the words of FIT", () => {
  expect(toSport("GRAVEL_CYCLING")).toEqual(["cycling", "gravel_cycling"]);
  expect(toSport("TENNIS_V2")).toEqual(["tennis", "generic"]);
  expect(toSport("SNOW_SHOE")).toEqual(["generic", "generic"]);
  expect(toSport("SNOW_SHOE_WS")).toEqual(["snowshoeing", "generic"]);
  expect(toSport("KAYAKING_WS_V2")).toEqual(["kayaking", "generic"]);
  expect(toSport("multi_sport")).toEqual(["multisport", "generic"]);
  expect(toSport("HOVERBOARDING")).toEqual(["generic", "generic"]);
  expect(toSport("constructor")).toEqual(["generic", "generic"]);
  expect(toSport(null)).toEqual(["generic", "generic"]);
});

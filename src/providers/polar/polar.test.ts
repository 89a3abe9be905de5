import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { URL } from "node:url";
import { describe, expect, it } from "vitest";
import { faultOf } from "../../access/fault.ts";
import type { Batch } from "../../domain/batch.ts";
import type { Answer, Json, ListStream, Page, Position, Stream } from "../provider.ts";
import { secondsOf } from "../shapes.ts";
import { polar } from "./index.ts";
import { NAMES, toSport } from "./sports.ts";

// biome-ignore lint/suspicious/noExplicitAny: a fixture is whatever was recorded
const fixture = (name: string): any =>
  JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), "utf8"));
const answer = (body: unknown, status = 200, headers: Record<string, string> = {}): Answer => ({
  status,
  headers: new Headers(headers),
  body,
});
const utc = (text: string): number => Date.parse(text);
const NOW = utc("2026-05-20T12:00:00Z");
const account = { provider_user_id: "10000475", public_id: "usr_test1", learned: {} };
const at = (more: Partial<Position> = {}): Position => ({
  window: { from: NOW - 86_400_000, to: NOW },
  cursor: null,
  account,
  offsetAt: () => 0,
  ...more,
});
const page = (result: Page | { kind: string }): Page => {
  if ("kind" in result) throw new Error(`${result.kind}: ${JSON.stringify(result)}`);
  return result;
};
const streams: Record<string, Stream> = polar.streams;
const list = (name: string, body: unknown, more: Partial<Position> = {}, status = 200): Page =>
  page((streams[name] as ListStream).read(answer(body, status), at(more)));
const days = (batch: Batch) => batch.days.map(({ date, metric, value }) => [date, metric, value]);
const { exercise, exercise_check, exercises, recharges, sleeps, profile, daily_activity, continuous_heart_rate } =
  polar.streams;

describe("durations", () => {
  it.each([
    ["PT2H44M", 9840],
    ["PT4658.866S", 4658.866],
    ["P1DT2H", 93_600],
    ["P2D", 172_800],
    ["PT1H3M4S", 3784],
    ["PT0S", 0],
    ["P", null],
    ["PT", null],
    ["2 hours", null],
  ])("%s", (text, seconds) => expect(secondsOf(text)).toBe(seconds));
});

describe("the list of exercises", () => {
  const read = list("exercises", fixture("v3_exercises_run_ride_composed"));

  it("has times by the offset, and no more than is told", () => {
    expect(read.next).toBeNull();
    expect(read.batch.rejections).toEqual([]);
    expect(read.batch.activities[0]).toEqual({
      external_id: "aQlC83",
      part: "list",
      fields: {
        sport: "running",
        sub_sport: "street",
        start_time: utc("2026-05-17T07:12:00Z"),
        utc_offset_s: 7200,
        elapsed_s: 6270,
        distance_m: 21097.5,
        energy_kcal: 1180,
        avg_heart_rate_bpm: 156,
        max_heart_rate_bpm: 176,
        device: "Polar Vantage V3",
        training_load: 143.22,
        rpe: null,
        extra: {
          sport: "RUNNING",
          detailed_sport_info: "ROAD_RUNNING",
          device_id: "2222BBBB",
          running_index: 58,
        },
      },
      wants: ["exercise"],
      element: 0,
    });
    expect(read.batch.activities[1]!.fields).toMatchObject({
      sport: "cycling",
      sub_sport: "road",
      start_time: utc("2026-05-14T14:05:00Z"),
      elapsed_s: 9300,
      distance_m: 63_200,
      energy_kcal: 1640,
      training_load: 211.5,
    });
  });

  it("reads the documentation's example, whose load has words instead of numbers", () => {
    const [one] = list("exercises", fixture("v3_exercises_docs")).batch.activities;
    expect(one!.external_id).toBe("2AC312F");
    expect(one!.fields).toEqual({
      sport: "water_skiing",
      sub_sport: "generic",
      start_time: utc("2008-10-13T07:40:02Z"),
      utc_offset_s: 10_800,
      elapsed_s: 9840,
      distance_m: 1600,
      energy_kcal: 530,
      avg_heart_rate_bpm: 129,
      max_heart_rate_bpm: 147,
      device: "Polar M400",
      training_load: 143.22,
      rpe: null,
      extra: {
        sport: "OTHER",
        detailed_sport_info: "WATERSPORTS_WATERSKI",
        device_id: "1111AAAA",
        running_index: 51,
        club_name: "Polar Club",
        fat_percentage: 60,
        carbohydrate_percentage: 38,
        protein_percentage: 2,
        training_load_pro: { date: "2008-10-13", cardio_load: 1, muscle_load: 1, perceived_load: 1 },
      },
    });
  });

  it("reads keys with hyphens and integer ids", () => {
    const { exercise: old } = fixture("v3_exercise_transaction_docs");
    const [one] = list("exercises", [old]).batch.activities;
    expect(one).toMatchObject({
      external_id: "1937529874",
      fields: {
        sport: "running",
        sub_sport: "generic",
        start_time: utc("2008-10-13T07:40:02Z"),
        utc_offset_s: 10_800,
        elapsed_s: 9885,
        distance_m: 1600.2,
        avg_heart_rate_bpm: 129,
        max_heart_rate_bpm: 147,
        device: "Polar M400",
        training_load: 143.22,
        extra: { running_index: 51, sport: "OTHER", detailed_sport_info: "RUNNING" },
      },
    });
  });

  it("takes an empty heart rate, a missing one and zeros as none, and offsets of half hours to the west", () => {
    const [run] = fixture("v3_exercises_run_ride_composed");
    const variants = [
      { ...run, id: "a", heart_rate: {}, training_load: 0, start_time_utc_offset: -210 },
      { ...run, id: "b", heart_rate: undefined, distance: 0, calories: undefined, duration: "PT4658.866S" },
      {
        ...run,
        id: "c",
        heart_rate: { average: 0, maximum: null },
        training_load_pro: { "muscle-load": "NOT_AVAILABLE" },
      },
    ];
    const [a, b, c] = list("exercises", variants).batch.activities.map(({ fields }) => fields);
    expect([a!.avg_heart_rate_bpm, a!.training_load, a!.utc_offset_s]).toEqual([null, null, -12_600]);
    expect(a!.start_time).toBe(utc("2026-05-17T12:42:00Z"));
    expect([b!.avg_heart_rate_bpm, b!.distance_m, b!.energy_kcal, b!.elapsed_s]).toEqual([null, 0, null, 4658.866]);
    expect([c!.avg_heart_rate_bpm, c!.max_heart_rate_bpm]).toEqual([null, null]);
    expect(c!.extra).not.toHaveProperty("training_load_pro");
  });

  it("asks after what has vanished from it, but not further back than it reaches", () => {
    expect(read.batch.deletions).toEqual([
      {
        kind: "activity",
        from: utc("2026-05-14T14:05:00Z"),
        to: NOW,
        keep: ["aQlC83", "bRmD94"],
        confirm: "exercise_check",
      },
    ]);
    const [run] = fixture("v3_exercises_run_ride_composed");
    const old = list("exercises", [{ ...run, start_time: "2026-04-20T14:30:00" }]);
    expect(old.batch.deletions).toMatchObject([{ from: NOW - 29 * 86_400_000 }]);
    // What was uploaded before a new registration is not shown, and nobody deleted it.
    expect(list("exercises", []).batch.deletions).toEqual([]);
    expect(list("exercises", null, {}, 204).batch.deletions).toEqual([]);
  });

  it("rejects a bad one with its pointer and claims no deletion", () => {
    const bad = fixture("v3_exercises_run_ride_composed");
    bad[0].start_time = "yesterday";
    const { batch } = list("exercises", bad);
    expect(batch.activities.map(({ external_id }) => external_id)).toEqual(["bRmD94"]);
    expect(batch.rejections).toEqual([{ kind: "activity", pointer: "/0/start_time", reason: "not an instant" }]);
    expect(batch.deletions).toEqual([]);
    expect(exercises.read(answer({ error: "?" }), at())).toMatchObject({ kind: "unreadable" });
  });

  it("is asked for without samples, thirty days of which would be too much for one answer", () => {
    expect(exercises.request(at())).toEqual({
      url: "https://www.polaraccesslink.com/v3/exercises",
      query: undefined,
      accept: [404],
    });
  });
});

describe("one exercise", () => {
  const [run, ride] = fixture("v3_exercises_run_ride_composed");
  const { batch } = page(exercise.read(answer(run), "aQlC83", account));

  it("has zones, its way and where it began", () => {
    const { fields, part } = batch.activities[0]!;
    expect(part).toBe("detail");
    expect([fields.start_lat, fields.start_lng]).toEqual([60.0001, 25.0001]);
    // 60.0001, 25.0001 and 10 and 20 hundred-thousandths on, by Google's algorithm.
    expect(fields.polyline).toBe("swemJsyqwCSg@");
    expect(fields.extra!.heart_rate_zones).toEqual([
      { index: 1, lower_bpm: 96, upper_bpm: 115, in_zone_s: 120 },
      { index: 2, lower_bpm: 115, upper_bpm: 134, in_zone_s: 510 },
      { index: 3, lower_bpm: 134, upper_bpm: 153, in_zone_s: 1800 },
      { index: 4, lower_bpm: 153, upper_bpm: 172, in_zone_s: 3480 },
      { index: 5, lower_bpm: 172, upper_bpm: 191, in_zone_s: 360 },
    ]);
  });

  it("has samples in our units, gaps where a sensor was off, and points of the way at their own times", () => {
    const { track } = batch.activities[0]!;
    expect(track!.time).toEqual([0, 1000, 1002, 2000, 3000, 4000, 5000]);
    expect(track!.channels.heart_rate_bpm).toEqual([101, 102, null, null, 105, null, 110]);
    expect(track!.channels.speed_mps).toEqual([0, 7.4 / 3.6, null, 11.2 / 3.6, 11.9 / 3.6, 12 / 3.6, 12.1 / 3.6]);
    expect(track!.channels.altitude_m).toEqual([12.5, 12.5, null, 12.6, 12.8, 13, 13.1]);
    expect(track!.channels.cadence_rpm).toEqual([0, 40, null, 42, 42.5, 42.5, 43]);
    expect(track!.channels.lat).toEqual([60.0001, null, 60.0002, null, null, null, null]);
    expect(track!.channels.lng).toEqual([25.0001, null, 25.0003, null, null, null, null]);
    expect(Object.keys(track!.channels).sort()).toEqual(
      ["altitude_m", "cadence_rpm", "heart_rate_bpm", "lat", "lng", "speed_mps"].sort(),
    );
  });

  it("without samples has no track", () => {
    const [one] = page(exercise.read(answer(ride), "bRmD94", account)).batch.activities;
    expect([one!.track, one!.fields.polyline, one!.fields.start_lat]).toEqual([null, null, null]);
  });

  it("of the documentation has a sample each five seconds, and a point that came later", () => {
    const [docs] = fixture("v3_exercises_docs");
    const [one] = page(exercise.read(answer(docs), "2AC312F", account)).batch.activities;
    const { time, channels } = one!.track!;
    expect(time).toEqual([...Array.from({ length: 27 }, (_, i) => i * 5000), 210_026]);
    expect(channels.speed_mps!.slice(0, 3)).toEqual([0, 100 / 3.6, 102 / 3.6]);
    expect([channels.lat!.at(-1), channels.lng!.at(-1), channels.speed_mps!.at(-1)]).toEqual([60.21, 25.13, null]);
    expect(one!.fields.extra!.heart_rate_zones).toEqual([
      { index: 1, lower_bpm: 110, upper_bpm: 130, in_zone_s: 4 },
      { index: 2, lower_bpm: 130, upper_bpm: 140, in_zone_s: 3784 },
    ]);
  });

  it("reads every kind of sample that has a channel, and leaves out the others", () => {
    const kinds = ["2", "4", "5", "6", "7", "9", 10, "11", "constructor"].map((type) => ({
      recording_rate: 1,
      "sample-type": type,
      data: "1,2",
    }));
    const [one] = page(exercise.read(answer({ ...run, route: [], samples: kinds }), "aQlC83", account)).batch
      .activities;
    expect(one!.track!.channels).toEqual({
      cadence_rpm: [1, 2],
      power_w: [1, 2],
      temperature_c: [1, 2],
      distance_m: [1, 2],
    });
  });

  it("is poorer for a bad point, and still a record", () => {
    const bad = { ...run, route: [{ latitude: "north" }, ...run.route] };
    const read = page(exercise.read(answer(bad), "aQlC83", account));
    expect(read.batch.activities[0]!.fields.start_lat).toBe(60.0001);
    expect(read.batch.rejections).toMatchObject([{ kind: null, pointer: "/route/0/latitude" }]);
  });

  it("that has vanished is deleted once it was asked for; one that is announced may still come", () => {
    expect(exercise_check.request("aQlC83", account)).toMatchObject({ accept: [404] });
    expect(page(exercise_check.read(answer(null, 404), "aQlC83", account)).batch.deletions).toEqual([
      { kind: "activity", external_id: "aQlC83" },
    ]);
    expect(exercise.request("aQlC83", account)).toEqual({
      url: "https://www.polaraccesslink.com/v3/exercises/aQlC83",
      query: { samples: "true", zones: "true", route: "true" },
    });
    expect(exercise.read(answer(run), "other", account)).toMatchObject({ kind: "unreadable", pointer: "/id" });
  });
});

describe("sports", () => {
  const table = JSON.parse(readFileSync(new URL("fixtures/sports.json", import.meta.url), "utf8")) as [
    string,
    string,
    string,
  ][];

  it("of all names that are known are FIT's", () => {
    expect(table.map(([name]) => [name, ...toSport(name, null)])).toEqual(table);
  });

  it("are no more than those", () => {
    const spelled = new Set(table.map(([name]) => name.replaceAll("-", "_")));
    // These say nothing of what was done, and are looked up no further.
    const vague = ["OTHER", "OTHER_INDOOR", "OTHER_OUTDOOR"];
    const names = Object.values(NAMES).flatMap((names) => names.split(/\s+/));
    expect([...names, ...vague].sort()).toEqual([...spelled].sort());
  });

  it("are the coarse name where the detailed one says nothing, and none where neither is known", () => {
    expect(toSport("OTHER_INDOOR", "CYCLING")).toEqual(["cycling", "generic"]);
    expect(toSport(null, "running")).toEqual(["running", "generic"]);
    expect(toSport("OTHER", "OTHER")).toEqual(["generic", "generic"]);
    const [run] = fixture("v3_exercises_run_ride_composed");
    const odd = { ...run, sport: "OTHER", detailed_sport_info: "UNDERWATER_CHESS" };
    const [one] = list("exercises", [odd]).batch.activities;
    expect(one!.fields).toMatchObject({
      sport: "generic",
      sub_sport: "generic",
      extra: { sport: "OTHER", detailed_sport_info: "UNDERWATER_CHESS" },
    });
  });
});

describe("nights", () => {
  const nights = fixture("v3_sleep_composed");

  it("have their date as id, interruptions as awake, the unrecognised as unstaged, and a clock that goes round", () => {
    const { batch } = list("sleeps", nights);
    expect(batch.rejections).toEqual([]);
    expect(batch.nights).toEqual([
      {
        external_id: "2026-08-20",
        part: "list",
        fields: {
          type: "main",
          date: "2026-08-20",
          start_time: utc("2026-08-19T21:10:00Z"),
          end_time: utc("2026-08-20T05:05:00Z"),
          utc_offset_s: 7200,
          in_bed_s: 28_500,
          asleep_s: 27_600,
          awake_s: 900,
          light_s: 15_600,
          deep_s: 5400,
          rem_s: 6300,
          unstaged_s: 300,
          score: 82,
          stages: [
            [0, "light", 1800],
            [1800, "deep", 2700],
            [4500, "light", 2700],
            [7200, "rem", 3000],
            [10_200, "awake", 360],
            [10_560, "light", 5040],
            [15_600, "deep", 2700],
            [18_300, "light", 3000],
            [21_300, "rem", 3300],
            [24_600, "unstaged", 300],
            [24_900, "light", 3300],
            [28_200, "awake", 300],
          ],
          extra: {
            device_id: "2222BBBB",
            short_interruption_s: 540,
            long_interruption_s: 360,
            continuity: 3.1,
            continuity_class: 3,
            sleep_charge: 4,
            sleep_cycles: 5,
            sleep_goal_s: 28_800,
            group_duration_score: 88,
            group_solidity_score: 79.5,
            group_regeneration_score: 80.1,
          },
        },
        element: 0,
      },
    ]);
    expect(days(batch)).toEqual([["2026-08-20", "sleep_score", 82]]);
    expect(batch.samples).toMatchObject([
      {
        metric: "heart_rate_bpm",
        stream: "sleep",
        time: ["19T21:12", "19T21:17", "19T21:57", "19T22:02", "20T04:57"].map((text) => utc(`2026-08-${text}:00Z`)),
        value: [60, 57, 52, 51, 58],
        utc_offset_s: [7200, 7200, 7200, 7200, 7200],
      },
    ]);
  });

  it("begin with the minute of their first key, whatever the second", () => {
    const [night] = list("sleeps", fixture("v3_sleep_docs")).batch.nights;
    expect(night!.external_id).toBe("2020-01-01");
    expect(night!.fields).toMatchObject({
      date: "2020-01-01",
      start_time: utc("2019-12-31T21:39:07Z"),
      end_time: utc("2020-01-01T06:19:37Z"),
      utc_offset_s: 10_800,
      in_bed_s: 31_230,
      asleep_s: 4000,
      awake_s: 1000,
      unstaged_s: 1000,
      // N1 and N2 are one stage of ours.
      stages: [
        [0, "light", 2633],
        [2633, "unstaged", 28_597],
      ],
    });
    expect(night!.fields.extra).toMatchObject({ sleep_rating: 3 });
  });

  const one = (more: Record<string, unknown>) => list("sleeps", { nights: [{ ...nights.nights[0], ...more }] }).batch;

  it("over a change of clocks have the clock of their start, the time that went by and the date of their end", () => {
    const autumn = one({
      date: "2026-10-25",
      sleep_start_time: "2026-10-24T23:30:00+02:00",
      sleep_end_time: "2026-10-25T07:00:00+01:00",
      hypnogram: { "23:30": 2, "02:30": 4, "03:30": 1 },
      heart_rate_samples: { "02:30": 50, "07:45": 55 },
    });
    expect(autumn.nights[0]!.fields).toMatchObject({
      date: "2026-10-25",
      in_bed_s: 30_600,
      utc_offset_s: 7200,
      stages: [
        [0, "light", 10_800],
        [10_800, "deep", 3600],
        [14_400, "rem", 16_200],
      ],
      extra: { end_utc_offset_s: 3600 },
    });
    // 07:45 by the clock of the start is 06:45 after the change.
    expect(autumn.samples[0]!.time).toEqual([utc("2026-10-25T00:30:00Z"), utc("2026-10-25T05:45:00Z")]);
    const spring = one({
      sleep_start_time: "2026-03-28T23:30:00+01:00",
      sleep_end_time: "2026-03-29T07:00:00+02:00",
      hypnogram: {},
    });
    expect(spring.nights[0]!.fields).toMatchObject({ date: "2026-03-29", in_bed_s: 23_400, stages: null });
  });

  it("keep negative and half-hour offsets", () => {
    const west = one({ sleep_start_time: "2026-08-20T00:10:00-03:30", sleep_end_time: "2026-08-20T07:00:00-03:30" });
    expect(west.nights[0]!.fields).toMatchObject({
      date: "2026-08-20",
      utc_offset_s: -12_600,
      start_time: utc("2026-08-20T03:40:00Z"),
    });
    const east = one({ sleep_start_time: "2026-08-19T23:50:00+05:30", sleep_end_time: "2026-08-20T05:00:00+05:30" });
    expect(east.nights[0]!.fields).toMatchObject({ utc_offset_s: 19_800, end_time: utc("2026-08-19T23:30:00Z") });
  });

  const bare = {
    date: "2026-08-20",
    sleep_start_time: "2026-08-19T23:10:00+02:00",
    sleep_end_time: "2026-08-20T07:10:00+02:00",
  };

  it("of devices without stages are asleep where they are not interrupted", () => {
    const plain = list("sleeps", { nights: [{ ...bare, total_interruption_duration: 1800, sleep_score: 0 }] }).batch;
    expect(plain.nights[0]!.fields).toMatchObject({
      in_bed_s: 28_800,
      asleep_s: 27_000,
      awake_s: 1800,
      unstaged_s: 27_000,
      light_s: null,
      deep_s: null,
      rem_s: null,
      score: null,
      stages: null,
    });
    const { fields } = list("sleeps", { nights: [bare] }).batch.nights[0]!;
    expect([fields.in_bed_s, fields.asleep_s, fields.unstaged_s, fields.awake_s]).toEqual([28_800, null, null, null]);
    expect(days(plain)).toEqual([["2026-08-20", "sleep_score", null]]);
  });

  it("that last or end before they begin are none, and an old stage 6 is none of ours", () => {
    expect(one({ sleep_end_time: null })).toMatchObject({ nights: [], rejections: [] });
    expect(one({ sleep_end_time: "2026-08-19T20:00:00+02:00" })).toMatchObject({
      nights: [],
      rejections: [{ kind: "sleep", pointer: "/nights/0/sleep_end_time" }],
    });
    const old = one({
      hypnogram: { "06:00": 6, "23:10": 2, "24:00": 1, "07:30": 3, "05:00": 9, "05:10": "constructor", "05:20": null },
    });
    expect(old.nights[0]!.fields.stages).toEqual([
      [0, "light", 24_600],
      [24_600, "unstaged", 3900],
    ]);
    expect(old.rejections.map(({ pointer }) => pointer)).toEqual([
      "/nights/0/hypnogram/24:00",
      "/nights/0/hypnogram/05:00",
      "/nights/0/hypnogram/05:10",
      "/nights/0/hypnogram/05:20",
    ]);
  });

  it("that are told twice are one record, the later one", () => {
    const { batch } = list("sleeps", { nights: [bare, { ...bare, sleep_score: 90 }] });
    expect(batch.nights.map(({ external_id, fields }) => [external_id, fields.score])).toEqual([
      ["2026-08-20", null],
      ["2026-08-20", 90],
    ]);
  });

  it("are asked for whole, and none of them is an answer too", () => {
    expect(sleeps.request(at())).toMatchObject({ url: "https://www.polaraccesslink.com/v3/users/sleep" });
    expect(list("sleeps", null, {}, 204).batch.nights).toEqual([]);
    expect(list("sleeps", fixture("v3_errors_composed")[4].body, {}, 404).batch.nights).toEqual([]);
    expect(sleeps.read(answer({ nights: "none" }), at())).toMatchObject({ kind: "unreadable", pointer: "/nights" });
  });
});

describe("nightly recharge", () => {
  const first = list("recharges", fixture("v3_sleep_docs"));

  it("asks for the nights first, for their clock", () => {
    expect(recharges.request(at()).url).toBe("https://www.polaraccesslink.com/v3/users/sleep");
    expect(first.batch.elements).toEqual([]);
    expect(recharges.request(at({ cursor: first.next })).url).toBe(
      "https://www.polaraccesslink.com/v3/users/nightly-recharge",
    );
  });

  it("gives its night heart, RMSSD and breath, and the day its values", () => {
    const { batch, next } = list("recharges", fixture("v3_nightly_recharge_docs"), { cursor: first.next });
    expect(next).toBeNull();
    expect(batch.nights).toEqual([
      {
        external_id: "2020-01-01",
        part: "notice",
        fields: {
          type: "main",
          date: "2020-01-01",
          start_time: utc("2019-12-31T21:39:07Z"),
          end_time: utc("2020-01-01T06:19:37Z"),
          utc_offset_s: 10_800,
          avg_heart_rate_bpm: 70,
          avg_hrv_rmssd_ms: 28,
          avg_respiration_brpm: 14.1,
        },
        element: 0,
      },
    ]);
    expect(days(batch)).toEqual([
      ["2020-01-01", "hrv_rmssd_ms", 28],
      ["2020-01-01", "respiration_brpm", 14.1],
      ["2020-01-01", "x_ans_charge", 0],
      ["2020-01-01", "x_nightly_recharge_status", 3],
    ]);
    const times = (...minutes: string[]) => minutes.map((minute) => utc(`2019-12-31T21:${minute}:00Z`));
    expect(batch.samples).toMatchObject([
      { metric: "hrv_rmssd_ms", stream: "sleep", time: times("41", "46", "51"), value: [14, 14, 15] },
      { metric: "respiration_brpm", stream: "sleep", time: times("39", "44", "49"), value: [13.4, 13.5, 13.5] },
    ]);
  });

  it("without its night has a day's values only, and zeros are none", () => {
    const [recharge] = fixture("v3_nightly_recharge_docs").recharges;
    const none = { ...recharge, heart_rate_variability_avg: 0, breathing_rate_avg: null, ans_charge: -2.4 };
    const { batch } = list("recharges", { recharges: [none] }, { cursor: [] });
    expect([batch.nights, batch.samples]).toEqual([[], []]);
    expect(days(batch).slice(0, 3)).toEqual([
      ["2020-01-01", "hrv_rmssd_ms", null],
      ["2020-01-01", "respiration_brpm", null],
      ["2020-01-01", "x_ans_charge", -2.4],
    ]);
    expect(list("recharges", null, {}, 204).next).toEqual([]);
    expect(list("recharges", null, { cursor: [] }, 204).next).toBeNull();
  });
});

describe("days", () => {
  it("of activity are those on which they begin", () => {
    const { batch } = list("daily_activity", fixture("v3_activities_docs"));
    expect(days(batch)).toEqual([
      ["2025-08-13", "steps", 8823],
      ["2025-08-13", "total_energy_kcal", 2500],
      ["2025-08-13", "active_energy_kcal", 1500],
      ["2025-08-13", "distance_m", 4590.53],
      ["2025-08-13", "active_s", 11_460],
      ["2025-08-13", "x_daily_activity_pct", 89.1],
      ["2025-08-13", "x_inactivity_alerts", 1],
    ]);
    const still = list("daily_activity", [{ start_time: "2025-08-14T00:00:00", steps: 0 }]).batch;
    expect(days(still).slice(0, 2)).toEqual([
      ["2025-08-14", "steps", 0],
      ["2025-08-14", "total_energy_kcal", null],
    ]);
    expect(list("daily_activity", null, {}, 204).batch.elements).toEqual([]);
    const odd = list("daily_activity", [
      { start_time: "2025-08-14T00:00:00", calories: 1e6 },
      { start_time: "?" },
    ]).batch;
    expect(odd.rejections.map(({ kind, pointer }) => [kind, pointer])).toEqual([
      [null, "/0/calories"],
      ["daily", "/1/start_time"],
    ]);
  });

  it("of activity are asked for by dates of the person's own clock, never more than 28", () => {
    const to = utc("2026-05-20T20:00:00Z");
    const window = { from: to - daily_activity.max_window_s! * 1000, to };
    expect(daily_activity.request(at({ window, offsetAt: () => 9 * 3600 })).query).toEqual({
      from: "2026-04-25",
      to: "2026-05-21",
    });
    expect(daily_activity.history!.depth_s! + 86_400).toBeLessThan(365 * 86_400);
    // However long nothing was polled.
    expect(list("daily_activity", [], { window }).earliest).toBe(to - 363 * 86_400_000);
  });

  it("of the pulse are by the device's clock, in each of the three shapes", () => {
    const lone = fixture("v3_continuous_heart_rate_docs");
    const one = { time: ["2022-09-11T21:02:08Z", "2022-09-11T21:07:08Z"].map(utc), value: [63, 62] };
    for (const body of [lone, [lone], { heart_rates: [lone] }]) {
      const { batch } = list("continuous_heart_rate", body, { offsetAt: () => 10_800 });
      expect(batch.samples).toMatchObject([
        { metric: "heart_rate_bpm", stream: "", ...one, utc_offset_s: [10_800, 10_800] },
      ]);
    }
    const asked: string[] = [];
    const range = list("continuous_heart_rate", fixture("v3_continuous_heart_rate_range_composed"), {
      offsetAt(date) {
        asked.push(date);
        return date === "2026-08-20" ? 7200 : -7200;
      },
    });
    expect(range.batch.samples[0]!.time).toEqual(
      ["2026-08-19T22:02:08Z", "2026-08-19T22:07:08Z", "2026-08-21T02:01:30Z"].map(utc),
    );
    expect(asked).toEqual(["2026-08-20", "2026-08-21"]);
    expect(continuous_heart_rate.zoneless).toBe(true);
  });

  it("of the pulse leave out what is no reading, and reject what cannot be", () => {
    const samples = [
      { heart_rate: 0, sample_time: "00:01:00" },
      { heart_rate: null, sample_time: "00:02:00" },
      { heart_rate: 900, sample_time: "00:03:00" },
      { heart_rate: 60, sample_time: "25:00:00" },
      { heart_rate: 61, sample_time: "00:05" },
    ];
    const { batch } = list("continuous_heart_rate", { date: "2026-05-01", heart_rate_samples: samples });
    expect(batch.samples[0]).toMatchObject({ time: [utc("2026-05-01T00:05:00Z")], value: [61] });
    expect(batch.rejections).toEqual([
      { kind: "series", pointer: "/heart_rate_samples/2/heart_rate", reason: "out of range" },
      { kind: "series", pointer: "/heart_rate_samples/3/sample_time", reason: "not a time" },
    ]);
  });

  it("of load say nothing where Polar has no status", () => {
    const rows = [
      ...fixture("v3_cardio_load_docs"),
      { date: "2023-01-02", cardio_load_status: "LOAD_STATUS_NOT_AVAILABLE", cardio_load: 0, strain: -1 },
      { date: "2023-01-03", cardio_load_status: "PRODUCTIVE", cardio_load: 0, strain: 44.2, tolerance: -1 },
    ];
    const { batch } = list("cardio_load", rows);
    expect(days(batch)).toEqual([
      ["2023-01-01", "cardio_load", 0.2],
      ["2023-01-01", "x_cardio_strain", 0.3],
      ["2023-01-01", "x_cardio_tolerance", 0.4],
      ["2023-01-01", "x_cardio_load_ratio", 0.1],
      ...["cardio_load", "x_cardio_strain", "x_cardio_tolerance", "x_cardio_load_ratio"].map((metric) => [
        "2023-01-02",
        metric,
        null,
      ]),
      ["2023-01-03", "cardio_load", 0],
      ["2023-01-03", "x_cardio_strain", 44.2],
      ["2023-01-03", "x_cardio_tolerance", null],
      ["2023-01-03", "x_cardio_load_ratio", null],
    ]);
  });

  it("have what the body was measured with", () => {
    const info = list("physical_info", fixture("v3_physical_info_docs"), { offsetAt: () => 13 * 3600 });
    expect(days(info.batch)).toEqual([
      ["2024-06-11", "weight_kg", 70.5],
      ["2024-06-11", "height_m", 1.75],
      ["2024-06-11", "resting_heart_rate_bpm", 60],
      ["2024-06-11", "vo2max_ml_kg_min", 50],
    ]);
    const { skintemperature, spo2 } = fixture("v3_biosensing_docs");
    expect(days(list("skin_temperature", skintemperature).batch)).toEqual([
      ["2023-10-20", "skin_temperature_c", 36.5],
      ["2023-10-20", "skin_temperature_deviation_c", 0.5],
    ]);
    expect(list("spo2", spo2).batch.samples).toEqual([
      {
        metric: "spo2_pct",
        stream: "test",
        time: [utc("2023-10-20T07:34:16Z")],
        value: [95],
        utc_offset_s: [10_800],
        element: [0],
      },
    ]);
    expect(list("spo2", [{ ...spo2[0], test_status: "SPO2_TEST_TIMEOUT" }]).batch.samples).toEqual([]);
    const alertness = fixture("v3_sleepwise_alertness_docs");
    const foretold = { ...alertness[0], result_type: "ALERTNESS_TYPE_PREDICTION" };
    expect(days(list("alertness", [...alertness, foretold]).batch)).toEqual([["2022-11-21", "x_alertness_grade", 9.9]]);
  });
});

describe("access", () => {
  const [auth] = polar.auth;

  it("is of the account that the token names, and never ends by itself", () => {
    expect(polar.identify.read(fixture("v3_token_response_composed"))).toEqual({
      provider_user_id: "10000475",
      display_name: null,
      avatar_url: null,
    });
    expect(polar.identify.read({})).toBeNull();
    expect([auth!.refresh, polar.final_401, auth!.pkce, auth!.client_auth]).toEqual([
      "none",
      true,
      false,
      "client_secret_basic",
    ]);
  });

  it("begins with a registration under our own id, which may be there already", () => {
    const { request } = fixture("v3_register_user");
    const asked = polar.register(account);
    expect([asked.method, new URL(asked.url).pathname, asked.json]).toEqual([
      request.method,
      request.path,
      request.body,
    ]);
    expect(asked.accept).toEqual([409]);
  });

  it("that is no registration after all is registered anew", () => {
    const { responses } = fixture("v3_register_user");
    expect(profile.request(at()).url).toBe("https://www.polaraccesslink.com/v3/users/10000475");
    expect(list("profile", responses[0].body).profile).toEqual({ display_name: "Eka Toka" });
    const { next } = list("profile", null, {}, 204);
    // The person's own id is taken by another account of theirs.
    expect(profile.request(at({ cursor: next }))).toEqual({
      ...polar.register(account),
      json: { "member-id": "usr_test1-10000475" },
    });
    expect(list("profile", responses[0].body, { cursor: next as Json })).toMatchObject({ next: null });
    expect(list("profile", null, { cursor: next as Json }, 409)).toMatchObject({ next: null });
  });

  it("ends with the registration", () => {
    const revoke = auth!.revoke({ access_token: "t", refresh_token: null }, account);
    expect(revoke).toEqual([
      {
        method: "DELETE",
        url: "https://www.polaraccesslink.com/v3/users/10000475",
        headers: { authorization: "Bearer t" },
        auth: "none",
        as: "text",
        accept: [401, 404],
      },
    ]);
  });

  it("says which refusal is whose", () => {
    const [, , revoked, consents, nothing, , limit] = fixture("v3_errors_composed");
    const fault = (entry: { status: number; body: unknown; headers?: Record<string, string> }) =>
      faultOf(polar, { url: "" }, answer(entry.body, entry.status, entry.headers), NOW);
    expect(fault(revoked)).toEqual({ kind: "unauthorized" });
    expect(fault(consents)).toMatchObject({ kind: "needs_person", text: expect.stringContaining("account.polar.com") });
    expect(fault(nothing)).toEqual({ kind: "gone" });
    expect(fault(limit)).toEqual({ kind: "rate_limited", of: "application", until: NOW + 412_000 });
    const day = { ...limit.headers, "RateLimit-Usage": "12, 5100" };
    expect(fault({ ...limit, headers: day })).toMatchObject({ until: NOW + 60_512_000 });
    expect(fault({ status: 429, body: null })).toMatchObject({ until: NOW + 900_000 });
  });

  it("is limited as the headers say", () => {
    const { headers } = fixture("v3_errors_composed")[6];
    expect(polar.read_limits(new Headers(headers))).toEqual([
      { name: "quarter", limit: 520, used: 520, resets_s: 412 },
      { name: "day", limit: 5100, used: 3000, resets_s: 60_512 },
    ]);
    expect(polar.read_limits(new Headers({ "ratelimit-usage": "1", "ratelimit-limit": "a, b" }))).toEqual([]);
  });
});

describe("webhooks", () => {
  const { push } = polar;
  const { ping, events } = fixture("v3_webhook_events_docs");
  const hints = { now: NOW, offsetAt: () => 0 };
  const noon = (date: string) => utc(`${date}T12:00:00Z`);

  it("are greeted before there is a key, and by nothing else", () => {
    expect(push.greeting(ping)).toEqual({ status: 200, body: {} });
    for (const event of events) expect(push.greeting(event)).toBeNull();
    expect(push.verify.optional).toBe(true);
  });

  it("are signed as the example is", () => {
    const { signature_secret_key, raw_body, headers } = fixture("v3_webhook_signature_vector_composed");
    const { hash, encoding, header, parts } = push.verify;
    expect([hash, encoding, parts]).toEqual(["SHA-256", "hex", ["body"]]);
    const name = Object.keys(headers).find((one) => one.toLowerCase() === header)!;
    expect(headers[name]).toBe(createHmac("sha256", signature_secret_key).update(raw_body).digest("hex"));
  });

  it("ask for what they name, at addresses of our own making", () => {
    expect(events.map((event: unknown) => push.account(event))).toEqual(Array(7).fill("10000475"));
    const asked = Object.fromEntries(
      events.map((event: { event: string }) => [event.event, push.read(event, null, hints)]),
    );
    const window = (from: string, to: string) => ({ from: noon(from), to: noon(to) });
    expect(asked).toEqual({
      EXERCISE: [{ is: "want", kind: "exercise", external_id: "aQlC83", expected: true }],
      SLEEP: ["sleeps", "recharges"].map((stream) => ({
        is: "window",
        stream,
        window: window("2019-12-30", "2020-01-01"),
      })),
      CONTINUOUS_HEART_RATE: [
        { is: "window", stream: "continuous_heart_rate", window: window("2022-09-29", "2022-10-01") },
      ],
      SLEEP_WISE_ALERTNESS: [{ is: "window", stream: "alertness", window: window("2022-09-29", "2022-10-03") }],
      SLEEP_WISE_CIRCADIAN_BEDTIME: [],
      ACTIVITY_SUMMARY: [{ is: "window", stream: "daily_activity", window: window("2022-09-29", "2022-10-01") }],
      PHYSICAL_INFORMATION: [
        { is: "window", stream: "physical_info", window: { from: NOW - 43_200_000, to: NOW + 43_200_000 } },
      ],
    });
    expect(push.read({ event: "EXERCISE", user_id: 1, entity_id: "../users" }, null, hints)).toEqual([]);
    expect(push.account({ event: "EXERCISE" })).toBeNull();
  });

  it("are one subscription of the application, woken where it has been put to sleep", () => {
    const { request, response, get } = fixture("v3_webhook_create_docs");
    const { subscription } = push;
    const create = subscription.create("https://app.example.com/webhooks/polar");
    expect([create.method, new URL(create.url).pathname, create.json.url, create.auth]).toEqual([
      request.method,
      request.path,
      request.body.url,
      "client_basic",
    ]);
    expect(create.json.events).toEqual(expect.arrayContaining(request.body.events));
    expect(subscription.read(answer(response.body, response.status))).toMatchObject({
      external_id: "abdf33",
      secret: "00000000-0000-4000-8000-0000000000ff",
    });
    expect(subscription.list.read(answer(get.body))).toMatchObject([
      { external_id: "abdf33", callback_url: "https://app.example.com/webhooks/polar", secret: null, is_asleep: false },
    ]);
    const asleep = { data: [{ ...get.body.data[0], active: false }] };
    expect(subscription.list.read(answer(asleep))).toMatchObject([{ is_asleep: true }]);
    expect(subscription.list.read(answer(null, 204))).toEqual([]);
    expect(new URL(subscription.wake().url).pathname).toBe("/v3/webhooks/activate");
    for (const refused of fixture("v3_errors_composed").slice(0, 2)) {
      expect(subscription.read(answer(refused.body, refused.status))).toBeNull();
    }
  });
});

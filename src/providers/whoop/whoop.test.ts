import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { URL } from "node:url";
import { describe, expect, it } from "vitest";
import type { Answer, ListStream, Page, Position } from "../provider.ts";
import { lacking } from "../provider.ts";
import { whoop } from "./index.ts";
import { toSport } from "./sports.ts";

// biome-ignore lint/suspicious/noExplicitAny: a fixture is whatever was recorded
type Json = any;
const fixture = (name: string): Json =>
  JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), "utf8"));
const answer = (body: unknown, status = 200, headers: Record<string, string> = {}): Answer => ({
  status,
  headers: new Headers(headers),
  body,
});
const { streams } = whoop;
const ALL = whoop.auth[0]!.scopes.map(({ name }) => name);
const account = { provider_user_id: "10129", public_id: "usr_a", learned: {}, granted_scopes: ALL as string[] };
const NOW = Date.parse("2026-05-26T12:00:00Z");
const FROM = Date.parse("2022-01-01T00:00:00Z");
const at = (cursor: Position["cursor"] = null, granted_scopes = account.granted_scopes): Position => ({
  window: { from: FROM, to: NOW },
  cursor,
  account: { ...account, granted_scopes },
  offsetAt: () => 0,
});
const page = (result: Page | { kind: string }): Page => {
  if ("kind" in result) throw new Error(JSON.stringify(result));
  return result;
};
const read = (stream: ListStream, body: unknown, cursor: Position["cursor"] = null) =>
  page(stream.read(answer(body), at(cursor)));
/** A list with members of its first record replaced; `undefined` takes one away. */
const changed = (name: string, change: Record<string, unknown>): Json => {
  const body = fixture(name);
  Object.assign(body.records[0], change);
  body.next_token = null;
  return body;
};
/** What is given for days, without what is taken away from the days beside them. */
const given = ({ batch }: Page) =>
  batch.days.flatMap(({ date, metric, value }) => (value === null ? [] : [[date, metric, value]]));

describe("a workout", () => {
  const one = (change: Record<string, unknown>) =>
    read(streams.workouts, changed("workout_live_tennis", change)).batch.activities[0];

  it("of the live API keeps each value as it was given", () => {
    const { batch, next } = read(streams.workouts, fixture("workout_live_tennis"));
    expect(next).toBeNull();
    expect(batch.activities).toEqual([
      {
        external_id: "6ac2d7c5-6971-508e-99ba-adba84bb5deb",
        part: "list",
        fields: {
          sport: "tennis",
          sub_sport: "generic",
          start_time: 1788231720840, // 2026-09-01T03:02:00.840Z
          utc_offset_s: 25200,
          elapsed_s: 5278.98,
          distance_m: null,
          energy_kcal: 2987.2983 / 4.184,
          ascent_m: null,
          avg_heart_rate_bpm: 146,
          max_heart_rate_bpm: 180,
          training_load: 16.813374,
          extra: {
            sport_name: "tennis",
            sport_id: 34,
            score_state: "SCORED",
            percent_recorded: 100,
            zone_durations: {
              zone_zero_milli: 5000,
              zone_one_milli: 1122000,
              zone_two_milli: 1435000,
              zone_three_milli: 901990,
              zone_four_milli: 1553000,
              zone_five_milli: 261990,
            },
          },
        },
        element: 0,
      },
    ]);
  });

  it("of the documentation has distance, ascent and a percentage of 100", () => {
    const { batch, next } = read(streams.workouts, fixture("workout_docs_example"));
    const [record] = batch.activities;
    expect(record!.fields).toMatchObject({
      sport: "running",
      utc_offset_s: -18000,
      elapsed_s: 28800,
      distance_m: 1772.77035916,
      ascent_m: 46.64384460449,
      avg_heart_rate_bpm: 123,
    });
    expect(record!.fields.energy_kcal).toBeCloseTo(375.0813, 4);
    expect(record!.fields.extra).toMatchObject({ percent_recorded: 100, altitude_change_meter: -0.781372010707855 });
    expect(next).toEqual({ token: "MTIzOjEyMzEyMw", below: Date.parse("2022-04-24T02:25:44.774Z") });
  });

  it("is known by its slug, and one that waits for its score is a record with its times", () => {
    const { batch } = read(streams.workouts, fixture("workout_slugs_composed"));
    expect(batch.activities.map(({ fields }) => [fields.sport, fields.sub_sport, fields.elapsed_s])).toEqual([
      ["hiking", "generic", 3734],
      ["training", "strength_training", 2730],
      ["generic", "generic", 1800],
    ]);
    expect(batch.activities[1]!.fields.extra!.percent_recorded).toBe(98);
    expect(batch.activities[2]!.fields).toEqual({
      sport: "generic",
      sub_sport: "generic",
      start_time: Date.parse("2026-05-09T20:15:00Z"),
      utc_offset_s: -14400,
      elapsed_s: 1800,
      distance_m: null,
      energy_kcal: null,
      ascent_m: null,
      avg_heart_rate_bpm: null,
      max_heart_rate_bpm: null,
      training_load: null,
      extra: { sport_name: "sauna", sport_id: 233, score_state: "PENDING_SCORE" },
    });
  });

  it("that measured nothing has a strain of 0 and neither energy nor heart rate", () => {
    const score = { strain: 0, average_heart_rate: 0, max_heart_rate: 0, kilojoule: 0, percent_recorded: 0 };
    expect(one({ score })!.fields).toMatchObject({
      training_load: 0,
      energy_kcal: null,
      avg_heart_rate_bpm: null,
      max_heart_rate_bpm: null,
    });
    expect(one({ score: { ...score, average_heart_rate: 80 } })!.fields.energy_kcal).toBe(0);
  });

  it("without an end is none yet, and one in an unknown offset has none", () => {
    expect(one({ end: null })).toBeUndefined();
    expect(one({ end: undefined })).toBeUndefined();
    expect(one({ timezone_offset: "local" })!.fields.utc_offset_s).toBeNull();
    expect(one({ timezone_offset: "Z" })!.fields.utc_offset_s).toBe(0);
    expect(one({ timezone_offset: "-03:30" })!.fields.utc_offset_s).toBe(-12600);
  });

  it("that cannot be read is told, and its neighbours stay", () => {
    const body = fixture("workout_slugs_composed");
    body.records[0].id = "../../v2/user/access";
    body.records[1].start = "yesterday";
    const { batch } = read(streams.workouts, body);
    expect(batch.activities.map(({ external_id }) => external_id)).toEqual(["ea8d18a9-01df-5df7-8f60-e6b8fe40b4f6"]);
    expect(batch.rejections).toEqual([
      { kind: "activity", pointer: "/records/0/id", reason: "not a UUID" },
      { kind: "activity", pointer: "/records/1/start", reason: "not an instant" },
    ]);
    expect(batch.deletions).toEqual([]);
  });
});

describe("sports", () => {
  // Id, slug, display name and FIT names of WHOOP's list.
  const known = fixture("sports") as [number, string, string, string, string][];

  it("of the whole list are mapped, by slug, by display name, with underscores, and by number", () => {
    expect(known).toHaveLength(123);
    for (const [id, slug, name, sport, sub_sport] of known) {
      for (const [told, number] of [
        [slug, null],
        [name, null],
        [slug.replaceAll("-", "_"), null],
        ["new", id],
      ] as const) {
        expect([told, number, toSport(told, number)]).toEqual([told, number, [sport, sub_sport]]);
      }
    }
    expect(toSport("weightlifting_msk", null)).toEqual(["training", "strength_training"]);
    expect(toSport("strength", null)).toEqual(["training", "strength_training"]);
    // A name that is known counts, whatever the number says.
    expect(toSport("sauna", 0)).toEqual(["generic", "generic"]);
    // A number is no name.
    expect(toSport("-1", null)).toEqual(["generic", "generic"]);
    expect(toSport("1", 44)).toEqual(["training", "yoga"]);
    expect(toSport("f45_training", null)).toEqual(["hiit", "generic"]);
    expect(toSport("Barre3", 1)).toEqual(["training", "generic"]);
  });

  it("that nobody knows are generic, and their words are kept", () => {
    const { batch } = read(
      streams.workouts,
      changed("workout_live_tennis", { sport_name: "moon-walking", sport_id: 999 }),
    );
    expect(batch.activities[0]!.fields).toMatchObject({
      sport: "generic",
      sub_sport: "generic",
      extra: { sport_name: "moon-walking", sport_id: 999 },
    });
    expect(toSport(null, null)).toEqual(["generic", "generic"]);
    expect(toSport("constructor", undefined)).toEqual(["generic", "generic"]);
  });
});

describe("a sleep", () => {
  const one = (change: Record<string, unknown>) =>
    read(streams.sleeps, changed("sleep_docs_example", change)).batch.nights[0]!;

  it("of the documentation keeps each value as it was given", () => {
    const { batch } = read(streams.sleeps, fixture("sleep_docs_example"));
    expect(batch.nights).toEqual([
      {
        external_id: "ecfc6a15-4661-442f-a9a4-f160dd7afae8",
        part: "list",
        fields: {
          type: "main",
          date: "2022-04-24",
          start_time: 1650767144774,
          end_time: 1650795944774,
          utc_offset_s: -18000,
          in_bed_s: 30272.735,
          asleep_s: 27415.794, // 14905.851 + 6630.37 + 5879.573
          awake_s: 1403.507,
          light_s: 14905.851,
          deep_s: 6630.37,
          rem_s: 5879.573,
          unstaged_s: 0,
          efficiency_pct: 91.69533848,
          score: 98,
          avg_respiration_brpm: 16.11328125,
          extra: {
            cycle_id: "93845",
            score_state: "SCORED",
            sleep_cycle_count: 3,
            disturbance_count: 12,
            sleep_consistency_percentage: 90,
            sleep_needed: {
              baseline_milli: 27395716,
              need_from_sleep_debt_milli: 352230,
              need_from_recent_strain_milli: 208595,
              need_from_recent_nap_milli: -12312,
            },
          },
        },
        element: 0,
      },
    ]);
  });

  it("may be a nap", () => {
    const { batch } = read(streams.sleeps, fixture("sleep_night_and_nap_composed"));
    expect(
      batch.nights.map(({ fields: { type, date, in_bed_s, asleep_s, rem_s, score } }) => [
        type,
        date,
        in_bed_s,
        asleep_s,
        rem_s,
        score,
      ]),
    ).toEqual([
      ["nap", "2026-05-25", 2190, 1860, 0, 6],
      ["main", "2026-05-25", 27180, 25800, 6120, 88],
    ]);
    expect(batch.nights[0]!.fields.extra).not.toHaveProperty("sleep_consistency_percentage");
  });

  it("does not count as asleep what the strap did not see", () => {
    const body = fixture("sleep_docs_example");
    Object.assign(body.records[0].score.stage_summary, { total_no_data_time_milli: 600_500 });
    const { fields } = read(streams.sleeps, body).batch.nights[0]!;
    expect([fields.unstaged_s, fields.asleep_s]).toEqual([600.5, 27415.794]);
  });

  it.each([
    ["PENDING_SCORE", undefined],
    ["UNSCORABLE", null],
  ])("that is %s is a record with its times", (score_state, score) => {
    expect(one({ score_state, score }).fields).toEqual({
      type: "main",
      date: "2022-04-24",
      start_time: 1650767144774,
      end_time: 1650795944774,
      utc_offset_s: -18000,
      in_bed_s: 28800,
      asleep_s: null,
      awake_s: null,
      light_s: null,
      deep_s: null,
      rem_s: null,
      unstaged_s: null,
      efficiency_pct: null,
      score: null,
      avg_respiration_brpm: null,
      extra: { cycle_id: "93845", score_state },
    });
  });

  it.each([
    // start, end, offset → the local day of waking, in the one offset that is told
    [
      "over the clock change of spring, seven hours long",
      "2026-03-28T22:30:00.000Z",
      "2026-03-29T05:30:00.000Z",
      "+01:00",
      "2026-03-29",
      25200,
    ],
    [
      "that ends after midnight UTC, in the evening of the day before",
      "2026-05-25T20:00:00.000Z",
      "2026-05-26T03:59:00.000Z",
      "-04:00",
      "2026-05-25",
      28740,
    ],
    [
      "in an offset of half an hour",
      "2026-05-25T13:00:00.000Z",
      "2026-05-25T18:31:00.000Z",
      "+05:30",
      "2026-05-26",
      19860,
    ],
    [
      "in a negative offset of half an hour",
      "2026-05-25T20:00:00.000Z",
      "2026-05-26T03:29:00.000Z",
      "-03:30",
      "2026-05-25",
      26940,
    ],
    ["in Greenwich", "2026-05-25T22:00:00.000Z", "2026-05-26T06:00:00.000Z", "Z", "2026-05-26", 28800],
  ])("%s is of its day", (_, start, end, timezone_offset, date, in_bed_s) => {
    const { fields } = one({ start, end, timezone_offset, score: null });
    expect([fields.date, fields.in_bed_s]).toEqual([date, in_bed_s]);
  });

  it("without an end is none yet, and a performance or breath of 0 is none", () => {
    expect(read(streams.sleeps, changed("sleep_docs_example", { end: null })).batch.nights).toEqual([]);
    const score = {
      ...fixture("sleep_docs_example").records[0].score,
      sleep_performance_percentage: 0,
      respiratory_rate: 0,
    };
    expect(one({ score }).fields).toMatchObject({ score: null, avg_respiration_brpm: null, light_s: 14905.851 });
  });
});

describe("a list", () => {
  const { workouts, sleeps } = streams;

  it("is asked for by 25, by a window that stays the same from page to page", () => {
    const asked = workouts.request(at());
    expect(asked).toEqual({
      url: "https://api.prod.whoop.com/developer/v2/activity/workout",
      query: { limit: "25", start: "2022-01-01T00:00:00.000Z", end: "2026-05-26T12:00:00.000Z" },
    });
    const { next } = read(workouts, fixture("workout_docs_example"));
    expect(workouts.request(at(next)).query).toEqual({ ...asked.query, nextToken: "MTIzOjEyMzEyMw" });
  });

  it.each([null, "", undefined])("ends with a token that is %j, and with a page that is empty", (next_token) => {
    expect(read(sleeps, { ...fixture("sleep_docs_example"), next_token }).next).toBeNull();
    expect(read(sleeps, fixture("collection_empty_composed")).next).toBeNull();
    expect(read(sleeps, { records: [], next_token: "on and on" }).next).toBeNull();
  });

  it("asks of what is absent whether it is gone, within what it shows whole", () => {
    const first = read(workouts, { ...fixture("workout_slugs_composed"), next_token: "more" });
    const ids = fixture("workout_slugs_composed").records.map(({ id }: Json) => id);
    const oldest = Date.parse("2026-05-09T20:15:00Z");
    expect(first.batch.deletions).toEqual([
      { kind: "activity", from: oldest, to: NOW, keep: ids, confirm: "workout_check" },
    ]);
    const last = read(workouts, { records: [], next_token: null }, first.next);
    expect(last.batch.deletions).toEqual([
      { kind: "activity", from: FROM, to: oldest, keep: [], confirm: "workout_check" },
    ]);
    expect(read(sleeps, fixture("collection_empty_composed")).batch.deletions).toEqual([
      { kind: "sleep", from: FROM, to: NOW, keep: [], confirm: "sleep_check" },
    ]);
  });

  it("of a wrong shape is unreadable", () => {
    for (const body of [null, "text", [], {}, { records: {} }]) {
      for (const stream of [workouts, sleeps, streams.cycles, streams.recoveries]) {
        expect(stream.read(answer(body), at())).toMatchObject({ kind: "unreadable" });
      }
    }
  });
});

describe("a recovery", () => {
  const { recoveries } = streams;
  const nights = read(recoveries, fixture("sleep_night_and_nap_composed"));

  it("is asked for after the nights that it needs, from the first to the last of them", () => {
    expect(recoveries.request(at()).url).toBe("https://api.prod.whoop.com/developer/v2/activity/sleep");
    expect(nights.batch.nights).toEqual([]);
    expect(recoveries.request(at(nights.next))).toEqual({
      url: "https://api.prod.whoop.com/developer/v2/recovery",
      query: { limit: "25", start: "2026-05-25T03:18:00.000Z", end: "2026-05-25T10:51:00.000Z" },
    });
  });

  it("is of the day on which its sleep ended", () => {
    const result = read(recoveries, fixture("recovery_composed"), nights.next);
    expect(given(result)).toEqual([
      ["2026-05-25", "recovery_score", 72],
      ["2026-05-25", "resting_heart_rate_bpm", 51],
      ["2026-05-25", "hrv_rmssd_ms", 68.40127],
      ["2026-05-25", "spo2_pct", 96.7],
      ["2026-05-25", "skin_temperature_c", 33.4],
    ]);
    expect(result.batch.days.every(({ source }) => source === "7c1ba13d-b672-585d-9ff2-c765190f2514")).toBe(true);
    expect(result.batch.nights).toEqual([
      {
        external_id: "7c1ba13d-b672-585d-9ff2-c765190f2514",
        part: "notice",
        fields: {
          type: "main",
          date: "2026-05-25",
          start_time: Date.parse("2026-05-25T03:18:00Z"),
          end_time: Date.parse("2026-05-25T10:51:00Z"),
          utc_offset_s: -14400,
          avg_hrv_rmssd_ms: 68.40127,
          avg_spo2_pct: 96.7,
        },
        element: 0,
      },
    ]);
    expect(result.next).toBeNull();
  });

  it("of the documentation, whose sleep is another, is found by the cycle", () => {
    const held = read(recoveries, fixture("sleep_docs_example"));
    const result = read(recoveries, { ...fixture("recovery_docs_example"), next_token: null }, held.next);
    expect(given(result).slice(0, 3)).toEqual([
      ["2022-04-24", "recovery_score", 44],
      ["2022-04-24", "resting_heart_rate_bpm", 64],
      ["2022-04-24", "hrv_rmssd_ms", 31.813562],
    ]);
    expect(result.batch.nights).toEqual([]);
    // On with the sleeps, where these went on.
    expect(recoveries.request(at(result.next))).toMatchObject({
      url: "https://api.prod.whoop.com/developer/v2/activity/sleep",
      query: { nextToken: "MTIzOjEyMzEyMw", end: "2026-05-26T12:00:00.000Z" },
    });
  });

  it("may take several pages, and goes on with the same stretch", () => {
    const more = read(recoveries, { ...fixture("recovery_composed"), next_token: "abc" }, nights.next);
    const { query } = recoveries.request(at(more.next));
    expect(query).toEqual({ ...recoveries.request(at(nights.next)).query, nextToken: "abc" });
    expect(given(read(recoveries, fixture("recovery_composed"), more.next))).toHaveLength(5);
  });

  it("leaves nothing on the days beside its own, should its sleep have ended there before", () => {
    const { batch } = read(recoveries, fixture("recovery_composed"), nights.next);
    const beside = batch.days.filter(({ value }) => value === null).map(({ date }) => date);
    expect(new Set(beside)).toEqual(new Set(["2026-05-24", "2026-05-26"]));
    expect(beside).toHaveLength(10);
  });

  it("that waits for its score changes nothing, one without a score takes away what was there", () => {
    const pending = changed("recovery_composed", { score_state: "PENDING_SCORE", score: undefined });
    expect(read(recoveries, pending, nights.next).batch).toMatchObject({ days: [], nights: [] });
    const none = read(
      recoveries,
      changed("recovery_composed", { score_state: "UNSCORABLE", score: null }),
      nights.next,
    );
    expect(given(none)).toEqual([]);
    expect(none.batch.days.filter(({ date }) => date === "2026-05-25")).toHaveLength(5);
  });

  it("reads 0 as nothing, and refuses what cannot be", () => {
    const score = {
      recovery_score: 0,
      resting_heart_rate: 0,
      hrv_rmssd_milli: 0,
      spo2_percentage: 12,
      skin_temp_celsius: null,
    };
    const result = read(recoveries, changed("recovery_composed", { score }), nights.next);
    expect(given(result)).toEqual([]);
    expect(result.batch.rejections).toEqual([
      { kind: null, pointer: "/records/0/score/spo2_percentage", reason: "out of range" },
    ]);
  });

  it("needs nobody's request where there was no night", () => {
    expect(read(recoveries, fixture("collection_empty_composed")).next).toBeNull();
    const nap = fixture("sleep_night_and_nap_composed").records[0];
    expect(read(recoveries, { records: [nap], next_token: "t" }).next).toEqual({ token: "t" });
  });
});

describe("a cycle", () => {
  const { cycles } = streams;
  const KCAL = 9902.118 / 4.184;
  const DAY = [
    ["2026-05-24", "strain", 12.0410625],
    ["2026-05-24", "total_energy_kcal", KCAL],
    ["2026-05-24", "avg_heart_rate_bpm", 69],
    ["2026-05-24", "max_heart_rate_bpm", 171],
  ];

  it("is followed by the sleeps of its time; the open one is none yet", () => {
    const { batch, next } = read(cycles, fixture("cycle_open_composed"));
    expect(batch.days).toEqual([]);
    expect(cycles.request(at(next))).toEqual({
      url: "https://api.prod.whoop.com/developer/v2/activity/sleep",
      query: { limit: "25", start: "2026-05-24T03:05:10.120Z", end: "2026-05-25T03:18:00.000Z" },
    });
    const result = read(cycles, fixture("collection_empty_composed"), next);
    // Without its sleep: half a day after its start, at 11:05 of the 24th.
    expect(given(result)).toEqual(DAY);
    expect(result.next).toBeNull();
  });

  const sleepOf = (change: Record<string, unknown>) => ({
    records: [{ ...fixture("sleep_night_and_nap_composed").records[1], cycle_id: 1203998342, ...change }],
    next_token: null,
  });

  it("is of the day on which its sleep ended", () => {
    const { next } = read(cycles, fixture("cycle_open_composed"));
    const late = sleepOf({ start: "2026-05-24T03:05:10.120Z", end: "2026-05-25T04:30:00.000Z" });
    expect(given(read(cycles, late, next))[0]).toEqual(["2026-05-25", "strain", 12.0410625]);
    const [, nap] = [late, sleepOf({ nap: true, end: "2026-05-25T04:30:00.000Z" })];
    expect(given(read(cycles, nap, next))).toEqual(DAY);
    const other = sleepOf({ cycle_id: 7, end: "2026-05-25T04:30:00.000Z" });
    expect(given(read(cycles, other, next))).toEqual(DAY);
  });

  it("of a night in two is of the day of the later waking, also where they are on two pages", () => {
    const { next } = read(cycles, fixture("cycle_open_composed"));
    const late = sleepOf({ end: "2026-05-25T04:30:00.000Z" });
    const between = read(cycles, { ...late, next_token: "more" }, next);
    expect(between.batch.days).toEqual([]);
    expect(cycles.request(at(between.next)).query).toMatchObject({
      nextToken: "more",
      start: "2026-05-24T03:05:10.120Z",
    });
    const early = sleepOf({ id: crypto.randomUUID(), end: "2026-05-24T09:00:00.000Z" });
    expect(given(read(cycles, early, between.next))[0]).toEqual(["2026-05-25", "strain", 12.0410625]);
  });

  it("is dated by itself where the sleeps are not ours to see", () => {
    const result = page(cycles.read(answer(fixture("cycle_open_composed")), at(null, ["offline", "read:cycles"])));
    expect(given(result)).toEqual(DAY);
    expect(result.next).toBeNull();
  });

  it("of the documentation, of a morning, is of that day, and the list goes on", () => {
    const held = read(cycles, fixture("cycle_docs_example"));
    const result = read(cycles, fixture("sleep_docs_example"), held.next);
    expect(result.next).toMatchObject({ token: "MTIzOjEyMzEyMw" }); // of the sleeps, first
    const last = read(cycles, fixture("collection_empty_composed"), result.next);
    expect(given(last)[0]).toEqual(["2022-04-24", "strain", 5.2951527]);
    expect(cycles.request(at(last.next))).toMatchObject({
      url: "https://api.prod.whoop.com/developer/v2/cycle",
      query: { nextToken: "MTIzOjEyMzEyMw" },
    });
  });

  it("that measured nothing has a strain of 0 and nothing else", () => {
    const body = fixture("cycle_open_composed");
    body.records[1].score = { strain: 0, kilojoule: 0, average_heart_rate: 0, max_heart_rate: 0 };
    const { next } = read(cycles, body);
    expect(given(read(cycles, fixture("collection_empty_composed"), next))).toEqual([["2026-05-24", "strain", 0]]);
  });
});

describe("the person", () => {
  it("has a name and a number", () => {
    expect(whoop.identify.read(answer(fixture("profile_composed")))).toEqual({
      provider_user_id: "10129",
      display_name: "Test Athlete",
      avatar_url: null,
    });
    expect(read(streams.profile, fixture("profile_composed")).profile).toEqual({ display_name: "Test Athlete" });
  });

  it("is told by any record where the profile may not be read, with all digits", () => {
    const request = (granted_scopes: string[]) => whoop.identify.request({ ...account, granted_scopes });
    expect(request(["read:profile", "read:cycles"]).url).toMatch(/\/v2\/user\/profile\/basic$/);
    expect(request(["offline", "read:recovery"])).toEqual({
      url: "https://api.prod.whoop.com/developer/v2/recovery",
      query: { limit: "1" },
    });
    expect(whoop.identify.read(answer(fixture("recovery_composed")))).toMatchObject({ provider_user_id: "10129" });
    const large = { records: [{ user_id: "9007199254740993" }], next_token: null };
    expect(whoop.identify.read(answer(large))).toMatchObject({ provider_user_id: "9007199254740993" });
    expect(whoop.identify.read(answer(fixture("collection_empty_composed")))).toBeNull();
  });

  it("has weight and height on the day on which they were read, in the person's zone", () => {
    const night = { ...at(), window: { from: NOW, to: Date.parse("2026-05-26T23:30:00Z") }, offsetAt: () => 7200 };
    expect(given(page(streams.body.read(answer(fixture("body_measurement_docs_example")), night)))).toEqual([
      ["2026-05-27", "weight_kg", 90.7185],
      ["2026-05-27", "height_m", 1.8288],
    ]);
    expect(given(read(streams.body, { weight_kilogram: 0, height_meter: null }))).toEqual([]);
  });
});

describe("an announced record", () => {
  const [nap, night] = fixture("sleep_night_and_nap_composed").records;
  const id: string = night.id;

  it("is asked for by its id, and nothing is deleted for not being there yet", () => {
    expect(streams.workout.request(id, account)).toEqual({
      url: `https://api.prod.whoop.com/developer/v2/activity/workout/${id}`,
    });
    const read = page(streams.sleep.read(answer(night), id, account));
    expect(read.batch.nights.map(({ external_id }) => external_id)).toEqual([id]);
    expect(streams.sleep.read(answer(nap), id, account)).toMatchObject({ kind: "unreadable", pointer: "/id" });
  });

  it("is deleted by a 404 where it was stored and is listed no more, with its recovery", () => {
    expect(streams.sleep_check.request(id, account).accept).toEqual([404]);
    expect(page(streams.sleep_check.read(answer(null, 404), id, account)).batch.deletions).toEqual([
      { kind: "sleep", external_id: id },
      { kind: "daily", source: id },
    ]);
    expect(page(streams.workout_check.read(answer(null, 404), id, account)).batch.deletions).toEqual([
      { kind: "activity", external_id: id },
    ]);
  });

  it("of a recovery is found by its sleep, which knows cycle and day", () => {
    const { recovery } = streams;
    expect(recovery.request(id, account).url).toMatch(new RegExp(`/v2/activity/sleep/${id}$`));
    const { next, batch } = page(recovery.read(answer(night), id, account));
    expect(batch.days).toEqual([]);
    expect(recovery.request(id, account, next).url).toMatch(/\/v2\/cycle\/1204551001\/recovery$/);
    const [one] = fixture("recovery_composed").records;
    const read = page(recovery.read(answer(one), id, account, next));
    expect(read.next).toBeNull();
    expect(given(read)[0]).toEqual(["2026-05-25", "recovery_score", 72]);
    const other = { ...one, sleep_id: nap.id };
    expect(given(page(recovery.read(answer(other), id, account, next)))).toEqual([]);
  });
});

describe("a webhook", () => {
  const { client_secret, events } = fixture("webhook_events_composed");
  const item = (body: string) => whoop.push.read(JSON.parse(body));

  it("is signed over time and body with the application's secret", () => {
    const { verify } = whoop.push;
    expect(verify).toMatchObject({ by: "hmac", key: "client_secret", parts: ["timestamp", "body"] });
    for (const { headers, raw_body, expect: outcome } of events) {
      const named = new Headers(headers);
      const time = named.get(verify.timestamp.header)!;
      const made = createHmac("sha256", client_secret)
        .update(time + raw_body)
        .digest(verify.encoding);
      expect(made === named.get(verify.header)).toBe(!outcome.startsWith("reject"));
    }
    expect(verify.timestamp).toMatchObject({ unit: "ms", tolerance_s: 7200 });
  });

  it("asks for what was updated, of a recovery by its sleep, and takes away what was deleted", () => {
    const sleep = "7c1ba13d-b672-585d-9ff2-c765190f2514";
    const workout = "d70a5dfd-2b42-5a30-bed3-a7f93fc2a147";
    const items = events.slice(0, 5).map(({ raw_body }: Json) => item(raw_body));
    expect(events.map(({ raw_body }: Json) => whoop.push.account(JSON.parse(raw_body)))).toEqual(
      Array(6).fill("10129"),
    );
    expect(items.slice(0, 3)).toEqual([
      [{ is: "want", kind: "sleep", external_id: sleep, expected: true }],
      [{ is: "want", kind: "recovery", external_id: sleep, expected: true }],
      [{ is: "want", kind: "workout", external_id: workout, expected: true }],
    ]);
    expect(items[3][0].batch.deletions).toEqual([{ kind: "activity", external_id: workout }]);
    expect(items[4][0].batch.deletions).toEqual([
      { kind: "sleep", external_id: sleep },
      { kind: "daily", source: sleep },
    ]);
    const [gone] = item(events[4].raw_body.replace("sleep.deleted", "recovery.deleted")) as Json[];
    expect(gone.batch.deletions).toEqual([{ kind: "daily", source: sleep }]);
    expect(gone.batch.nights[0]).toMatchObject({
      external_id: sleep,
      part: "notice",
      fields: { avg_hrv_rmssd_ms: null, avg_spo2_pct: null },
    });
  });

  it.each([
    ["another type", { type: "cycle.updated" }],
    ["an id that is no UUID", { id: "../user/access" }],
    ["a number for an id", { id: 1 }],
    ["no type", { type: null }],
  ])("with %s asks for nothing", (_, change) => {
    expect(whoop.push.read({ ...JSON.parse(events[0].raw_body), ...change })).toEqual([]);
  });

  it("of nobody is nobody's", () => {
    expect([{}, { user_id: null }, { user_id: "x" }, [], null].map((one) => whoop.push.account(one))).toEqual(
      Array(5).fill(null),
    );
  });
});

describe("a refusal", () => {
  const errors: Json[] = fixture("errors_composed");
  const fault = (what: string) => {
    const { status, headers, body } = errors.find((one) => one.what === what);
    return whoop.read_fault(answer(body, status, headers), NOW);
  };

  it("by the limit is waited out as long as it says", () => {
    expect(fault("rate limit")).toEqual({ kind: "rate_limited", of: "application", until: NOW + 23_000 });
    expect(whoop.read_fault(answer(null, 429), NOW)).toBeUndefined();
    expect(whoop.read_fault(answer(null, 429, { "x-ratelimit-reset": "soon" }), NOW)).toBeUndefined();
  });

  it("of a membership that has ended is the person's to mend; others are what their status says", () => {
    expect(fault("membership inactive")).toMatchObject({ kind: "needs_person" });
    expect(whoop.read_fault(answer(null, 403), NOW)).toBeUndefined();
    for (const what of ["access token invalid or expired, or scope missing", "limit above 25", "no such record"]) {
      expect(fault(what)).toBeUndefined();
    }
  });
});

describe("limits", () => {
  const told = (limit: string, remaining: string) =>
    whoop.read_limits(new Headers({ "X-RateLimit-Limit": limit, "X-RateLimit-Remaining": remaining }));

  it("are of the application; what remains is of the nearest", () => {
    expect(told("100, 100;window=60, 10000;window=86400", "98")).toEqual([
      { name: "minute", limit: 100, used: 2 },
      { name: "day", limit: 10000, used: 0 },
    ]);
    expect(told("10000, 100;window=60, 10000;window=86400", "40")).toEqual([
      { name: "minute", limit: 100, used: 0 },
      { name: "day", limit: 10000, used: 9960 },
    ]);
    expect(told("500, 500;window=60, 500;window=86400", "499")).toEqual([
      { name: "minute", limit: 500, used: 1 },
      { name: "day", limit: 500, used: 0 },
    ]);
    const reset = {
      "X-RateLimit-Limit": "100, 100;window=60, 10000;window=86400",
      "X-RateLimit-Remaining": "0",
      "X-RateLimit-Reset": "23",
    };
    expect(whoop.read_limits(new Headers(reset))).toEqual([
      { name: "minute", limit: 100, used: 100, resets_s: 23 },
      { name: "day", limit: 10000, used: 0 },
    ]);
    expect(whoop.read_limits(new Headers())).toEqual([]);
    expect(told("many", "few")).toEqual([]);
    expect(whoop.limits.map(({ of, requests, per_s }) => [of, requests, per_s])).toEqual([
      ["application", 100, 60],
      ["application", 10_000, 86_400],
    ]);
  });
});

describe("scopes", () => {
  const auth = whoop.auth[0]!;

  it("have `offline` among them, which must be granted, is asked for again when refreshing, and is told with the token", () => {
    expect(auth.scopes.filter(({ required }: { required?: boolean }) => required).map(({ name }) => name)).toEqual([
      "offline",
    ]);
    expect(auth.refresh_params).toEqual({ scope: "offline" });
    const granted = (fixture("token_response_composed").scope as string).split(auth.scope_separator);
    expect(new Set(granted)).toEqual(new Set(ALL));
    for (const stream of Object.values(streams)) expect(lacking(stream, granted)).toEqual([]);
  });

  it("stop only what needs them", () => {
    const stopped = (without: string) =>
      Object.entries(streams)
        .filter(
          ([, stream]) =>
            lacking(
              stream,
              ALL.filter((name) => name !== without),
            ).length > 0,
        )
        .map(([name]) => name);
    expect(stopped("read:workout")).toEqual(["workouts", "workout", "workout_check"]);
    expect(stopped("read:cycles")).toEqual(["cycles"]);
    expect(stopped("read:sleep")).toEqual(["sleeps", "recoveries", "sleep", "sleep_check", "recovery"]);
    expect(stopped("read:profile")).toEqual(["profile"]);
  });

  it("end with a DELETE by bearer", () => {
    expect(auth.revoke({ access_token: "t", refresh_token: null })).toEqual([
      {
        method: "DELETE",
        url: "https://api.prod.whoop.com/developer/v2/user/access",
        headers: { authorization: "Bearer t" },
        auth: "none",
        accept: [401],
      },
    ]);
  });
});

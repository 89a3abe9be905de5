import { describe, expect, it } from "vitest";
import { createScanner } from "../../platform/scanner.ts";
import { healthAutoExport } from "./formats/health_auto_export.ts";
import { sportNamed } from "./workout_names.ts";

function read(fields: object, aggregation = "") {
  const workout = { name: "Running", start: "2024-02-06 07:00:00 +0100", end: "2024-02-06 08:00:00 +0100", ...fields };
  const headers = { "automation-aggregation": aggregation };
  const reader = healthAutoExport.read({ headers, query: {}, offsetAt: () => 0, now: 0 });
  const scanner = createScanner(reader);
  scanner.push(new TextEncoder().encode(JSON.stringify({ data: { workouts: [workout] } })));
  const batch = reader.take(true);
  const [rejection] = batch.rejections;
  return {
    refusal: rejection && { field: rejection.pointer.slice("/data/workouts/0".length), reason: rejection.reason },
    activity: batch.activities[0]!,
    samples: batch.samples,
  };
}
const start = Date.parse("2024-02-06T07:00:00+01:00");
const kcal = (qty: unknown) => ({ qty, units: "kcal" });

describe("workouts", () => {
  it("ends after its duration where no end is told, and nowhere without either", () => {
    expect(read({ end: undefined, duration: 90.5 }).activity.fields).toMatchObject({ elapsed_s: 90.5, moving_s: 90.5 });
    expect(read({ end: undefined }).refusal).toEqual({ field: "", reason: "no end" });
    expect(read({ end: "2024-02-06 06:59:59 +0100" }).refusal).toEqual({
      field: "/end",
      reason: "ends before it starts",
    });
    expect(read({ start: "2024-02-06" }).refusal).toEqual({ field: "/start", reason: "not a date" });
    expect(read({ duration: "long" }).refusal).toEqual({ field: "/duration", reason: "not a number" });
  });

  it("moves for its duration unless that is longer than it took", () => {
    expect(read({ duration: 3601 }).activity.fields.moving_s).toBe(3601);
    expect(read({ duration: 3602 }).activity.fields.moving_s).toBeUndefined();
  });

  it("counts elapsed time by the instants, also across zones", () => {
    expect(read({ end: "2024-02-06 08:00:00 +0000" }).activity.fields.elapsed_s).toBe(7200);
  });

  it("has one identity in every language", () => {
    const id = (name: string) => read({ name }).activity.external_id;
    expect(id("Walking")).toBe(id("户外 步行"));
    expect(id("Outdoor_Ausführen")).toBe(id("Running"));
    expect(id("Walking")).not.toBe(id("Running"));
  });

  it("takes active energy before the total, objects and series alike", () => {
    expect(
      read({ activeEnergyBurned: [kcal(1), kcal(2.5), kcal(-1)], totalEnergy: kcal(9) }).activity.fields,
    ).toMatchObject({
      energy_kcal: 3.5,
      extra: { total_energy_kcal: 9, dropped: 1 },
    });
    expect(read({ activeEnergy: [kcal(1), kcal(2)] }).activity.fields.energy_kcal).toBe(3);
    expect(read({ totalEnergy: kcal(9) }).activity.fields.energy_kcal).toBe(9);
    expect(read({ activeEnergyBurned: { qty: 5, units: "?" } }).activity.fields).toMatchObject({
      extra: { dropped: 1 },
    });
  });

  it("sums a distance where there is only the series", () => {
    const swum = [
      { date: "2024-02-06 07:00:00 +0100", qty: 25, units: "yd" },
      { qty: 25, units: "yd" },
    ];
    expect(read({ swimDistance: swum }).activity.fields.distance_m).toBe(25 * 0.9144 + 25 * 0.9144);
    expect(read({ swimDistance: swum, distance: { qty: 1, units: "km" } }).activity.fields.distance_m).toBe(1000);
  });

  it("drops what cannot be and counts it", () => {
    const { activity } = read({
      elevationUp: { qty: -5, units: "m" },
      elevationDown: { qty: -5, units: "m" },
      humidity: { qty: 101, units: "%" },
      stepCadence: { qty: 0, units: "spm" },
      heartRateData: [{ date: "2024-02-06 07:10:00 +0100", qty: 0 }, { date: "?", qty: 100 }, 5],
      route: [
        { lat: 91, lon: 0, timestamp: "2024-02-06 07:10:00 +0100" },
        { lat: 1, lon: 2 },
      ],
    });
    // Four fields, three heart rates, two points.
    expect(activity.fields.extra).toEqual({ dropped: 9 });
    expect(activity.fields.ascent_m).toBeUndefined();
    expect(activity.fields.avg_cadence_rpm).toBeUndefined();
    expect(activity.track).toBeUndefined();
  });

  it("takes heart rate from the fields, else from plain numbers, else from the series", () => {
    const heartRateData = [
      { date: "2024-02-06 07:10:00 +0100", Min: 90, Avg: 100, Max: 130, source: "W" },
      { date: "2024-02-06 07:11:00 +0100", Min: 110, Avg: 120, Max: 125, source: "W" },
    ];
    expect(read({ heartRateData, heartRate: { min: 1, avg: 111, max: 151 } }).activity.fields).toMatchObject({
      avg_heart_rate_bpm: 111,
      max_heart_rate_bpm: 151,
    });
    const { activity, samples } = read({ heartRateData });
    expect(activity.fields).toMatchObject({ avg_heart_rate_bpm: 110, max_heart_rate_bpm: 130 });
    expect(activity.track).toMatchObject({ time: [600_000, 660_000], channels: { heart_rate_bpm: [100, 120] } });
    expect(samples).toEqual([
      {
        metric: "heart_rate_bpm",
        stream: "W:minute",
        time: [start + 600_000, start + 660_000],
        value: [100, 120],
        utc_offset_s: [3600, 3600],
        element: [0, 0],
      },
    ]);
    expect(read({ heartRateData }, "Seconds").samples[0]!.stream).toBe("W:second");
    expect(read({ heartRateData }, "Days").samples[0]!.stream).toBe("W:minute");
  });

  it("keeps turns as they are and halves steps", () => {
    expect(read({ stepCadence: { qty: 170, units: "count/min" } }).activity.fields.avg_cadence_rpm).toBe(85);
    expect(
      read({ cyclingCadence: [{ qty: 80 }, { qty: 90 }], cyclingPower: [{ qty: 150 }, { qty: 250 }] }).activity.fields,
    ).toMatchObject({
      avg_cadence_rpm: 85,
      avg_power_w: 200,
      max_power_w: 250,
    });
  });

  it("is indoors if told so, else by the name", () => {
    expect(read({ name: "Outdoor Run", isIndoor: true }).activity.fields.is_indoor).toBe(true);
    expect(read({ name: "Indoor Run" }).activity.fields.is_indoor).toBe(true);
    expect(read({ name: "Yoga" }).activity.fields.is_indoor).toBeUndefined();
    expect(read({ name: "Yoga", location: "Indoor" }).activity.fields.is_indoor).toBe(true);
  });
});

describe("what a workout cannot be", () => {
  const qty = (number: unknown, units = "") => ({ qty: number, units });
  it("is refused where it is longer than thirty days, or its duration no length of time", () => {
    expect(read({ duration: 30 * 86_400 + 1 }).refusal).toEqual({ field: "/duration", reason: "out of range" });
    expect(read({ duration: -1 }).refusal).toEqual({ field: "/duration", reason: "out of range" });
    expect(read({ end: "2024-03-07 07:00:01 +0100" }).refusal).toEqual({
      field: "/end",
      reason: "longer than 30 days",
    });
    expect(read({ end: "2024-03-07 07:00:00 +0100" }).activity.fields.elapsed_s).toBe(30 * 86_400);
  });

  it("is refused where a text or what is kept of it as it came is too long", () => {
    expect(read({ name: "x".repeat(2001) }).refusal).toEqual({ field: "/name", reason: "longer than 2000 characters" });
    expect(read({ id: "x".repeat(513) }).refusal).toEqual({ field: "/id", reason: "longer than 512 characters" });
    // The larger of two is named.
    expect(read({ location: "Indoor", metadata: { a: "x".repeat(65_536) } }).refusal).toEqual({
      field: "/metadata",
      reason: "longer than 65536 bytes of JSON",
    });
    const heartRateData = [{ date: "2024-02-06 07:10:00 +0100", qty: 100, source: "x".repeat(513) }];
    expect(read({ heartRateData }).activity.fields.extra).toEqual({ dropped: 1 });
  });

  it("drops numbers that cannot be and counts them", () => {
    const { fields } = read({
      avgHeartRate: qty(500, "bpm"),
      maxHeartRate: qty(0, "bpm"),
      avgSpeed: qty(400, "km/hr"),
      maxSpeed: qty(-1, "m/s"),
      activeEnergyBurned: qty(60_000, "kcal"),
      cyclingPower: [qty(6000, "W"), qty(200, "W")],
      distance: qty(2000, "km"),
      stepCount: qty(300_000, "count"),
    }).activity;
    expect(fields.extra).toEqual({ dropped: 8 });
    expect(fields).toMatchObject({ avg_power_w: 200, max_power_w: 200 });
    for (const gone of [
      "avg_heart_rate_bpm",
      "max_heart_rate_bpm",
      "avg_speed_mps",
      "energy_kcal",
      "distance_m",
      "steps",
    ])
      expect(fields).not.toHaveProperty(gone);
  });

  it("takes rates a second for rates a minute", () => {
    expect(
      read({ avgHeartRate: qty(2, "count/s"), heartRate: { max: qty(2.5, "count/s") } }).activity.fields,
    ).toMatchObject({ avg_heart_rate_bpm: 120, max_heart_rate_bpm: 150 });
  });

  it("takes a numeric id for its digits", () => {
    expect(read({ id: 4711 }).activity).toMatchObject({ external_id: "4711", rank: 1 });
    expect(read({ id: "" }).activity).toMatchObject({ external_id: expect.stringMatching(/^w-/), rank: 0 });
  });

  it("is no object", () => {
    const scan = (workouts: unknown[]) => {
      const reader = healthAutoExport.read({ headers: {}, query: {}, offsetAt: () => 0, now: 0 });
      createScanner(reader).push(new TextEncoder().encode(JSON.stringify({ data: { workouts } })));
      return reader.take(true).rejections;
    };
    expect(scan([5, [], null])).toEqual(
      [0, 1, 2].map((i) => ({ kind: "activity", pointer: `/data/workouts/${i}`, reason: "not an object" })),
    );
  });
});

describe("names of workouts", () => {
  it.each<[string, string, string, boolean | null]>([
    ["Outdoor_Run", "running", "generic", false],
    ["outdoor  run", "running", "generic", false],
    ["Outdoor_Ausführen", "running", "generic", false],
    ["Indoor Running", "running", "treadmill", true],
    ["Schwimmbad_Schwimmen", "swimming", "lap_swimming", true],
    ["Piscina Natación", "swimming", "lap_swimming", true],
    ["Open Water Schwimmen", "swimming", "open_water", false],
    ["户外 步行", "walking", "generic", false],
    ["户外步行", "walking", "generic", false],
    ["室内瑜伽", "training", "yoga", true],
    ["Indoor Cycling", "cycling", "indoor_cycling", true],
    ["Traditional Strength Training", "training", "strength_training", null],
    ["Tischfußball", "generic", "generic", null],
    ["Indoor Tischfußball", "generic", "generic", true],
    ["Indoorsport", "generic", "generic", null],
    ["", "generic", "generic", null],
  ])("reads %j", (name, sport, sub_sport, is_indoor) => {
    expect(sportNamed(name)).toEqual({ sport, sub_sport, is_indoor });
  });
});

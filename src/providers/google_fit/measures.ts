/**
 * Health Connect's record types that are measures, and the fields that tell them, however an exporter spells them
 * (docs/providers/google_fit.md): a plain number in the usual unit, or an object of units.
 */
import { kcalOfKj, kgOfPounds, mOfFeet, mOfMiles } from "../../domain/units.ts";
import { type Entry, given, isEntry, isNumber, type Refusal, refusal } from "../json.ts";

type Factor = (value: number) => number;
const same: Factor = (x) => x;
const times =
  (by: number): Factor =>
  (x) =>
    x * by;
const per =
  (by: number): Factor =>
  (x) =>
    x / by;

/** Units of a quantity by name, ours first; Health Connect's bindings write them with `in` before. */
type Units = Readonly<Record<string, Factor>>;
const LENGTH: Units = {
  meters: same,
  kilometers: times(1000),
  miles: mOfMiles,
  feet: mOfFeet,
  inches: times(0.0254),
};
const ENERGY: Units = { kilocalories: same, calories: per(1000), kilojoules: kcalOfKj, joules: per(4184) };
const MASS: Units = {
  kilograms: same,
  grams: per(1000),
  milligrams: per(1e6),
  pounds: kgOfPounds,
  ounces: times(0.028349523125),
};
const GRAMS: Units = { grams: same, milligrams: per(1000), micrograms: per(1e6), kilograms: times(1000) };
const MILLIGRAMS: Units = { milligrams: same, grams: times(1000), micrograms: per(1000) };
const MICROGRAMS: Units = { micrograms: same, milligrams: times(1000), grams: times(1e6) };
const KCAL_A_DAY_PER_WATT = 20.650096;
const POWER: Units = { watts: same, kilocaloriesPerDay: per(KCAL_A_DAY_PER_WATT) };
const METABOLIC_RATE: Units = { kilocaloriesPerDay: same, watts: times(KCAL_A_DAY_PER_WATT) };
const TEMPERATURE: Units = { celsius: same, fahrenheit: (x) => ((x - 32) * 5) / 9 };
const TEMPERATURE_DELTA: Units = { celsius: same, fahrenheit: (x) => (x * 5) / 9 };
const PRESSURE: Units = { millimetersOfMercury: same, value: same };
const GLUCOSE: Units = { millimolesPerLiter: same, milligramsPerDeciliter: per(18.01559) };
const VOLUME: Units = { liters: same, milliliters: per(1000), fluidOuncesUs: times(0.0295735295625) };
const SPEED: Units = { metersPerSecond: same, kilometersPerHour: per(3.6), milesPerHour: times(0.44704) };
const PERCENT: Units = { value: same };
const NONE: Units = {};

export interface Measure {
  metric: string;
  /** Spellings of its field; a plain number under it is in our unit, but for those of `plain`. */
  keys: readonly string[];
  units: Units;
  plain?: Readonly<Record<string, Factor>>;
  /** The least and the most of a bucket. */
  low?: readonly string[];
  high?: readonly string[];
  /** Told beside another one: its absence is no fault. */
  optional?: boolean;
}

const cumulative = (metric: string, units: Units, ...keys: string[]): Measure => ({ metric, units, keys });
const instant = (metric: string, units: Units, ...keys: string[]): Measure => ({
  metric,
  units,
  keys: [...keys, "avg"],
  low: ["min"],
  high: ["max"],
});
const nutrient = (metric: string, units: Units, ...keys: string[]): Measure => ({
  metric,
  units,
  keys,
  optional: true,
});
const grams = (metric: string, name: string, ...keys: string[]): Measure => ({
  ...nutrient(metric, metric.endsWith("_mg") ? MILLIGRAMS : metric.endsWith("_ug") ? MICROGRAMS : GRAMS),
  keys: [name, ...keys],
  plain: metric.endsWith("_mg")
    ? everyKey([name, ...keys], times(1000))
    : metric.endsWith("_ug")
      ? everyKey([name, ...keys], times(1e6))
      : {},
});
/** Nutrients are told in grams, whatever we keep them in. */
const everyKey = (keys: string[], factor: Factor) => Object.fromEntries(keys.map((key) => [key, factor]));

const NUTRIENTS: Measure[] = [
  nutrient("dietary_energy_kcal", ENERGY, "calories", "energy"),
  grams("dietary_protein_g", "protein_grams", "protein"),
  grams("dietary_carbohydrates_g", "carbs_grams", "totalCarbohydrate", "carbohydrates"),
  grams("dietary_total_fat_g", "fat_grams", "totalFat", "fat"),
  grams("dietary_sugar_g", "sugar_grams", "sugar"),
  grams("dietary_sodium_mg", "sodium_grams", "sodium"),
  grams("dietary_fiber_g", "dietary_fiber_grams", "dietaryFiber", "fiber"),
  grams("dietary_saturated_fat_g", "saturated_fat_grams", "saturatedFat"),
  grams("dietary_monounsaturated_fat_g", "monounsaturated_fat_grams", "monounsaturatedFat"),
  grams("dietary_polyunsaturated_fat_g", "polyunsaturated_fat_grams", "polyunsaturatedFat"),
  grams("dietary_cholesterol_mg", "cholesterol_grams", "cholesterol"),
  grams("dietary_caffeine_mg", "caffeine_grams", "caffeine"),
  grams("dietary_calcium_mg", "calcium_grams", "calcium"),
  grams("dietary_chloride_mg", "chloride_grams", "chloride"),
  grams("dietary_copper_mg", "copper_grams", "copper"),
  grams("dietary_iron_mg", "iron_grams", "iron"),
  grams("dietary_magnesium_mg", "magnesium_grams", "magnesium"),
  grams("dietary_manganese_mg", "manganese_grams", "manganese"),
  grams("dietary_niacin_mg", "niacin_grams", "niacin"),
  grams("dietary_pantothenic_acid_mg", "pantothenic_acid_grams", "pantothenicAcid"),
  grams("dietary_phosphorus_mg", "phosphorus_grams", "phosphorus"),
  grams("dietary_potassium_mg", "potassium_grams", "potassium"),
  grams("dietary_riboflavin_mg", "riboflavin_grams", "riboflavin"),
  grams("dietary_thiamin_mg", "thiamin_grams", "thiamin"),
  grams("dietary_vitamin_b6_mg", "vitamin_b6_grams", "vitaminB6"),
  grams("dietary_vitamin_c_mg", "vitamin_c_grams", "vitaminC"),
  grams("dietary_vitamin_e_mg", "vitamin_e_grams", "vitaminE"),
  grams("dietary_zinc_mg", "zinc_grams", "zinc"),
  grams("dietary_biotin_ug", "biotin_grams", "biotin"),
  grams("dietary_chromium_ug", "chromium_grams", "chromium"),
  grams("dietary_folate_ug", "folate_grams", "folate"),
  grams("dietary_iodine_ug", "iodine_grams", "iodine"),
  grams("dietary_molybdenum_ug", "molybdenum_grams", "molybdenum"),
  grams("dietary_selenium_ug", "selenium_grams", "selenium"),
  grams("dietary_vitamin_a_ug", "vitamin_a_grams", "vitaminA"),
  grams("dietary_vitamin_b12_ug", "vitamin_b12_grams", "vitaminB12"),
  grams("dietary_vitamin_d_ug", "vitamin_d_grams", "vitaminD"),
  grams("dietary_vitamin_k_ug", "vitamin_k_grams", "vitaminK"),
];

/** By `typeKey` of the record type. */
export const MEASURES: ReadonlyMap<string, readonly Measure[]> = new Map<string, readonly Measure[]>([
  ["steps", [cumulative("steps", NONE, "count", "steps")]],
  ["distance", [cumulative("distance_m", LENGTH, "meters", "distance")]],
  ["activecaloriesburned", [cumulative("active_energy_kcal", ENERGY, "calories", "energy", "kilocalories")]],
  ["totalcaloriesburned", [cumulative("total_energy_kcal", ENERGY, "calories", "energy", "kilocalories")]],
  ["elevationgained", [cumulative("elevation_gained_m", LENGTH, "meters", "elevation")]],
  ["floorsclimbed", [cumulative("floors", NONE, "floors", "count")]],
  ["wheelchairpushes", [cumulative("wheelchair_pushes", NONE, "count", "pushes")]],
  ["hydration", [cumulative("water_l", VOLUME, "liters", "volume")]],
  ["nutrition", NUTRIENTS],
  ["heartrate", [instant("heart_rate_bpm", NONE, "bpm", "beatsPerMinute")]],
  ["restingheartrate", [instant("resting_heart_rate_bpm", NONE, "bpm", "beatsPerMinute")]],
  [
    "heartratevariabilityrmssd",
    [instant("hrv_rmssd_ms", NONE, "rmssd_millis", "heartRateVariabilityMillis", "heartRateVariabilityRmssd", "rmssd")],
  ],
  ["oxygensaturation", [instant("spo2_pct", PERCENT, "percentage")]],
  ["respiratoryrate", [instant("respiration_brpm", NONE, "rate")]],
  ["vo2max", [instant("vo2max_ml_kg_min", NONE, "ml_per_kg_per_min", "vo2MillilitersPerMinuteKilogram", "vo2Max")]],
  ["bodytemperature", [instant("body_temperature_c", TEMPERATURE, "celsius", "temperature")]],
  ["basalbodytemperature", [instant("basal_body_temperature_c", TEMPERATURE, "celsius", "temperature")]],
  [
    "skintemperature",
    [
      {
        ...instant("skin_temperature_deviation_c", TEMPERATURE_DELTA, "delta_celsius", "delta", "avg_delta_celsius"),
        low: ["min_delta_celsius", "min"],
        high: ["max_delta_celsius", "max"],
      },
      { metric: "skin_temperature_baseline_c", units: TEMPERATURE, keys: ["baseline_celsius"], optional: true },
    ],
  ],
  ["bloodglucose", [instant("blood_glucose_mmol_l", GLUCOSE, "mmol_per_liter", "level")]],
  [
    "bloodpressure",
    [
      { metric: "systolic_mmhg", units: PRESSURE, keys: ["systolic"] },
      { metric: "diastolic_mmhg", units: PRESSURE, keys: ["diastolic"] },
    ],
  ],
  ["weight", [instant("weight_kg", MASS, "kilograms", "weight")]],
  ["height", [instant("height_m", LENGTH, "meters", "height")]],
  ["bodyfat", [instant("body_fat_pct", PERCENT, "percentage")]],
  ["leanbodymass", [instant("lean_body_mass_kg", MASS, "kilograms", "mass")]],
  ["bonemass", [instant("bone_mass_kg", MASS, "kilograms", "mass")]],
  ["bodywatermass", [instant("body_water_mass_kg", MASS, "kilograms", "mass")]],
  [
    "basalmetabolicrate",
    [
      {
        ...instant("basal_metabolic_rate_kcal_day", METABOLIC_RATE, "watts", "basalMetabolicRate"),
        plain: { watts: times(KCAL_A_DAY_PER_WATT) },
      },
    ],
  ],
  ["speed", [instant("speed_mps", SPEED, "speed", "meters_per_second")]],
  ["power", [instant("power_w", POWER, "power", "watts")]],
  // Two steps are a stride.
  [
    "stepscadence",
    [{ ...instant("step_cadence_rpm", NONE, "rate", "spm"), plain: { rate: per(2), spm: per(2), avg: per(2) } }],
  ],
  ["cyclingpedalingcadence", [instant("cycling_cadence_rpm", NONE, "revolutionsPerMinute", "rpm", "rate")]],
]);

/** Other names of record types, as `typeKey` makes them. */
const ALIASES: Readonly<Record<string, string>> = {
  activecalories: "activecaloriesburned",
  activeenergy: "activecaloriesburned",
  activeenergyburned: "activecaloriesburned",
  totalcalories: "totalcaloriesburned",
  calories: "totalcaloriesburned",
  totalenergyburned: "totalcaloriesburned",
  heartratevariability: "heartratevariabilityrmssd",
  hrv: "heartratevariabilityrmssd",
  hrvrmssd: "heartratevariabilityrmssd",
  restinghr: "restingheartrate",
  bloodoxygen: "oxygensaturation",
  spo2: "oxygensaturation",
  respirationrate: "respiratoryrate",
  bodyfatpercentage: "bodyfat",
  bmr: "basalmetabolicrate",
  floors: "floorsclimbed",
  flightsclimbed: "floorsclimbed",
  elevation: "elevationgained",
  water: "hydration",
  sleep: "sleepsession",
  exercise: "exercisesession",
  workout: "exercisesession",
  menstruation: "menstruationperiod",
};

/** `StepsRecord`, `steps`, `Steps`: one key. */
export function typeKey(name: string): string {
  const key = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, "")
    .replace(/records?$/, "");
  return Object.hasOwn(ALIASES, key) ? ALIASES[key]! : key;
}

export const isEvent = (type: string): boolean => EVENTS.has(type);
/** What is neither measure nor workout nor night: by type key its name and the fields its value is in. */
export const EVENTS: ReadonlyMap<string, { name: string; value: string[] }> = new Map([
  ["menstruationflow", { name: "menstruation_flow", value: ["flow"] }],
  ["menstruationperiod", { name: "menstruation_period", value: [] }],
  ["intermenstrualbleeding", { name: "intermenstrual_bleeding", value: [] }],
  ["ovulationtest", { name: "ovulation_test", value: ["result"] }],
  ["cervicalmucus", { name: "cervical_mucus", value: ["appearance"] }],
  ["sexualactivity", { name: "sexual_activity", value: ["protection_used", "protectionUsed"] }],
]);

export const isKnown = (type: string): boolean =>
  MEASURES.has(type) || EVENTS.has(type) || type === "sleepsession" || type === "exercisesession";

/** The number under the first of the keys that is given, in our unit; undefined: none is. */
export function numberUnder(
  entry: Entry,
  keys: readonly string[],
  { units, plain }: Pick<Measure, "units" | "plain">,
): { key: string; value: number } | Refusal | undefined {
  for (const key of keys) {
    const told = given(entry, key);
    if (told === undefined) continue;
    if (isNumber(told)) return { key, value: plain && Object.hasOwn(plain, key) ? plain[key]!(told) : told };
    if (!isEntry(told)) return refusal(`/${key}`, "not a number");
    for (const unit in units) {
      const value = given(told, `in${unit[0]!.toUpperCase()}${unit.slice(1)}`, unit);
      if (value === undefined) continue;
      return isNumber(value) ? { key, value: units[unit]!(value) } : refusal(`/${key}`, "not a number");
    }
    return refusal(`/${key}`, "no unit");
  }
  return undefined;
}

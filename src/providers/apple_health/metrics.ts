/**
 * Names of Health Auto Export → our metrics (docs/providers/apple_health.md). Ranges and kinds are domain/metrics'.
 * Names are English in every language of the phone; what is not here is kept as `x_<name>[_<unit>]`.
 */
import { METRICS, type Metric, metricOf } from "../../domain/metrics.ts";
import { convert, percentOf, QUANTITIES, type Quantity } from "../../domain/units.ts";
import { shortHash } from "../hash.ts";
import { toldUnit } from "./limits.ts";

/** name, ours, unit we keep, other names */
type Row = [name: string, ours: string, unit: string, aliases: string];
// biome-ignore format: a table
const ROWS: Row[] = [
  ["active_energy", "active_energy_kcal", "kcal", "active energy burned|active_energy_burned"],
  ["basal_energy_burned", "basal_energy_kcal", "kcal", "resting energy|basal energy burned|resting_energy"],
  ["dietary_energy", "dietary_energy_kcal", "kcal", "dietary_energy_consumed"],
  ["step_count", "steps", "count", "steps"],
  ["walking_running_distance", "distance_m", "m", "walking + running distance|distance_walking_running"],
  ["cycling_distance", "cycling_distance_m", "m", ""],
  ["swimming_distance", "swimming_distance_m", "m", ""],
  ["wheelchair_distance", "wheelchair_distance_m", "m", ""],
  ["distance_downhill_snow_sports", "snow_sports_distance_m", "m", "downhill_snow_sports|downhill_snow_sports_distance"],
  ["cross_country_skiing_distance", "cross_country_skiing_distance_m", "m", ""],
  ["paddle_sports_distance", "paddle_sports_distance_m", "m", ""],
  ["rowing_distance", "rowing_distance_m", "m", ""],
  ["skating_sports_distance", "skating_sports_distance_m", "m", ""],
  ["swimming_stroke_count", "swimming_strokes", "count", "swim_stroke_count"],
  ["push_count", "wheelchair_pushes", "count", "wheelchair_push_count"],
  ["flights_climbed", "floors", "count", ""],
  ["apple_exercise_time", "exercise_s", "s", ""],
  ["apple_move_time", "move_s", "s", ""],
  ["apple_stand_time", "stand_s", "s", ""],
  ["apple_stand_hour", "stand_hours", "count", "apple_stand_hours|stand_hours"],
  ["time_in_daylight", "daylight_s", "s", ""],
  ["mindful_minutes", "mindful_s", "s", "mindful_session"],
  ["nike_fuel", "nike_fuel_points", "count", ""],
  ["number_of_times_fallen", "falls", "count", "number_of_time_fallen"],
  ["inhaler_usage", "inhaler_puffs", "count", ""],
  ["number_of_alcoholic_beverages", "alcoholic_drinks", "count", "alcohol_consumption|alcoholic_drinks"],
  ["toothbrushing", "toothbrushing_s", "s", ""],
  ["handwashing", "handwashing_s", "s", ""],
  ["insulin_delivery", "insulin_iu", "IU", ""],
  ["underwater_depth", "underwater_depth_m", "m", "under_water_depth"],
  ["heart_rate", "heart_rate_bpm", "bpm", ""],
  ["resting_heart_rate", "resting_heart_rate_bpm", "bpm", ""],
  ["walking_heart_rate_average", "walking_heart_rate_bpm", "bpm", "walking_heart_rate"],
  ["heart_rate_variability", "hrv_sdnn_ms", "ms", "heart_rate_variability_sdnn"],
  ["cardio_recovery", "heart_rate_recovery_bpm", "bpm", "heart_rate_recovery_one_minute|heart_rate_recovery"],
  ["atrial_fibrillation_burden", "atrial_fibrillation_burden_pct", "%", ""],
  ["peripheral_perfusion_index", "perfusion_index_pct", "%", ""],
  ["blood_oxygen_saturation", "spo2_pct", "%", "oxygen_saturation|blood oxygen"],
  ["respiratory_rate", "respiration_brpm", "brpm", ""],
  ["vo2_max", "vo2max_ml_kg_min", "mL/(kg·min)", "vo2max|cardio_fitness"],
  ["blood_pressure_systolic", "systolic_mmhg", "mmHg", ""],
  ["blood_pressure_diastolic", "diastolic_mmhg", "mmHg", ""],
  ["blood_glucose", "blood_glucose_mmol_l", "mmol/L", ""],
  ["blood_alcohol_content", "blood_alcohol_pct", "%", ""],
  ["body_temperature", "body_temperature_c", "degC", ""],
  ["basal_body_temperature", "basal_body_temperature_c", "degC", ""],
  ["apple_sleeping_wrist_temperature", "wrist_temperature_c", "degC", "sleeping_wrist_temperature|wrist_temperature"],
  ["water_temperature", "water_temperature_c", "degC", "under_water_temperature|underwater_temperature"],
  ["weight_body_mass", "weight_kg", "kg", "weight|body_mass|weight & body mass"],
  ["lean_body_mass", "lean_body_mass_kg", "kg", ""],
  ["body_fat_percentage", "body_fat_pct", "%", "body_fat"],
  ["body_mass_index", "bmi_kg_m2", "kg/m2", "bmi"],
  ["height", "height_m", "m", ""],
  ["waist_circumference", "waist_m", "m", ""],
  ["forced_expiratory_volume_1", "fev1_l", "L", "forced_expiratory_volume"],
  ["forced_vital_capacity", "fvc_l", "L", ""],
  ["peak_expiratory_flow_rate", "peak_expiratory_flow_l_min", "L/min", ""],
  ["electrodermal_activity", "electrodermal_activity_us", "mcS", ""],
  ["environmental_audio_exposure", "environmental_sound_db", "dBASPL", "environmental_audio"],
  ["headphone_audio_exposure", "headphone_sound_db", "dBASPL", "headphone_audio"],
  ["environmental_sound_reduction", "sound_reduction_db", "dBASPL", ""],
  ["uv_exposure", "uv_index", "count", "uv_index"],
  ["walking_speed", "walking_speed_mps", "m/s", ""],
  ["walking_step_length", "walking_step_length_m", "m", ""],
  ["walking_asymmetry_percentage", "walking_asymmetry_pct", "%", ""],
  ["walking_double_support_percentage", "walking_double_support_pct", "%", ""],
  ["apple_walking_steadiness", "walking_steadiness_pct", "%", "walking_steadiness"],
  ["six_minute_walking_test_distance", "six_minute_walk_m", "m", ""],
  ["stair_speed_up", "stair_speed_up_mps", "m/s", "stair_ascent_speed"],
  ["stair_speed_down", "stair_speed_down_mps", "m/s", "stair_descent_speed"],
  ["running_speed", "running_speed_mps", "m/s", ""],
  ["running_power", "running_power_w", "W", ""],
  ["running_stride_length", "running_stride_length_m", "m", ""],
  ["running_vertical_oscillation", "running_vertical_oscillation_m", "m", ""],
  ["running_ground_contact_time", "running_ground_contact_ms", "ms", ""],
  ["cycling_speed", "cycling_speed_mps", "m/s", ""],
  ["cycling_power", "cycling_power_w", "W", ""],
  ["cycling_cadence", "cycling_cadence_rpm", "rpm", ""],
  ["cycling_functional_threshold_power", "cycling_ftp_w", "W", ""],
  ["cross_country_skiing_speed", "cross_country_skiing_speed_mps", "m/s", ""],
  ["paddle_sports_speed", "paddle_sports_speed_mps", "m/s", ""],
  ["rowing_speed", "rowing_speed_mps", "m/s", ""],
  ["physical_effort", "physical_effort_met", "MET", ""],
  ["estimated_workout_effort_score", "estimated_effort_score", "count", ""],
  ["workout_effort_score", "effort_score", "count", ""],
  ["breathing_disturbances", "breathing_disturbances", "count", "sleeping_breathing_disturbances|apple_sleeping_breathing_disturbances"],
  ["biotin", "dietary_biotin_ug", "mcg", "dietary_biotin"],
  ["caffeine", "dietary_caffeine_mg", "mg", "dietary_caffeine"],
  ["calcium", "dietary_calcium_mg", "mg", "dietary_calcium"],
  ["carbohydrates", "dietary_carbohydrates_g", "g", "dietary_carbohydrates"],
  ["chloride", "dietary_chloride_mg", "mg", "dietary_chloride"],
  ["cholesterol", "dietary_cholesterol_mg", "mg", "dietary_cholesterol"],
  ["chromium", "dietary_chromium_ug", "mcg", "dietary_chromium"],
  ["copper", "dietary_copper_mg", "mg", "dietary_copper"],
  ["dietary_sugar", "dietary_sugar_g", "g", ""],
  ["fiber", "dietary_fiber_g", "g", "dietary_fiber"],
  ["folate", "dietary_folate_ug", "mcg", "dietary_folate"],
  ["iodine", "dietary_iodine_ug", "mcg", "dietary_iodine"],
  ["iron", "dietary_iron_mg", "mg", "dietary_iron"],
  ["magnesium", "dietary_magnesium_mg", "mg", "dietary_magnesium"],
  ["manganese", "dietary_manganese_mg", "mg", "dietary_manganese"],
  ["molybdenum", "dietary_molybdenum_ug", "mcg", "dietary_molybdenum"],
  ["monounsaturated_fat", "dietary_monounsaturated_fat_g", "g", "dietary_monounsaturated_fat|monosaturated_fat"],
  ["niacin", "dietary_niacin_mg", "mg", "dietary_niacin"],
  ["pantothenic_acid", "dietary_pantothenic_acid_mg", "mg", "dietary_pantothenic_acid"],
  ["phosphorus", "dietary_phosphorus_mg", "mg", "dietary_phosphorus"],
  ["polyunsaturated_fat", "dietary_polyunsaturated_fat_g", "g", "dietary_polyunsaturated_fat"],
  ["potassium", "dietary_potassium_mg", "mg", "dietary_potassium"],
  ["protein", "dietary_protein_g", "g", "dietary_protein"],
  ["riboflavin", "dietary_riboflavin_mg", "mg", "dietary_riboflavin"],
  ["saturated_fat", "dietary_saturated_fat_g", "g", "dietary_saturated_fat"],
  ["selenium", "dietary_selenium_ug", "mcg", "dietary_selenium"],
  ["sodium", "dietary_sodium_mg", "mg", "dietary_sodium"],
  ["thiamin", "dietary_thiamin_mg", "mg", "dietary_thiamin"],
  ["total_fat", "dietary_total_fat_g", "g", "dietary_total_fat"],
  ["vitamin_a", "dietary_vitamin_a_ug", "mcg", "dietary_vitamin_a"],
  ["vitamin_b12", "dietary_vitamin_b12_ug", "mcg", "dietary_vitamin_b12"],
  ["vitamin_b6", "dietary_vitamin_b6_mg", "mg", "dietary_vitamin_b6"],
  ["vitamin_c", "dietary_vitamin_c_mg", "mg", "dietary_vitamin_c"],
  ["vitamin_d", "dietary_vitamin_d_ug", "mcg", "dietary_vitamin_d"],
  ["vitamin_e", "dietary_vitamin_e_mg", "mg", "dietary_vitamin_e"],
  ["vitamin_k", "dietary_vitamin_k_ug", "mcg", "dietary_vitamin_k"],
  ["zinc", "dietary_zinc_mg", "mg", "dietary_zinc"],
  ["dietary_water", "water_l", "L", "water"],
  ["sexual_activity", "sexual_activity", "count", ""],
];

/** Units whose absence changes what a number means. */
const NEEDED = new Set(["kcal", "kg", "m", "m/s", "degC", "mmol/L", "L", "g", "mg", "mcg"]);

/** What a number without a unit is in, where it differs from the unit we keep. */
const USUAL: Record<string, string> = {
  exercise_s: "min",
  move_s: "min",
  stand_s: "min",
  daylight_s: "min",
  mindful_s: "min",
};

/** Spellings of units that need no conversion and come in no other. */
const PLAIN: Record<string, string[]> = {
  count: ["count", "counts"],
  IU: ["IU", "iu"],
  "L/min": ["L/min"],
  mcS: ["mcS", "µS", "uS"],
  dBASPL: ["dBASPL", "dB", "dBA", "dB(A)"],
  W: ["W", "watts"],
  rpm: ["rpm", "count/min"],
};

/** Come as 97 or as 0.97. */
const FRACTIONS = new Set(["spo2_pct", "body_fat_pct"]);

/** A 0 of these is how apps write "no reading". */
const NO_ZERO = new Set([
  "heart_rate_bpm",
  "resting_heart_rate_bpm",
  "walking_heart_rate_bpm",
  "hrv_sdnn_ms",
  "spo2_pct",
  "weight_kg",
  "respiration_brpm",
  "blood_glucose_mmol_l",
  "body_temperature_c",
  "basal_body_temperature_c",
  "wrist_temperature_c",
  "vo2max_ml_kg_min",
]);

/** How elements of an array look and what becomes of them. */
export type Shape = "value" | "heart_rate" | "blood_pressure" | "sexual_activity" | "sleep";

export interface Named {
  shape: Shape;
  /** The first metric; a blood pressure is systolic and diastolic. */
  metric: Metric;
  zero: "no reading" | "a value";
  /** The series of a bucket's extremes. */
  extremes: { min: string; max: string };
  /** The value in our unit, or why no value of the array can be: `no unit`, `unit "…"`. */
  toOurs(units: string | null): ((value: number) => number) | string;
}

/** As names are compared: lower case, everything else one `_`. */
export const slug = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "");

function converter(ours: string, unit: string, units: string | null): ((value: number) => number) | string {
  // The app spells the unit of steps in the phone's language.
  if (ours === "steps") return (value) => value;
  if (units === null && NEEDED.has(unit)) return "no unit";
  const given = units ?? USUAL[ours];
  if (given === undefined) return FRACTIONS.has(ours) ? percentOf : (value) => value;
  const quantity = QUANTITIES.find((name) => name === unit) as Quantity | undefined;
  if (quantity === undefined) {
    return given === unit || PLAIN[unit]?.includes(given) ? (value) => value : toldUnit(given);
  }
  if (convert(1, given, quantity) === null) return toldUnit(given);
  if (FRACTIONS.has(ours)) return percentOf;
  // Most values come in the unit we keep: spare the look-up of each.
  if (convert(1, given, quantity) === 1 && convert(3, given, quantity) === 3) return (value) => value;
  return (value) => convert(value, given, quantity)!;
}

/** `heart_rate_min_bpm` of `heart_rate_bpm`: the unit stays at the end. */
function extremesOf(name: string, unit: string): Named["extremes"] {
  const end = unit !== "" && name.endsWith(`_${unit}`) ? `_${unit}` : "";
  const stem = name.slice(0, name.length - end.length);
  return { min: `${stem}_min${end}`, max: `${stem}_max${end}` };
}

const named = (shape: Shape, ours: string, unit: string): Named => ({
  shape,
  metric: METRICS.get(ours)!,
  extremes: extremesOf(ours, METRICS.get(ours)!.unit),
  zero: NO_ZERO.has(ours) ? "no reading" : "a value",
  toOurs: (units) => converter(ours, unit, units),
});

const NAMED = new Map<string, Named>();
for (const [name, ours, unit, aliases] of ROWS) {
  const shape = ours === "heart_rate_bpm" ? "heart_rate" : ours === "sexual_activity" ? "sexual_activity" : "value";
  for (const spelling of [name, ...aliases.split("|")])
    if (spelling) NAMED.set(slug(spelling), named(shape, ours, unit));
}
NAMED.set("blood_pressure", named("blood_pressure", "systolic_mmhg", "mmHg"));
// Nights come in hours; other spans are read too.
NAMED.set("sleep_analysis", {
  ...named("sleep", "exercise_s", "s"),
  toOurs: (units) => converter("sleep", "s", units ?? "hr"),
});

/** Names in another script than Latin leave nothing of a slug, yet must stay apart. */
function ownName(name: string): string {
  const own = slug(name) || `u${Array.from(name, (character) => character.codePointAt(0)!.toString(16)).join("_")}`;
  return own.startsWith("x_") ? own : `x_${own}`;
}

const LONGEST_NAME = 120;
/** A long name is cut, but stays apart from others that begin alike. */
const cut = (name: string): string =>
  name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 25)}_${shortHash(name)}` : name;

/** What an array's name stands for; a name nobody knows is kept as it came, with its unit. */
export function metricNamed(name: string, units: string | null): Named {
  const known = NAMED.get(slug(name));
  if (known) return known;
  const unit = slug(units ?? "");
  const metric = metricOf(cut(`${ownName(name)}${unit && `_${unit}`}`));
  const extremes = extremesOf(metric.name, unit);
  return { shape: "value", metric, extremes, zero: "a value", toOurs: () => (value) => value };
}

/** Whether a name is of an array whose elements are no plain samples; null while there is no name. */
export const shapeNamed = (name: string | null): Shape | null =>
  name === null ? null : (NAMED.get(slug(name))?.shape ?? "value");

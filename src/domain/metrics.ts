/**
 * The one metrics registry: name, unit, kind, how a day is made from samples, key in `daily.metrics`, plausible range.
 * It serves normalisers, commit, API, charts and docs. Names follow HealthKit and Health Connect where they have one.
 */

export type MetricKind = "cumulative" | "instantaneous" | "score";
export type Aggregate = "sum" | "avg" | "min" | "max" | "last";

export interface Metric {
  name: string;
  unit: string;
  kind: MetricKind;
  /** How a local day is made from its samples. */
  aggregate: Aggregate;
  /** Key in `daily.metrics`; null: samples of it make no day. */
  daily: string | null;
  /** Plausible range, inclusive; values outside are refused. */
  min: number;
  max: number;
}

/** name, unit, kind, aggregate, daily key (null: the same name, empty: none), least, greatest */
type Row = [string, string, MetricKind, Aggregate, string | null, number, number];
// biome-ignore format: a table
const ROWS: Row[] = [
  ["active_energy_kcal", "kcal", "cumulative", "sum", null, 0, 50000],
  ["basal_energy_kcal", "kcal", "cumulative", "sum", null, 0, 50000],
  ["dietary_energy_kcal", "kcal", "cumulative", "sum", null, 0, 50000],
  ["steps", "count", "cumulative", "sum", null, 0, 200000],
  ["distance_m", "m", "cumulative", "sum", null, 0, 1000000],
  ["cycling_distance_m", "m", "cumulative", "sum", null, 0, 1000000],
  ["swimming_distance_m", "m", "cumulative", "sum", null, 0, 1000000],
  ["wheelchair_distance_m", "m", "cumulative", "sum", null, 0, 1000000],
  ["snow_sports_distance_m", "m", "cumulative", "sum", null, 0, 1000000],
  ["cross_country_skiing_distance_m", "m", "cumulative", "sum", null, 0, 1000000],
  ["paddle_sports_distance_m", "m", "cumulative", "sum", null, 0, 1000000],
  ["rowing_distance_m", "m", "cumulative", "sum", null, 0, 1000000],
  ["skating_sports_distance_m", "m", "cumulative", "sum", null, 0, 1000000],
  ["swimming_strokes", "count", "cumulative", "sum", null, 0, 1000000],
  ["wheelchair_pushes", "count", "cumulative", "sum", null, 0, 1000000],
  ["floors", "count", "cumulative", "sum", null, 0, 5000],
  ["exercise_s", "s", "cumulative", "sum", null, 0, 90000],
  ["move_s", "s", "cumulative", "sum", null, 0, 90000],
  ["stand_s", "s", "cumulative", "sum", null, 0, 90000],
  ["stand_hours", "count", "cumulative", "sum", null, 0, 24],
  ["daylight_s", "s", "cumulative", "sum", null, 0, 90000],
  ["mindful_s", "s", "cumulative", "sum", null, 0, 90000],
  ["nike_fuel_points", "count", "cumulative", "sum", null, 0, 1000000],
  ["falls", "count", "cumulative", "sum", null, 0, 1000],
  ["inhaler_puffs", "count", "cumulative", "sum", null, 0, 200],
  ["alcoholic_drinks", "count", "cumulative", "sum", null, 0, 100],
  ["toothbrushing_s", "s", "cumulative", "sum", null, 0, 90000],
  ["handwashing_s", "s", "cumulative", "sum", null, 0, 90000],
  ["insulin_iu", "iu", "cumulative", "sum", null, 0, 1000],
  ["underwater_depth_m", "m", "instantaneous", "max", null, 0, 400],
  ["heart_rate_bpm", "bpm", "instantaneous", "avg", "avg_heart_rate_bpm", 20, 300],
  ["resting_heart_rate_bpm", "bpm", "instantaneous", "last", null, 20, 300],
  ["walking_heart_rate_bpm", "bpm", "instantaneous", "last", null, 20, 300],
  ["hrv_sdnn_ms", "ms", "instantaneous", "avg", null, 1, 500],
  ["heart_rate_recovery_bpm", "bpm", "instantaneous", "last", null, 0, 200],
  ["atrial_fibrillation_burden_pct", "pct", "instantaneous", "last", null, 0, 100],
  ["perfusion_index_pct", "pct", "instantaneous", "avg", null, 0, 100],
  ["spo2_pct", "pct", "instantaneous", "avg", null, 40, 100],
  ["respiration_brpm", "brpm", "instantaneous", "avg", null, 2, 100],
  ["vo2max_ml_kg_min", "ml_kg_min", "instantaneous", "last", null, 5, 120],
  ["systolic_mmhg", "mmhg", "instantaneous", "avg", null, 10, 400],
  ["diastolic_mmhg", "mmhg", "instantaneous", "avg", null, 10, 400],
  ["blood_glucose_mmol_l", "mmol_l", "instantaneous", "avg", null, 0.2, 80],
  ["blood_alcohol_pct", "pct", "instantaneous", "max", null, 0, 100],
  ["body_temperature_c", "c", "instantaneous", "avg", null, 25, 45],
  ["basal_body_temperature_c", "c", "instantaneous", "last", null, 25, 45],
  ["wrist_temperature_c", "c", "instantaneous", "last", null, 15, 45],
  ["water_temperature_c", "c", "instantaneous", "avg", null, -5, 60],
  ["weight_kg", "kg", "instantaneous", "last", null, 1, 700],
  ["lean_body_mass_kg", "kg", "instantaneous", "last", null, 0.1, 700],
  ["body_fat_pct", "pct", "instantaneous", "last", null, 1, 90],
  ["bmi_kg_m2", "kg_m2", "instantaneous", "last", null, 5, 150],
  ["height_m", "m", "instantaneous", "last", null, 0.3, 2.8],
  ["waist_m", "m", "instantaneous", "last", null, 0.2, 4],
  ["fev1_l", "l", "instantaneous", "last", null, 0, 50],
  ["fvc_l", "l", "instantaneous", "last", null, 0, 50],
  ["peak_expiratory_flow_l_min", "l_min", "instantaneous", "last", null, 0, 2000],
  ["electrodermal_activity_us", "us", "instantaneous", "avg", null, 0, 1000],
  ["environmental_sound_db", "db", "instantaneous", "avg", null, 0, 200],
  ["headphone_sound_db", "db", "instantaneous", "avg", null, 0, 200],
  ["sound_reduction_db", "db", "instantaneous", "avg", null, 0, 200],
  ["uv_index", "count", "instantaneous", "max", null, 0, 30],
  ["walking_speed_mps", "mps", "instantaneous", "avg", null, 0, 15],
  ["walking_step_length_m", "m", "instantaneous", "avg", null, 0.05, 3],
  ["walking_asymmetry_pct", "pct", "instantaneous", "avg", null, 0, 100],
  ["walking_double_support_pct", "pct", "instantaneous", "avg", null, 0, 100],
  ["walking_steadiness_pct", "pct", "instantaneous", "last", null, 0, 100],
  ["six_minute_walk_m", "m", "instantaneous", "last", null, 0, 3000],
  ["stair_speed_up_mps", "mps", "instantaneous", "avg", null, 0, 60],
  ["stair_speed_down_mps", "mps", "instantaneous", "avg", null, 0, 60],
  ["running_speed_mps", "mps", "instantaneous", "avg", null, 0, 60],
  ["running_power_w", "w", "instantaneous", "avg", null, 0, 5000],
  ["running_stride_length_m", "m", "instantaneous", "avg", null, 0.05, 5],
  ["running_vertical_oscillation_m", "m", "instantaneous", "avg", null, 0, 1],
  ["running_ground_contact_ms", "ms", "instantaneous", "avg", null, 20, 2000],
  ["cycling_speed_mps", "mps", "instantaneous", "avg", null, 0, 60],
  ["cycling_power_w", "w", "instantaneous", "avg", null, 0, 5000],
  ["cycling_cadence_rpm", "rpm", "instantaneous", "avg", null, 0, 300],
  ["cycling_ftp_w", "w", "instantaneous", "last", null, 0, 5000],
  ["cross_country_skiing_speed_mps", "mps", "instantaneous", "avg", null, 0, 60],
  ["paddle_sports_speed_mps", "mps", "instantaneous", "avg", null, 0, 60],
  ["rowing_speed_mps", "mps", "instantaneous", "avg", null, 0, 60],
  ["physical_effort_met", "met", "instantaneous", "avg", null, 0, 60],
  ["estimated_effort_score", "count", "instantaneous", "last", null, 0, 10],
  ["effort_score", "count", "instantaneous", "last", null, 0, 10],
  ["breathing_disturbances", "count", "instantaneous", "last", null, 0, 1000000],
  ["dietary_biotin_ug", "ug", "cumulative", "sum", null, 0, 10000000],
  ["dietary_caffeine_mg", "mg", "cumulative", "sum", null, 0, 1000000],
  ["dietary_calcium_mg", "mg", "cumulative", "sum", null, 0, 1000000],
  ["dietary_carbohydrates_g", "g", "cumulative", "sum", null, 0, 10000],
  ["dietary_chloride_mg", "mg", "cumulative", "sum", null, 0, 1000000],
  ["dietary_cholesterol_mg", "mg", "cumulative", "sum", null, 0, 1000000],
  ["dietary_chromium_ug", "ug", "cumulative", "sum", null, 0, 10000000],
  ["dietary_copper_mg", "mg", "cumulative", "sum", null, 0, 1000000],
  ["dietary_sugar_g", "g", "cumulative", "sum", null, 0, 10000],
  ["dietary_fiber_g", "g", "cumulative", "sum", null, 0, 10000],
  ["dietary_folate_ug", "ug", "cumulative", "sum", null, 0, 10000000],
  ["dietary_iodine_ug", "ug", "cumulative", "sum", null, 0, 10000000],
  ["dietary_iron_mg", "mg", "cumulative", "sum", null, 0, 1000000],
  ["dietary_magnesium_mg", "mg", "cumulative", "sum", null, 0, 1000000],
  ["dietary_manganese_mg", "mg", "cumulative", "sum", null, 0, 1000000],
  ["dietary_molybdenum_ug", "ug", "cumulative", "sum", null, 0, 10000000],
  ["dietary_monounsaturated_fat_g", "g", "cumulative", "sum", null, 0, 10000],
  ["dietary_niacin_mg", "mg", "cumulative", "sum", null, 0, 1000000],
  ["dietary_pantothenic_acid_mg", "mg", "cumulative", "sum", null, 0, 1000000],
  ["dietary_phosphorus_mg", "mg", "cumulative", "sum", null, 0, 1000000],
  ["dietary_polyunsaturated_fat_g", "g", "cumulative", "sum", null, 0, 10000],
  ["dietary_potassium_mg", "mg", "cumulative", "sum", null, 0, 1000000],
  ["dietary_protein_g", "g", "cumulative", "sum", null, 0, 10000],
  ["dietary_riboflavin_mg", "mg", "cumulative", "sum", null, 0, 1000000],
  ["dietary_saturated_fat_g", "g", "cumulative", "sum", null, 0, 10000],
  ["dietary_selenium_ug", "ug", "cumulative", "sum", null, 0, 10000000],
  ["dietary_sodium_mg", "mg", "cumulative", "sum", null, 0, 1000000],
  ["dietary_thiamin_mg", "mg", "cumulative", "sum", null, 0, 1000000],
  ["dietary_total_fat_g", "g", "cumulative", "sum", null, 0, 10000],
  ["dietary_vitamin_a_ug", "ug", "cumulative", "sum", null, 0, 10000000],
  ["dietary_vitamin_b12_ug", "ug", "cumulative", "sum", null, 0, 10000000],
  ["dietary_vitamin_b6_mg", "mg", "cumulative", "sum", null, 0, 1000000],
  ["dietary_vitamin_c_mg", "mg", "cumulative", "sum", null, 0, 1000000],
  ["dietary_vitamin_d_ug", "ug", "cumulative", "sum", null, 0, 10000000],
  ["dietary_vitamin_e_mg", "mg", "cumulative", "sum", null, 0, 1000000],
  ["dietary_vitamin_k_ug", "ug", "cumulative", "sum", null, 0, 10000000],
  ["dietary_zinc_mg", "mg", "cumulative", "sum", null, 0, 1000000],
  ["water_l", "l", "cumulative", "sum", null, 0, 50],
  ["sexual_activity", "count", "cumulative", "sum", null, 0, 1000000],
  ["hrv_rmssd_ms", "ms", "instantaneous", "avg", null, 1, 500],
  ["stress_level", "score", "instantaneous", "avg", "stress_avg", 0, 100],
  ["body_battery", "score", "instantaneous", "max", "body_battery_high", 0, 100],
  ["skin_temperature_c", "c", "instantaneous", "avg", null, 15, 45],
  ["skin_temperature_deviation_c", "c", "instantaneous", "last", null, -15, 15],
  ["total_energy_kcal", "kcal", "cumulative", "sum", null, 0, 50000],
  ["min_heart_rate_bpm", "bpm", "instantaneous", "min", null, 20, 300],
  ["max_heart_rate_bpm", "bpm", "instantaneous", "max", null, 20, 300],
  ["avg_heart_rate_bpm", "bpm", "instantaneous", "avg", null, 20, 300],
  ["readiness_score", "score", "score", "last", null, 0, 100],
  ["recovery_score", "score", "score", "last", null, 0, 100],
  ["sleep_score", "score", "score", "last", null, 0, 100],
  ["activity_score", "score", "score", "last", null, 0, 100],
  ["strain", "score", "score", "last", null, 0, 21],
  ["stress_avg", "score", "score", "last", null, 0, 100],
  ["body_battery_high", "score", "score", "last", null, 0, 100],
  ["body_battery_low", "score", "score", "last", null, 0, 100],
  ["cardio_load", "score", "score", "last", null, 0, 10000],
  ["fitness_age", "years", "score", "last", null, 5, 120],
  ["floors_descended", "count", "cumulative", "sum", null, 0, 5000],
  ["active_s", "s", "cumulative", "sum", null, 0, 90000],
  ["moderate_intensity_s", "s", "cumulative", "sum", null, 0, 90000],
  ["vigorous_intensity_s", "s", "cumulative", "sum", null, 0, 90000],
  ["stress_s", "s", "cumulative", "sum", null, 0, 90000],
  ["rest_stress_s", "s", "cumulative", "sum", null, 0, 90000],
  ["low_stress_s", "s", "cumulative", "sum", null, 0, 90000],
  ["medium_stress_s", "s", "cumulative", "sum", null, 0, 90000],
  ["high_stress_s", "s", "cumulative", "sum", null, 0, 90000],
  ["activity_stress_s", "s", "cumulative", "sum", null, 0, 90000],
  ["stress_max", "score", "score", "last", null, 0, 100],
  ["body_battery_charged", "score", "cumulative", "sum", null, 0, 500],
  ["body_battery_drained", "score", "cumulative", "sum", null, 0, 500],
  ["hrv_rmssd_5min_high_ms", "ms", "instantaneous", "max", null, 1, 500],
  ["waking_respiration_brpm", "brpm", "instantaneous", "avg", null, 2, 100],
  ["vo2max_cycling_ml_kg_min", "ml_kg_min", "instantaneous", "last", null, 5, 120],
  ["muscle_mass_kg", "kg", "instantaneous", "last", null, 0.1, 700],
  ["bone_mass_kg", "kg", "instantaneous", "last", null, 0.1, 100],
  ["body_water_mass_kg", "kg", "instantaneous", "last", null, 0.1, 700],
  ["basal_metabolic_rate_kcal_day", "kcal_day", "instantaneous", "last", null, 100, 20000],
  ["elevation_gained_m", "m", "cumulative", "sum", null, 0, 20000],
  ["skin_temperature_baseline_c", "c", "instantaneous", "last", null, 15, 45],
  ["speed_mps", "mps", "instantaneous", "avg", null, 0, 150],
  ["power_w", "w", "instantaneous", "avg", null, 0, 5000],
  ["step_cadence_rpm", "rpm", "instantaneous", "avg", null, 0, 300],
  ["body_water_pct", "pct", "instantaneous", "last", null, 1, 100],
  ["skin_temperature_trend_deviation_c", "c", "instantaneous", "last", null, -15, 15],
  ["pulse_wave_velocity_mps", "mps", "instantaneous", "last", null, 1, 30],
  ["vascular_age", "years", "score", "last", null, 5, 120],
  ["high_recovery_s", "s", "cumulative", "sum", null, 0, 90000],
  ["sedentary_s", "s", "cumulative", "sum", null, 0, 90000],
  ["resting_s", "s", "cumulative", "sum", null, 0, 90000],
  ["non_wear_s", "s", "cumulative", "sum", null, 0, 90000],
];

export const METRICS: ReadonlyMap<string, Metric> = new Map(
  ROWS.map(([name, unit, kind, aggregate, daily, min, max]) => [
    name,
    { name, unit, kind, aggregate, daily: daily === "" ? null : (daily ?? name), min, max },
  ]),
);

/** The extremes of buckets (docs/ingest.md): `respiration_min_brpm` is to `respiration_brpm` what its name says, and makes no day. */
function extremeOf(name: string): Metric | null {
  const [, stem, extreme, unit] = /^(.+)_(min|max)_(.+)$/.exec(name) ?? [];
  const of = METRICS.get(`${stem}_${unit}`);
  return of ? { ...of, name, aggregate: extreme as "min" | "max", daily: null } : null;
}

/** A metric nobody has named yet is kept under `x_…` as it came: instantaneous, its day the mean. */
export function metricOf(name: string): Metric {
  return (
    METRICS.get(name) ??
    extremeOf(name) ?? {
      name,
      unit: "",
      kind: "instantaneous",
      aggregate: "avg",
      daily: name,
      // Far beyond any measure, and a day of them still adds up.
      min: -1e100,
      max: 1e100,
    }
  );
}

/** Numbers and names of workouts → FIT sports: Health Connect's Jetpack numbers, which all apps send, and Google Fit's own. */
import type { Sport, SubSport } from "../../domain/sports.ts";

type Row = [number: number, name: string, sport: Sport, subSport: SubSport];
// biome-ignore format: a table
const HEALTH_CONNECT: Row[] = [
  [0, "other_workout", "generic", "generic"],
  [2, "badminton", "racket", "badminton"],
  [4, "baseball", "baseball", "generic"],
  [5, "basketball", "basketball", "generic"],
  [8, "biking", "cycling", "generic"],
  [9, "biking_stationary", "cycling", "indoor_cycling"],
  [10, "boot_camp", "training", "cardio_training"],
  [11, "boxing", "boxing", "generic"],
  [13, "calisthenics", "training", "strength_training"],
  [14, "cricket", "cricket", "generic"],
  [16, "dancing", "dance", "generic"],
  [25, "elliptical", "fitness_equipment", "elliptical"],
  [26, "exercise_class", "training", "generic"],
  [27, "fencing", "generic", "generic"],
  [28, "football_american", "american_football", "generic"],
  [29, "football_australian", "generic", "generic"],
  [31, "frisbee_disc", "disc_golf", "generic"],
  [32, "golf", "golf", "generic"],
  [33, "guided_breathing", "meditation", "breathing"],
  [34, "gymnastics", "training", "generic"],
  [35, "handball", "generic", "generic"],
  [36, "high_intensity_interval_training", "hiit", "generic"],
  [37, "hiking", "hiking", "generic"],
  [38, "ice_hockey", "hockey", "generic"],
  [39, "ice_skating", "ice_skating", "generic"],
  [44, "martial_arts", "mixed_martial_arts", "generic"],
  [46, "paddling", "paddling", "generic"],
  [47, "paragliding", "hang_gliding", "generic"],
  [48, "pilates", "training", "pilates"],
  [50, "racquetball", "racket", "racquetball"],
  [51, "rock_climbing", "rock_climbing", "generic"],
  [52, "roller_hockey", "hockey", "generic"],
  [53, "rowing", "rowing", "generic"],
  [54, "rowing_machine", "rowing", "indoor_rowing"],
  [55, "rugby", "rugby", "generic"],
  [56, "running", "running", "generic"],
  [57, "running_treadmill", "running", "treadmill"],
  [58, "sailing", "sailing", "generic"],
  [59, "scuba_diving", "diving", "generic"],
  [60, "skating", "inline_skating", "generic"],
  [61, "skiing", "alpine_skiing", "generic"],
  [62, "snowboarding", "snowboarding", "generic"],
  [63, "snowshoeing", "snowshoeing", "generic"],
  [64, "soccer", "soccer", "generic"],
  [65, "softball", "softball_slow_pitch", "generic"],
  [66, "squash", "racket", "squash"],
  [68, "stair_climbing", "fitness_equipment", "stair_climbing"],
  [69, "stair_climbing_machine", "fitness_equipment", "stair_climbing"],
  [70, "strength_training", "training", "strength_training"],
  [71, "stretching", "training", "flexibility_training"],
  [72, "surfing", "surfing", "generic"],
  [73, "swimming_open_water", "swimming", "open_water"],
  [74, "swimming_pool", "swimming", "lap_swimming"],
  [75, "table_tennis", "racket", "table_tennis"],
  [76, "tennis", "tennis", "generic"],
  [78, "volleyball", "volleyball", "generic"],
  [79, "walking", "walking", "generic"],
  [80, "water_polo", "generic", "generic"],
  [81, "weightlifting", "training", "strength_training"],
  [82, "wheelchair", "wheelchair_push_walk", "generic"],
  [83, "yoga", "training", "yoga"],
];
// biome-ignore format: a table
const GOOGLE_FIT: Row[] = [
  [0, "in_vehicle", "generic", "generic"],
  [1, "biking", "cycling", "generic"],
  [2, "on_foot", "walking", "generic"],
  [7, "walking", "walking", "generic"],
  [8, "running", "running", "generic"],
  [9, "aerobics", "training", "cardio_training"],
  [10, "badminton", "racket", "badminton"],
  [12, "basketball", "basketball", "generic"],
  [14, "handbiking", "cycling", "hand_cycling"],
  [15, "mountain_biking", "cycling", "mountain"],
  [16, "road_biking", "cycling", "road"],
  [17, "spinning", "cycling", "spin"],
  [18, "stationary_biking", "cycling", "indoor_cycling"],
  [20, "boxing", "boxing", "generic"],
  [21, "calisthenics", "training", "strength_training"],
  [22, "circuit_training", "training", "cardio_training"],
  [24, "dancing", "dance", "generic"],
  [25, "elliptical", "fitness_equipment", "elliptical"],
  [29, "soccer", "soccer", "generic"],
  [32, "golf", "golf", "generic"],
  [35, "hiking", "hiking", "generic"],
  [37, "horseback_riding", "horseback_riding", "generic"],
  [39, "jump_rope", "jump_rope", "generic"],
  [40, "kayaking", "kayaking", "generic"],
  [45, "meditation", "meditation", "generic"],
  [49, "pilates", "training", "pilates"],
  [52, "rock_climbing", "rock_climbing", "generic"],
  [53, "rowing", "rowing", "generic"],
  [54, "rowing_machine", "rowing", "indoor_rowing"],
  [56, "jogging", "running", "generic"],
  [57, "running_on_sand", "running", "generic"],
  [58, "treadmill_running", "running", "treadmill"],
  [59, "sailing", "sailing", "generic"],
  [64, "inline_skating", "inline_skating", "generic"],
  [65, "skiing", "alpine_skiing", "generic"],
  [67, "cross_country_skiing", "cross_country_skiing", "generic"],
  [68, "downhill_skiing", "alpine_skiing", "generic"],
  [73, "snowboarding", "snowboarding", "generic"],
  [75, "snowshoeing", "snowshoeing", "generic"],
  [77, "stair_climbing", "fitness_equipment", "stair_climbing"],
  [79, "stand_up_paddleboarding", "stand_up_paddleboarding", "generic"],
  [80, "strength_training", "training", "strength_training"],
  [81, "surfing", "surfing", "generic"],
  [82, "swimming", "swimming", "generic"],
  [83, "pool_swimming", "swimming", "lap_swimming"],
  [84, "open_water_swimming", "swimming", "open_water"],
  [87, "tennis", "tennis", "generic"],
  [88, "treadmill", "running", "treadmill"],
  [93, "walking_fitness", "walking", "generic"],
  [94, "nordic_walking", "walking", "generic"],
  [95, "treadmill_walking", "walking", "indoor_walking"],
  [97, "weightlifting", "training", "strength_training"],
  [100, "yoga", "training", "yoga"],
  [104, "ice_skating", "ice_skating", "generic"],
  [108, "other", "generic", "generic"],
  [113, "crossfit", "training", "generic"],
  [114, "hiit", "hiit", "generic"],
  [115, "interval_training", "hiit", "generic"],
];

/** Samsung's own names of exercises that are one to us. */
const STRENGTH = [
  "back_extension",
  "bench_sit_up",
  "bench_press",
  "burpee",
  "crunch",
  "jumping_jack",
  "jump_rope",
  "plank",
  "squat",
  "lunge",
  "deadlift",
  "sit_up",
  "push_up",
  "pull_up",
  "barbell_shoulder_press",
  "arm_curl",
  "forward_twist",
  "upper_twist",
  "lat_pull_down",
  "mountain_climber",
  "leg_press",
  "leg_raise",
  "leg_curl",
  "leg_extension",
];

export interface Kind {
  sport: Sport;
  sub_sport: SubSport;
  /** The provider's word where it is none of the table's. */
  unknown: string | null;
}

const letters = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
const byNumber = (rows: Row[]) => new Map(rows.map(([number, , sport, sub_sport]) => [number, { sport, sub_sport }]));
const HEALTH_CONNECT_NUMBERS = byNumber(HEALTH_CONNECT);
const GOOGLE_FIT_NUMBERS = byNumber(GOOGLE_FIT);
const NAMES = new Map<string, Omit<Kind, "unknown">>([
  ...GOOGLE_FIT.map(([, name, sport, sub_sport]) => [letters(name), { sport, sub_sport }] as const),
  ...HEALTH_CONNECT.map(([, name, sport, sub_sport]) => [letters(name), { sport, sub_sport }] as const),
  ...STRENGTH.map((name) => [letters(name), { sport: "training", sub_sport: "strength_training" }] as const),
  ["workout", { sport: "generic", sub_sport: "generic" }],
]);

/** `told`: a number, its digits, or a name. */
function kindIn(numbers: Map<number, Omit<Kind, "unknown">>, told: unknown): Kind {
  const text = typeof told === "number" || typeof told === "string" ? String(told).trim() : "";
  const known = /^\d+$/.test(text)
    ? numbers.get(Number(text))
    : NAMES.get(letters(text.toLowerCase().replace(/^exercise_(session_)?type_/, "")));
  if (known) return { ...known, unknown: null };
  return { sport: "generic", sub_sport: "generic", unknown: text === "" ? null : text };
}

export const exerciseKind = (told: unknown): Kind => kindIn(HEALTH_CONNECT_NUMBERS, told);
export const fitActivityKind = (told: unknown): Kind => kindIn(GOOGLE_FIT_NUMBERS, told);

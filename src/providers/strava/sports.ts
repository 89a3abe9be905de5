/** Strava `sport_type` → FIT sport and sub-sport; all 56 values of the schema (docs/providers/strava.md). */

type Sport = readonly [sport: string, sub_sport: string];

// biome-ignore format: a table
const SPORTS: Readonly<Record<string, Sport>> = {
  AlpineSki: ["alpine_skiing", "generic"],
  BackcountrySki: ["alpine_skiing", "backcountry"],
  Badminton: ["racket", "badminton"],
  Basketball: ["basketball", "generic"],
  Canoeing: ["canoeing", "generic"],
  Cricket: ["cricket", "generic"],
  Crossfit: ["training", "cardio_training"],
  Dance: ["dance", "generic"],
  EBikeRide: ["e_biking", "generic"],
  Elliptical: ["fitness_equipment", "elliptical"],
  EMountainBikeRide: ["e_biking", "e_bike_mountain"],
  Golf: ["golf", "generic"],
  GravelRide: ["cycling", "gravel_cycling"],
  Handcycle: ["cycling", "hand_cycling"],
  HighIntensityIntervalTraining: ["hiit", "hiit"],
  Hike: ["hiking", "generic"],
  IceSkate: ["ice_skating", "generic"],
  InlineSkate: ["inline_skating", "generic"],
  Kayaking: ["kayaking", "generic"],
  Kitesurf: ["kitesurfing", "generic"],
  MountainBikeRide: ["cycling", "mountain"],
  NordicSki: ["cross_country_skiing", "generic"],
  Padel: ["racket", "padel"],
  PhysicalTherapy: ["training", "generic"],
  Pickleball: ["racket", "pickleball"],
  Pilates: ["training", "pilates"],
  Racquetball: ["racket", "racquetball"],
  Ride: ["cycling", "generic"],
  RockClimbing: ["rock_climbing", "generic"],
  RollerSki: ["cross_country_skiing", "generic"],
  Rowing: ["rowing", "generic"],
  Run: ["running", "generic"],
  Sail: ["sailing", "generic"],
  Skateboard: ["generic", "generic"],
  Snowboard: ["snowboarding", "generic"],
  Snowshoe: ["snowshoeing", "generic"],
  Soccer: ["soccer", "generic"],
  Squash: ["racket", "squash"],
  StairStepper: ["fitness_equipment", "stair_climbing"],
  StandUpPaddling: ["stand_up_paddleboarding", "generic"],
  Surfing: ["surfing", "generic"],
  Swim: ["swimming", "generic"],
  TableTennis: ["racket", "table_tennis"],
  Tennis: ["tennis", "generic"],
  TrailRun: ["running", "trail"],
  Velomobile: ["cycling", "recumbent"],
  VirtualRide: ["cycling", "virtual_activity"],
  VirtualRow: ["rowing", "indoor_rowing"],
  VirtualRun: ["running", "virtual_activity"],
  Volleyball: ["volleyball", "generic"],
  Walk: ["walking", "generic"],
  WeightTraining: ["training", "strength_training"],
  Wheelchair: ["wheelchair_push_walk", "generic"],
  Windsurf: ["windsurfing", "generic"],
  Workout: ["training", "generic"],
  Yoga: ["training", "yoga"],
};

const UNKNOWN: Sport = ["generic", "generic"];

/** On a trainer the indoor name of the sport, where FIT has one. */
const INDOORS: Readonly<Record<string, Sport>> = {
  Ride: ["cycling", "indoor_cycling"],
  Run: ["running", "treadmill"],
};

/** `sport_type` where it is known, else the coarser, deprecated `type`. */
export function toSport(sportType: string | undefined, type: string | undefined, trainer: boolean): Sport {
  const name = [sportType, type].find((one) => one !== undefined && Object.hasOwn(SPORTS, one));
  if (name === undefined) return UNKNOWN;
  return (trainer ? INDOORS[name] : undefined) ?? SPORTS[name]!;
}

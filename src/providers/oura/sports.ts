/**
 * Oura `activity` → FIT sport and sub-sport. Oura publishes no list: these are the names that were seen, that integrations know, or that
 * are likely (docs/providers/oura.md); any other is kept as it came.
 */

type Sport = readonly [sport: string, sub_sport: string];

// biome-ignore format: a table
const SPORTS: Readonly<Record<string, Sport>> = {
  walking: ["walking", "generic"], running: ["running", "generic"], cycling: ["cycling", "generic"],
  indoorcycling: ["cycling", "indoor_cycling"], mountainbiking: ["cycling", "mountain"],
  trailrunning: ["running", "trail"], treadmillrunning: ["running", "treadmill"], hiking: ["hiking", "generic"],
  nordicwalking: ["walking", "generic"], swimming: ["swimming", "generic"], rowing: ["rowing", "generic"],
  indoorrowing: ["rowing", "indoor_rowing"], kayaking: ["kayaking", "generic"],
  standuppaddling: ["stand_up_paddleboarding", "generic"], surfing: ["surfing", "generic"],
  sailing: ["sailing", "generic"], waterpolo: ["generic", "generic"],
  strengthtraining: ["training", "strength_training"], weighttraining: ["training", "strength_training"],
  weightlifting: ["training", "strength_training"], functionaltraining: ["training", "cardio_training"],
  coreexercise: ["training", "strength_training"], crosstraining: ["training", "cardio_training"],
  circuittraining: ["training", "cardio_training"], hiit: ["hiit", "generic"],
  highintensityintervaltraining: ["hiit", "generic"], elliptical: ["fitness_equipment", "elliptical"],
  stairclimbing: ["fitness_equipment", "stair_climbing"], stairexercise: ["fitness_equipment", "stair_climbing"],
  jumprope: ["jump_rope", "generic"], yoga: ["training", "yoga"], pilates: ["training", "pilates"],
  stretching: ["training", "flexibility_training"], meditation: ["meditation", "generic"],
  breathwork: ["training", "breathing"], skiing: ["alpine_skiing", "generic"],
  downhillskiing: ["alpine_skiing", "generic"], crosscountryskiing: ["cross_country_skiing", "generic"],
  snowboarding: ["snowboarding", "generic"], iceskating: ["ice_skating", "generic"], soccer: ["soccer", "generic"],
  basketball: ["basketball", "generic"], volleyball: ["volleyball", "generic"], baseball: ["baseball", "generic"],
  rugby: ["rugby", "generic"], cricket: ["cricket", "generic"], handball: ["generic", "generic"],
  lacrosse: ["lacrosse", "generic"], americanfootball: ["american_football", "generic"],
  icehockey: ["hockey", "ice"], fieldhockey: ["hockey", "field"], tennis: ["tennis", "generic"],
  squash: ["racket", "squash"], badminton: ["racket", "badminton"], tabletennis: ["racket", "table_tennis"],
  pickleball: ["racket", "pickleball"], padel: ["racket", "padel"], boxing: ["boxing", "generic"],
  martialarts: ["mixed_martial_arts", "generic"], wrestling: ["generic", "generic"],
  rockclimbing: ["rock_climbing", "generic"], climbing: ["rock_climbing", "generic"], golf: ["golf", "generic"],
  discgolf: ["disc_golf", "generic"], inlineskating: ["inline_skating", "generic"],
  skateboarding: ["generic", "generic"], horsebackriding: ["horseback_riding", "generic"],
  dance: ["dance", "generic"], dancing: ["dance", "generic"], aerobics: ["training", "cardio_training"],
  groupexercise: ["training", "cardio_training"], gymnastics: ["training", "generic"],
  triathlon: ["multisport", "triathlon"], housework: ["generic", "generic"], yardwork: ["generic", "generic"],
  other: ["generic", "generic"], workout: ["generic", "generic"], activity: ["generic", "generic"],
};
const UNKNOWN: Sport = ["generic", "generic"];

/** `strength_training`, `strengthTraining` and `Strength Training` are one. */
export function toSport(activity: string): Sport {
  const name = activity.toLowerCase().replace(/[^a-z0-9]/g, "");
  return Object.hasOwn(SPORTS, name) ? SPORTS[name]! : UNKNOWN;
}

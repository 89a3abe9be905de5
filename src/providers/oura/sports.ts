/**
 * Oura `activity` → FIT sport and sub-sport. Oura publishes no list: these are the names that were seen, that integrations know, or that
 * are likely (docs/providers/oura.md); any other is generic, and kept as it came.
 */
import { GENERIC, letters, type Sport, sportsBy } from "../sports.ts";

// biome-ignore format: a table
const sports = sportsBy({
  "walking": "walking nordic_walking", "hiking": "hiking", "running": "running", "running trail": "trail_running",
  "running treadmill": "treadmill_running", "cycling": "cycling", "cycling indoor_cycling": "indoor_cycling",
  "cycling mountain": "mountain_biking", "swimming": "swimming", "rowing": "rowing",
  "rowing indoor_rowing": "indoor_rowing", "kayaking": "kayaking", "stand_up_paddleboarding": "stand_up_paddling",
  "surfing": "surfing", "sailing": "sailing", "training": "gymnastics",
  "training strength_training": "strength_training weight_training weightlifting core_exercise",
  "training cardio_training": "functional_training cross_training circuit_training aerobics group_exercise",
  "training yoga": "yoga", "training pilates": "pilates", "training flexibility_training": "stretching",
  "training breathing": "breathwork", "meditation": "meditation", "hiit": "hiit high_intensity_interval_training",
  "fitness_equipment elliptical": "elliptical", "fitness_equipment stair_climbing": "stair_climbing stair_exercise",
  "jump_rope": "jump_rope", "dance": "dance dancing", "boxing": "boxing", "mixed_martial_arts": "martial_arts",
  "alpine_skiing": "skiing downhill_skiing", "cross_country_skiing": "cross_country_skiing",
  "snowboarding": "snowboarding", "ice_skating": "ice_skating", "inline_skating": "inline_skating", "soccer": "soccer",
  "basketball": "basketball", "volleyball": "volleyball", "baseball": "baseball", "rugby": "rugby",
  "cricket": "cricket", "lacrosse": "lacrosse", "american_football": "american_football", "hockey ice": "ice_hockey",
  "hockey field": "field_hockey", "tennis": "tennis", "racket squash": "squash", "racket badminton": "badminton",
  "racket table_tennis": "table_tennis", "racket pickleball": "pickleball", "racket padel": "padel",
  "rock_climbing": "rock_climbing climbing", "golf": "golf", "disc_golf": "disc_golf",
  "horseback_riding": "horseback_riding", "multisport triathlon": "triathlon",
}, letters);

/** `strength_training`, `strengthTraining` and `Strength Training` are one. */
export const toSport = (activity: string): Sport => sports(activity) ?? GENERIC;

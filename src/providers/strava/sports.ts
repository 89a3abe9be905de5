/** Strava `sport_type` → FIT sport and sub-sport; all 56 values of the schema (docs/providers/strava.md). */
import { GENERIC, type Sport, sportsBy } from "../sports.ts";

// biome-ignore format: a table
const sportOf = sportsBy({
  running: "Run", "running trail": "TrailRun", "running virtual_activity": "VirtualRun",
  walking: "Walk", hiking: "Hike", snowshoeing: "Snowshoe", rock_climbing: "RockClimbing",
  cycling: "Ride", "cycling mountain": "MountainBikeRide", "cycling gravel_cycling": "GravelRide",
  "cycling virtual_activity": "VirtualRide", "cycling hand_cycling": "Handcycle", "cycling recumbent": "Velomobile",
  e_biking: "EBikeRide", "e_biking e_bike_mountain": "EMountainBikeRide", wheelchair_push_walk: "Wheelchair",
  swimming: "Swim", rowing: "Rowing", "rowing indoor_rowing": "VirtualRow", canoeing: "Canoeing", kayaking: "Kayaking",
  stand_up_paddleboarding: "StandUpPaddling", sailing: "Sail", surfing: "Surfing", kitesurfing: "Kitesurf",
  windsurfing: "Windsurf",
  alpine_skiing: "AlpineSki", "alpine_skiing backcountry": "BackcountrySki", snowboarding: "Snowboard",
  cross_country_skiing: "NordicSki RollerSki", ice_skating: "IceSkate", inline_skating: "InlineSkate",
  training: "Workout PhysicalTherapy", "training strength_training": "WeightTraining",
  "training cardio_training": "Crossfit", "training pilates": "Pilates", "training yoga": "Yoga",
  "hiit hiit": "HighIntensityIntervalTraining", dance: "Dance",
  "fitness_equipment elliptical": "Elliptical", "fitness_equipment stair_climbing": "StairStepper",
  "racket badminton": "Badminton", "racket padel": "Padel", "racket pickleball": "Pickleball",
  "racket racquetball": "Racquetball", "racket squash": "Squash", "racket table_tennis": "TableTennis",
  tennis: "Tennis", basketball: "Basketball", cricket: "Cricket", golf: "Golf", soccer: "Soccer",
  volleyball: "Volleyball",
  // Known to be none of FIT's: the coarser `type` does not know better.
  generic: "Skateboard",
});
/** On a trainer the indoor name of the sport, where FIT has one. */
const indoors = sportsBy({ "cycling indoor_cycling": "Ride", "running treadmill": "Run" });

type Name = string | null | undefined;

/** `sport_type` where it is known, else the coarser, deprecated `type`. */
export function toSport(sportType: Name, type: Name, trainer: boolean): Sport {
  const name = sportOf(sportType) ? sportType : type;
  return (trainer ? indoors(name) : undefined) ?? sportOf(name) ?? GENERIC;
}

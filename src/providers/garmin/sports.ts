/** Garmin `activityType` → FIT sport and sub-sport: the Activity API's own list and three words more (docs/providers/garmin.md). */
import { GENERIC, type Sport, sportsBy } from "../sports.ts";

/** FIT has the same names, in small letters. */
const SAME = `RUNNING CYCLING FITNESS_EQUIPMENT MOBILITY MEDITATION DANCE BOXING JUMP_ROPE ROCK_CLIMBING FLOOR_CLIMBING
  MOUNTAINEERING SWIMMING WALKING HIKING BOATING FISHING KAYAKING PADDLING ROWING SNORKELING SURFING WINDSURFING DIVING
  STAND_UP_PADDLEBOARDING WAKEBOARDING TRANSITION AMERICAN_FOOTBALL BASKETBALL CRICKET LACROSSE RUGBY SOCCER VOLLEYBALL
  DISC_GOLF GOLF INLINE_SKATING MIXED_MARTIAL_ARTS WHEELCHAIR_PUSH_RUN WHEELCHAIR_PUSH_WALK`;
// biome-ignore format: a table
const named = sportsBy({
  ...Object.fromEntries(SAME.split(/\s+/).map((name) => [name.toLowerCase(), name])),
  "running indoor_running": "INDOOR_RUNNING", "running obstacle": "OBSTACLE_RUN", "running street": "STREET_RUNNING",
  "running track": "TRACK_RUNNING", "running trail": "TRAIL_RUNNING", "running treadmill": "TREADMILL_RUNNING",
  "running ultra": "ULTRA_RUN", "running virtual_activity": "VIRTUAL_RUN", "cycling virtual_activity": "VIRTUAL_RIDE",
  "cycling bmx": "BMX", "cycling cyclocross": "CYCLOCROSS", "cycling downhill": "DOWNHILL_BIKING",
  "cycling gravel_cycling": "GRAVEL_CYCLING", "cycling indoor_cycling": "INDOOR_CYCLING", "cycling road": "ROAD_BIKING",
  "cycling mountain": "ENDURO_MTB MOUNTAIN_BIKING", "cycling recumbent": "RECUMBENT_CYCLING",
  "cycling track_cycling": "TRACK_CYCLING", "cycling hand_cycling": "HANDCYCLING",
  "cycling indoor_hand_cycling": "INDOOR_HANDCYCLING", "e_biking e_bike_fitness": "E_BIKE_FITNESS",
  "e_biking e_bike_mountain": "E_BIKE_MOUNTAIN E_ENDURO_MTB", "fitness_equipment elliptical": "ELLIPTICAL",
  "fitness_equipment indoor_rowing": "INDOOR_ROWING", "fitness_equipment stair_climbing": "STAIR_CLIMBING",
  "training cardio_training": "INDOOR_CARDIO", "training strength_training": "STRENGTH_TRAINING", "hiit hiit": "HIIT",
  "training pilates": "PILATES", "training yoga": "YOGA", "training breathing": "BREATHWORK", multisport: "MULTI_SPORT",
  "rock_climbing bouldering": "BOULDERING", "rock_climbing indoor_climbing": "INDOOR_CLIMBING",
  "swimming lap_swimming": "LAP_SWIMMING", "swimming open_water": "OPEN_WATER_SWIMMING", "hiking rucking": "RUCKING",
  "walking casual_walking": "CASUAL_WALKING", "walking speed_walking": "SPEED_WALKING", snowboarding: "SNOWBOARDING_WS",
  "alpine_skiing backcountry": "BACKCOUNTRY_SKIING", "snowboarding backcountry": "BACKCOUNTRY_SNOWBOARDING",
  "alpine_skiing resort": "RESORT_SKIING RESORT_SKIING_SNOWBOARDING_WS", cross_country_skiing: "CROSS_COUNTRY_SKIING_WS",
  "cross_country_skiing skate_skiing": "SKATE_SKIING_WS", ice_skating: "SKATING_WS", snowshoeing: "SNOW_SHOE_WS",
  snowmobiling: "SNOWMOBILING_WS", sailing: "SAILING OFFSHORE_GRINDING ONSHORE_GRINDING", kitesurfing: "KITEBOARDING",
  water_skiing: "WATERSKIING", rafting: "WHITEWATER_RAFTING", "transition bike_to_run_transition": "BIKE_TO_RUN_TRANSITION",
  "transition run_to_bike_transition": "RUN_TO_BIKE_TRANSITION", "transition swim_to_bike_transition": "SWIM_TO_BIKE_TRANSITION",
  baseball: "BASEBALL SOFTBALL", "hockey field": "FIELD_HOCKEY", "hockey ice": "ICE_HOCKEY", tennis: "TENNIS PLATFORM_TENNIS",
  "generic ultimate": "ULTIMATE_DISC", racket: "RACKET_SPORTS", "racket badminton": "BADMINTON", "racket padel": "PADDELBALL",
  "racket pickleball": "PICKLEBALL", "racket racquetball": "RACQUETBALL", "racket squash": "SQUASH",
  "racket table_tennis": "TABLE_TENNIS",
});

/** Newer models name some types with `_V2`, whitewater ones with `_WS`; the personal API writes all in lower case. */
export function toSport(type: string | null | undefined, isParent: boolean | null = false): Sport {
  const name = (isParent ? "MULTI_SPORT" : (type ?? "")).toUpperCase().replace(/_V2$/, "");
  return named(name) ?? named(name.replace(/_WS$/, "")) ?? GENERIC;
}

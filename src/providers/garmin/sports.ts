/** Garmin `activityType` → FIT sport and sub-sport: the Activity API's own list and three words more (docs/providers/garmin.md). */
import { GENERIC, type Sport, sportsBy } from "../sports.ts";

// biome-ignore format: a table
const named = sportsBy({
  running: "RUNNING", "running indoor_running": "INDOOR_RUNNING", "running obstacle": "OBSTACLE_RUN",
  "running street": "STREET_RUNNING", "running track": "TRACK_RUNNING", "running trail": "TRAIL_RUNNING",
  "running treadmill": "TREADMILL_RUNNING", "running ultra": "ULTRA_RUN", "running virtual_activity": "VIRTUAL_RUN",
  cycling: "CYCLING", "cycling bmx": "BMX", "cycling cyclocross": "CYCLOCROSS", "cycling downhill": "DOWNHILL_BIKING",
  "cycling mountain": "ENDURO_MTB MOUNTAIN_BIKING", "cycling gravel_cycling": "GRAVEL_CYCLING",
  "cycling indoor_cycling": "INDOOR_CYCLING", "cycling recumbent": "RECUMBENT_CYCLING", "cycling road": "ROAD_BIKING",
  "cycling track_cycling": "TRACK_CYCLING", "cycling virtual_activity": "VIRTUAL_RIDE", rock_climbing: "ROCK_CLIMBING",
  "cycling hand_cycling": "HANDCYCLING", "cycling indoor_hand_cycling": "INDOOR_HANDCYCLING", "training yoga": "YOGA",
  "e_biking e_bike_fitness": "E_BIKE_FITNESS", "e_biking e_bike_mountain": "E_BIKE_MOUNTAIN E_ENDURO_MTB",
  fitness_equipment: "FITNESS_EQUIPMENT", "fitness_equipment elliptical": "ELLIPTICAL", "training pilates": "PILATES",
  "fitness_equipment indoor_rowing": "INDOOR_ROWING", "fitness_equipment stair_climbing": "STAIR_CLIMBING",
  "rock_climbing bouldering": "BOULDERING", "rock_climbing indoor_climbing": "INDOOR_CLIMBING", "hiit hiit": "HIIT",
  "training cardio_training": "INDOOR_CARDIO", "training strength_training": "STRENGTH_TRAINING", mobility: "MOBILITY",
  "training breathing": "BREATHWORK", meditation: "MEDITATION", swimming: "SWIMMING", walking: "WALKING",
  "swimming lap_swimming": "LAP_SWIMMING", "swimming open_water": "OPEN_WATER_SWIMMING", hiking: "HIKING",
  "walking casual_walking": "CASUAL_WALKING", "walking speed_walking": "SPEED_WALKING", "hiking rucking": "RUCKING",
  "snowboarding backcountry": "BACKCOUNTRY_SNOWBOARDING", snowboarding: "SNOWBOARDING_WS", ice_skating: "SKATING_WS",
  "alpine_skiing backcountry": "BACKCOUNTRY_SKIING", cross_country_skiing: "CROSS_COUNTRY_SKIING_WS", rowing: "ROWING",
  "alpine_skiing resort": "RESORT_SKIING RESORT_SKIING_SNOWBOARDING_WS", snowshoeing: "SNOW_SHOE_WS",
  "cross_country_skiing skate_skiing": "SKATE_SKIING_WS", snowmobiling: "SNOWMOBILING_WS", boating: "BOATING",
  fishing: "FISHING", kayaking: "KAYAKING", kitesurfing: "KITEBOARDING", paddling: "PADDLING", snorkeling: "SNORKELING",
  sailing: "OFFSHORE_GRINDING ONSHORE_GRINDING SAILING", stand_up_paddleboarding: "STAND_UP_PADDLEBOARDING",
  surfing: "SURFING", wakeboarding: "WAKEBOARDING", water_skiing: "WATERSKIING", rafting: "WHITEWATER_RAFTING",
  windsurfing: "WINDSURFING", transition: "TRANSITION", "transition bike_to_run_transition": "BIKE_TO_RUN_TRANSITION",
  "transition run_to_bike_transition": "RUN_TO_BIKE_TRANSITION", american_football: "AMERICAN_FOOTBALL", rugby: "RUGBY",
  "transition swim_to_bike_transition": "SWIM_TO_BIKE_TRANSITION", baseball: "BASEBALL SOFTBALL", cricket: "CRICKET",
  basketball: "BASKETBALL", "hockey field": "FIELD_HOCKEY", "hockey ice": "ICE_HOCKEY", lacrosse: "LACROSSE",
  soccer: "SOCCER", "generic ultimate": "ULTIMATE_DISC", volleyball: "VOLLEYBALL", racket: "RACKET_SPORTS",
  "racket badminton": "BADMINTON", "racket padel": "PADDELBALL", "racket pickleball": "PICKLEBALL", boxing: "BOXING",
  "racket racquetball": "RACQUETBALL", "racket squash": "SQUASH", "racket table_tennis": "TABLE_TENNIS", dance: "DANCE",
  tennis: "PLATFORM_TENNIS TENNIS", disc_golf: "DISC_GOLF", floor_climbing: "FLOOR_CLIMBING", golf: "GOLF",
  inline_skating: "INLINE_SKATING", jump_rope: "JUMP_ROPE", mixed_martial_arts: "MIXED_MARTIAL_ARTS", diving: "DIVING",
  mountaineering: "MOUNTAINEERING", wheelchair_push_run: "WHEELCHAIR_PUSH_RUN", multisport: "MULTI_SPORT",
  wheelchair_push_walk: "WHEELCHAIR_PUSH_WALK",
});

/** Newer models name some types with `_V2`, whitewater ones with `_WS`; the personal API writes all in lower case. */
export function toSport(type: string | null | undefined, isParent: boolean | null = false): Sport {
  const name = (isParent ? "MULTI_SPORT" : (type ?? "")).toUpperCase().replace(/_V2$/, "");
  return named(name) ?? named(name.replace(/_WS$/, "")) ?? GENERIC;
}

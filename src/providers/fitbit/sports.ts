/** Google's `exerciseType` → FIT sport and sub-sport: all values of the API's schema but those that are generic. */
import { GENERIC, type Sport, sportsBy } from "../sports.ts";

// PICKELBALL is Google's spelling.
// biome-ignore format: a table
const sportOf = sportsBy({
  running: "RUNNING", "running track": "TRACK_AND_FIELD", "running trail": "ORIENTEERING TRAIL_RUN",
  "running treadmill": "INCLINE_RUN TREADMILL", wheelchair_push_walk: "WHEELCHAIR",
  walking: "NORDIC_WALKING STROLLER_WALK WALKING WALK_WITH_WEIGHTS", "walking speed_walking": "POWER_WALKING",
  "walking indoor_walking": "INCLINE_WALK TREADMILL_WALK", hiking: "BACKPACKING HIKING RUCKING",
  rock_climbing: "CLIMBING ROCK_CLIMBING", "rock_climbing indoor_climbing": "INDOOR_CLIMBING",
  cycling: "BIKING", "cycling road": "OUTDOOR_BIKE", "cycling mountain": "MOUNTAIN_BIKE", "cycling spin": "SPINNING",
  "cycling hand_cycling": "HAND_CYCLING", "cycling indoor_cycling": "STATIONARY_BIKE", e_biking: "ELECTRIC_BIKE",
  motorcycling: "MOTORCYCLE", "motorcycling motocross": "MOTOCROSS", inline_skating: "ROLLERBLADING",
  swimming: "SWIMMING SYNCHRONIZED_SWIMMING WATER_JOGGING", "swimming lap_swimming": "SWIMMING_POOL",
  "swimming open_water": "SWIMMING_OPEN_WATER", diving: "DIVING SCUBA_DIVING", snorkeling: "SNORKELING",
  canoeing: "CANOEING", kayaking: "KAYAKING", rowing: "ROWING", sailing: "SAILING", fishing: "FISHING",
  surfing: "SURFING", windsurfing: "WINDSURFING", kitesurfing: "KITESURFING", wakeboarding: "WAKEBOARDING",
  water_skiing: "WATER_SKIING", stand_up_paddleboarding: "PADDLEBOARDING",
  alpine_skiing: "SKIING", cross_country_skiing: "CROSS_COUNTRY_SKI", snowboarding: "SNOWBOARDING",
  snowmobiling: "SNOWMOBILING", snowshoeing: "SNOWSHOEING", ice_skating: "ICE_SKATING SPEED_SKATING",
  hang_gliding: "PARAGLIDING", sky_diving: "SKYDIVING", horseback_riding: "EQUESTRIAN_SPORTS", hunting: "HUNTING",
  american_football: "FOOTBALL_AMERICAN", baseball: "BASEBALL SOFTBALL", basketball: "BASKETBALL", cricket: "CRICKET",
  golf: "GOLF", hockey: "HOCKEY", "hockey field": "FIELD_HOCKEY", lacrosse: "LACROSSE", rugby: "RUGBY",
  soccer: "SOCCER", volleyball: "VOLLEYBALL VOLLEYBALL_BEACH", tennis: "TENNIS",
  racket: "RACKET_SPORTS", "racket badminton": "BADMINTON", "racket padel": "PADEL", "racket squash": "SQUASH",
  "racket pickleball": "PICKELBALL", "racket racquetball": "RACQUETBALL", "racket table_tennis": "TABLE_TENNIS",
  boxing: "BOXING KICKBOXING", mixed_martial_arts: "JIU_JITSU KARATE MARTIAL_ARTS MUAY_THAI TAEKWONDO WRESTLING",
  dance: "BALLET BALLROOM_DANCE BREAKDANCING DANCING HIP_HOP JAZZ_DANCE MODERN_DANCE TANGO ZUMBA",
  "hiit hiit": "HIIT", "hiit tabata": "TABATA_WORKOUT", jump_rope: "JUMPING_ROPE", multisport: "MULTISPORT",
  "fitness_equipment elliptical": "ELLIPTICAL", "fitness_equipment indoor_cycling": "ASSAULT_BIKE",
  "fitness_equipment indoor_rowing": "ROWING_MACHINE", "fitness_equipment stair_climbing": "STAIRCLIMBER",
  "training cardio_training": `AEROBIC_WORKOUT BOOTCAMP CARDIO_SCULPT CARDIO_WORKOUT CIRCUIT_TRAINING CROSS_TRAINING
    CROSSFIT EXERCISE_CLASS INTERVAL_WORKOUT STEP_TRAINING WATER_AEROBICS`,
  "training strength_training": `BODY_WEIGHT CALISTHENICS CORE_TRAINING FREE_WEIGHTS FUNCTIONAL_STRENGTH_TRAINING
    GYMNASTICS POWERLIFTING RESISTANCE_BANDS STRENGTH_TRAINING TRX WEIGHTLIFTING WEIGHT_MACHINES WEIGHTS`,
  "training flexibility_training": "STRETCHING TAI_CHI", "training pilates": "BARRE_CLASS PILATES",
  "training yoga": "YOGA YOGA_BIKRAM YOGA_HATHA YOGA_POWER YOGA_VINYASA", meditation: "MEDITATE",
});

/** By the type alone: `displayName` is in the person's language. */
export const toSport = (type: string): Sport => sportOf(type) ?? GENERIC;

/** Names in `sport` and `detailed_sport_info`. */
import { GENERIC, letters, type Sport, sportsBy } from "../sports.ts";

// biome-ignore format: a table
export const NAMES = {
  "alpine_skiing": "DOWNHILL_SKIING TELEMARK_SKIING", "alpine_skiing backcountry": "BACKCOUNTRY_SKIING",
  "american_football": "AMERICAN_FOOTBALL", "baseball": "BASEBALL FINNISH_BASEBALL",
  "basketball": "BASKETBALL PARASPORTS_WHEELCHAIR_BASKETBALL",
  "boxing": "BOXING FITNESS_BOXING KICKBOXING_MARTIAL_ARTS", "canoeing": "WATERSPORTS_CANOEING", "cricket": "CRICKET",
  "cross_country_skiing": "CROSS_COUNTRY_SKIING ORIENTEERING_SKI ROLLER_SKIING_CLASSIC XC_SKIING_CLASSIC",
  "cross_country_skiing skate_skiing": "ROLLER_SKIING_FREESTYLE XC_SKIING_FREESTYLE",
  "cycling": "CYCLING DUATHLON_CYCLING TRIATHLON_CYCLING", "cycling gravel_cycling": "GRAVEL",
  "cycling hand_cycling": "PARASPORTS_HAND_CYCLING", "cycling indoor_cycling": "INDOOR_CYCLING LES_MILLS_TRIP",
  "cycling mountain": "MOUNTAIN_BIKING OFFROADDUATHLON_CYCLING OFFROADTRIATHLON_CYCLING ORIENTEERING_MTB",
  "cycling road": "ROAD_BIKING", "cycling spin": "LES_MILLS_RPM LES_MILLS_SPRINT SPINNING",
  "dance": `BALLET_DANCING BALLROOM_DANCING DANCING FITNESS_DANCING JAZZ_DANCING LATIN_DANCING LES_MILLS_BODYJAM
    LES_MILLS_SHBAM MODERN_DANCING SHOW_DANCING STREET_DANCING`,
  "disc_golf": "FRISBEEGOLF", "driving": "MOTORSPORTS_CAR_RACING", "e_biking": "E_BIKE",
  "fitness_equipment elliptical": "CROSS_TRAINER", "fitness_equipment indoor_rowing": "INDOOR_ROWING",
  "fitness_equipment indoor_skiing": "SKIERG",
  "generic": `AGILITY CURLING ESPORTS HANDBALL KICKBIKE MOTORSPORTS_SNOCROSS SHOOTING_SPORT_INDOOR
    SHOOTING_SPORT_OUTDOOR SKATEBOARDING TROTTING ULTIMATE`,
  "golf": "GOLF", "hiit hiit": "HIIT LES_MILLS_GRIT_ATHLETIC LES_MILLS_GRIT_CARDIO LES_MILLS_GRIT_STRENGTH",
  "hiking": "HIKING RUCKING", "hockey": "FLOORBALL PARASPORTS_SLED_HOCKEY RINGETTE", "hockey field": "FIELD_HOCKEY",
  "hockey ice": "ICE_HOCKEY", "horseback_riding": "RIDING", "ice_skating": "ICE_SKATING SKATING",
  "inline_skating": "INLINE_SKATING ROLLER_BLADING", "jump_rope": "JUMP_ROPE", "kayaking": "WATERSPORTS_KAYAKING",
  "kitesurfing": "WATERSPORTS_KITESURFING",
  "mixed_martial_arts": "FITNESS_MARTIAL_ARTS JUDO_MARTIAL_ARTS TAEKWONDO_MARTIAL_ARTS", "mobility": "MOBILITY_DYNAMIC",
  "motorcycling": "MOTORSPORTS_ENDURO MOTORSPORTS_HARD_ENDURO MOTORSPORTS_ROADRACING",
  "motorcycling motocross": "MOTORSPORTS_MOTOCROSS",
  "multisport": "BIATHLON DUATHLON FREE_MULTISPORT OFFROADDUATHLON OFFROADTRIATHLON TRIATHLON",
  "racket badminton": "BADMINTON", "racket padel": "PADEL", "racket pickleball": "PICKLEBALL",
  "racket squash": "SQUASH", "racket table_tennis": "TABLE_TENNIS",
  "rock_climbing": "CLIMBING VERTICALSPORTS_OUTCLIMBING",
  "rock_climbing indoor_climbing": "VERTICALSPORTS_WALLCLIMBING", "rowing": "ROWING", "rugby": "RUGBY",
  "running": "DUATHLON_RUNNING JOGGING RUNNING TRIATHLON_RUNNING", "running obstacle": "OBSTACLE_COURSE_RACING",
  "running street": "ROAD_RUNNING", "running track": "TRACK_AND_FIELD_RUNNING",
  "running trail": "CROSS_COUNTRY_RUNNING OFFROADDUATHLON_RUNNING OFFROADTRIATHLON_RUNNING ORIENTEERING TRAIL_RUNNING",
  "running treadmill": "TREADMILL_RUNNING", "running ultra": "ULTRARUNNING_RUNNING", "sailing": "WATERSPORTS_SAILING",
  "snowboarding": "SNOWBOARDING", "snowshoeing": "SNOWSHOE_TREKKING", "soccer": "FUTSAL SOCCER",
  "stand_up_paddleboarding": "SUP", "surfing": "WATERSPORTS_SURFING", "swimming": "SWIMMING WATER_RUNNING",
  "swimming lap_swimming": "POOL_SWIMMING",
  "swimming open_water": "OFFROADTRIATHLON_SWIMMING OPEN_WATER_SWIMMING TRIATHLON_SWIMMING",
  "tennis": "BEACH_TENNIS PARASPORTS_WHEELCHAIR_TENNIS TENNIS",
  "training cardio_training": `AEROBICS AQUATICS BOOTCAMP CIRCUIT_TRAINING FITNESS_RACING FITNESS_STEP
    FUNCTIONAL_TRAINING GROUP_EXERCISE LES_MILLS_BODYATTACK LES_MILLS_BODYCOMBAT LES_MILLS_BODYSTEP LES_MILLS_TONE
    STAIR_WORKOUT WATER_EXERCISE`,
  "training flexibility_training": "BODY_AND_MIND LES_MILLS_BODYBALANCE MOBILITY_STATIC STRETCHING",
  "training pilates": "LES_MILLS_BARRE PILATES",
  "training strength_training": `CALISTHENICS CORE GYMNASTICK KETTLEBELL LES_MILLS_BODYPUMP LES_MILLS_CXWORKS
    STRENGTH_TRAINING`,
  "training yoga": "YOGA", "volleyball": "BEACH_VOLLEYBALL VOLLEYBALL", "wakeboarding": "WATERSPORTS_WAKEBOARDING",
  "walking": "NORDIC_WALKING WALKING", "water_skiing": "PARASPORTS_WATER_SKIING WATERSPORTS_WATERSKI",
  "wheelchair_push_run": "PARASPORTS_WHEELCHAIR", "windsurfing": "WATERSPORTS_WINDSURFING",
};
const known = sportsBy(NAMES, letters);

/**
 * The detailed name where it says something we know, else the coarse one. OTHER, OTHER_INDOOR and OTHER_OUTDOOR say nothing: since
 * June 2026 v3 says so of many sports that it once named.
 */
export const toSport = (detailed: string | null | undefined, sport: string | null | undefined): Sport =>
  known(detailed) ?? known(sport) ?? GENERIC;

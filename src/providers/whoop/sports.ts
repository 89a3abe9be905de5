/** WHOOP's sports → FIT sport and sub-sport (docs/providers/whoop.md). */
import { GENERIC, letters, type Sport, sportsBy } from "../sports.ts";

/** `sport_id` and slug of all 123 known, further slugs among them. Of what FIT has no name for the slug is enough. */
// biome-ignore format: a table
const TABLE = {
  "running": "0 running 253 stroller-jogging", "running track": "35 track-field",
  "running obstacle": "94 obstacle-course-racing", "wheelchair_push_walk": "105 wheelchair-pushing",
  "walking": "63 walking 93 caddying 252 stroller-walking 254 toddlerwearing 255 babywearing 266 dog-walking",
  "hiking": "52 hiking-rucking", "rock_climbing": "60 rock-climbing", "multisport triathlon": "62 triathlon",
  "horseback_riding": "53 horseback-riding 262 polo", "multisport duathlon": "49 duathlon", "cycling": "1 cycling",
  "cycling mountain": "57 mountain-biking", "cycling spin": "97 spin", "cycling indoor_cycling": "126 assault-bike",
  "motorcycling motocross": "92 motocross", "driving": "95 motor-racing", "flying": "76 operations-flying",
  "swimming": "33 swimming", "diving": "73 diving", "surfing": "64 surfing", "kitesurfing": "264 kite-boarding",
  "water_skiing": "267 water-skiing", "wakeboarding": "268 wakeboarding", "kayaking": "55 kayaking",
  "rowing": "18 rowing", "stand_up_paddleboarding": "61 paddleboarding", "sailing": "28 sailing",
  "alpine_skiing": "29 skiing", "cross_country_skiing": "47 cross-country-skiing", "snowboarding": "91 snowboarding",
  "ice_skating": "239 ice-skating", "inline_skating": "102 inline-skating", "tactical": "74 operations-tactical",
  "soccer": "30 soccer", "american_football": "21 football", "rugby": "27 rugby", "basketball": "17 basketball",
  "volleyball": "36 volleyball", "baseball": "16 baseball 31 softball", "cricket": "100 cricket",
  "lacrosse": "25 lacrosse", "hockey field": "20 field-hockey", "hockey ice": "24 ice-hockey",
  "generic ultimate": "82 ultimate", "golf": "22 golf", "disc_golf": "234 disc-golf", "tennis": "34 tennis",
  "racket padel": "106 paddle-tennis 249 padel", "racket pickleball": "101 pickleball", "racket squash": "32 squash",
  "racket badminton": "231 badminton", "racket table_tennis": "230 table-tennis",
  "training": "51 gymnastics 107 barre 258 barre3", "training pilates": "43 pilates",
  "training yoga": "44 yoga 259 hot-yoga", "training cardio_training": "48 functional-fitness",
  "training strength_training": "45 weightlifting 59 powerlifting 123 strength-trainer weightlifting-msk strength",
  "training flexibility_training": "128 stretching 282 foam_rolling", "jump_rope": "84 jumping-rope",
  "hiit": "96 hiit 248 f45-training 250 barrys", "dance": "42 dance", "meditation": "70 meditation",
  "fitness_equipment elliptical": "65 elliptical", "mixed_martial_arts": "56 martial-arts 98 jiu-jitsu",
  "fitness_equipment stair_climbing": "66 stairmaster 83 climber 261 stadium-steps",
  "boxing": "39 boxing 103 box-fitness 127 kickboxing",
  "generic": `activity fencing water-polo wrestling other operations-medical operations-water australian-football
    skateboarding coaching ice-bath commuting gaming manual-labor spikeball stage-performance high-stress-work
    parkour gaelic-football hurling-camogie circus-arts massage-therapy watching-sports netball sauna yard-work
    air-compression percussive-massage paintball handball dedicated-parenting musical-performance cooking cleaning
    public-speaking`,
};

const wordsOf = (which: RegExp) =>
  Object.fromEntries(Object.entries(TABLE).map(([fit, words]) => [fit, (words.match(which) ?? []).join(" ")]));
/** Slugs come with hyphens, underscores, or as display names. */
const byName = sportsBy(wordsOf(/[a-z]\S*/g), letters);
/** Spelt as it is: -1, an activity of any kind, is not 1. */
const byId = sportsBy(wordsOf(/\b\d+(?!\S)/g));

/** By name, else by number: the number is to go some day, and a name may be new. */
export const toSport = (name: string | null | undefined, id: number | null | undefined): Sport =>
  byName(name) ?? byId(String(id)) ?? GENERIC;

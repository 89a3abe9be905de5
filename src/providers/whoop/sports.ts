/** WHOOP's sports → FIT sport and sub-sport; all 123 known ones (docs/providers/whoop.md). */

type Sport = readonly [sport: string, sub_sport: string];

/** FIT names, and the `sport_id` and slug of each sport that is one. Slugs are told with hyphens, underscores, or as display names. */
// biome-ignore format: a table
const TABLE: readonly (readonly [fit: string, sports: string])[] = [
  ["generic/generic", `-1 activity, 19 fencing, 37 water-polo, 38 wrestling, 71 other, 75 operations-medical,
    77 operations-water, 85 australian-football, 86 skateboarding, 87 coaching, 88 ice-bath,
    89 commuting, 90 gaming, 99 manual-labor, 104 spikeball, 108 stage-performance,
    109 high-stress-work, 110 parkour, 111 gaelic-football, 112 hurling-camogie, 113 circus-arts,
    121 massage-therapy, 125 watching-sports, 232 netball, 233 sauna, 235 yard-work,
    236 air-compression, 237 percussive-massage, 238 paintball, 240 handball,
    251 dedicated-parenting, 263 musical-performance, 269 cooking, 270 cleaning,
    272 public-speaking`],
  ["running/generic", "0 running, 253 stroller-jogging"],
  ["cycling/generic", "1 cycling"],
  ["baseball/generic", "16 baseball, 31 softball"],
  ["basketball/generic", "17 basketball"],
  ["rowing/generic", "18 rowing"],
  ["hockey/field", "20 field-hockey"],
  ["american_football/generic", "21 football"],
  ["golf/generic", "22 golf"],
  ["hockey/ice", "24 ice-hockey"],
  ["lacrosse/generic", "25 lacrosse"],
  ["rugby/generic", "27 rugby"],
  ["sailing/generic", "28 sailing"],
  ["alpine_skiing/generic", "29 skiing"],
  ["soccer/generic", "30 soccer"],
  ["racket/squash", "32 squash"],
  ["swimming/generic", "33 swimming"],
  ["tennis/generic", "34 tennis"],
  ["running/track", "35 track-field"],
  ["volleyball/generic", "36 volleyball"],
  ["boxing/generic", "39 boxing, 103 box-fitness, 127 kickboxing"],
  ["dance/generic", "42 dance"],
  ["training/pilates", "43 pilates"],
  ["training/yoga", "44 yoga, 259 hot-yoga"],
  ["training/strength_training", "45 weightlifting, 59 powerlifting, 123 strength-trainer"],
  ["cross_country_skiing/generic", "47 cross-country-skiing"],
  ["training/cardio_training", "48 functional-fitness"],
  ["multisport/duathlon", "49 duathlon"],
  ["training/generic", "51 gymnastics, 107 barre, 258 barre3"],
  ["hiking/generic", "52 hiking-rucking"],
  ["horseback_riding/generic", "53 horseback-riding, 262 polo"],
  ["kayaking/generic", "55 kayaking"],
  ["mixed_martial_arts/generic", "56 martial-arts, 98 jiu-jitsu"],
  ["cycling/mountain", "57 mountain-biking"],
  ["rock_climbing/generic", "60 rock-climbing"],
  ["stand_up_paddleboarding/generic", "61 paddleboarding"],
  ["multisport/triathlon", "62 triathlon"],
  ["walking/generic", `63 walking, 93 caddying, 252 stroller-walking, 254 toddlerwearing, 255 babywearing,
    266 dog-walking`],
  ["surfing/generic", "64 surfing"],
  ["fitness_equipment/elliptical", "65 elliptical"],
  ["fitness_equipment/stair_climbing", "66 stairmaster, 83 climber, 261 stadium-steps"],
  ["meditation/generic", "70 meditation"],
  ["diving/generic", "73 diving"],
  ["tactical/generic", "74 operations-tactical"],
  ["flying/generic", "76 operations-flying"],
  ["generic/ultimate", "82 ultimate"],
  ["jump_rope/generic", "84 jumping-rope"],
  ["snowboarding/generic", "91 snowboarding"],
  ["motorcycling/motocross", "92 motocross"],
  ["running/obstacle", "94 obstacle-course-racing"],
  ["driving/generic", "95 motor-racing"],
  ["hiit/generic", "96 hiit, 248 f45-training, 250 barrys"],
  ["cycling/spin", "97 spin"],
  ["cricket/generic", "100 cricket"],
  ["racket/pickleball", "101 pickleball"],
  ["inline_skating/generic", "102 inline-skating"],
  ["wheelchair_push_walk/generic", "105 wheelchair-pushing"],
  ["racket/padel", "106 paddle-tennis, 249 padel"],
  ["cycling/indoor_cycling", "126 assault-bike"],
  ["training/flexibility_training", "128 stretching, 282 foam_rolling"],
  ["racket/table_tennis", "230 table-tennis"],
  ["racket/badminton", "231 badminton"],
  ["disc_golf/generic", "234 disc-golf"],
  ["ice_skating/generic", "239 ice-skating"],
  ["kitesurfing/generic", "264 kite-boarding"],
  ["water_skiing/generic", "267 water-skiing"],
  ["wakeboarding/generic", "268 wakeboarding"],
];

/** Slugs beside the one in the table. */
const ALIASES: Readonly<Record<string, number>> = { weightliftingmsk: 123, strength: 45 };

const UNKNOWN: Sport = ["generic", "generic"];

/** What is compared of a name: `hiking-rucking`, `hiking_rucking` and `Hiking/Rucking` are one. */
const letters = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, "");

const byName = new Map<string, Sport>();
const byId = new Map<number, Sport>();
for (const [fit, sports] of TABLE) {
  const [sport = "", sub_sport = ""] = fit.split("/");
  for (const one of sports.split(",")) {
    const [id = "", slug = ""] = one.trim().split(" ");
    byId.set(Number(id), [sport, sub_sport]);
    byName.set(letters(slug), [sport, sub_sport]);
  }
}
for (const [name, id] of Object.entries(ALIASES)) byName.set(name, byId.get(id)!);

/** By name, else by number: the number is to go some day, and a name may be new. */
export const toSport = (name: string | null | undefined, id: number | null | undefined): Sport =>
  byName.get(letters(name ?? "")) ?? byId.get(id ?? Number.NaN) ?? UNKNOWN;

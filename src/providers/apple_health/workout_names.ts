/** Names of workouts → FIT sports. The app translates them, by machine since iOS 26 (docs/providers/apple_health.md). */

export type Place = "indoor" | "outdoor" | "pool" | "open_water";

const PLACE_WORDS: Record<Place, string[]> = {
  indoor: ["Indoor", "Innen", "Interior", "Intérieur", "室内"],
  outdoor: ["Outdoor", "Außen", "Exterior", "Extérieur", "户外"],
  pool: ["Pool", "Schwimmbad", "Piscina", "Piscine", "泳池"],
  open_water: ["Open Water", "Freiwasser", "Aguas abiertas", "Eau libre", "开放水域"],
};

/** names, sport, sub-sport, where it takes place by itself */
type Row = [names: string, sport: string, sub_sport: string, place: "indoor" | "outdoor" | null];
// biome-ignore format: a table
const ROWS: Row[] = [
  ["Outdoor Run|Run|Running|Outdoor Ausführen|Ausführen|Laufen|Outdoor Laufen|Carrera al aire libre|Correr|Course à pied|户外跑步|户外 跑步|跑步", "running", "generic", "outdoor"],
  ["Indoor Run|Treadmill|Indoor Laufen|Carrera en interiores|室内跑步|室内 跑步", "running", "treadmill", "indoor"],
  ["Trail Run", "running", "trail", "outdoor"],
  ["Track Run", "running", "track", "outdoor"],
  ["Walking|Walk|Outdoor Walk|Gehen|Outdoor Gehen|Spaziergang|Caminar|Andar|Marche|户外步行|户外 步行|步行", "walking", "generic", "outdoor"],
  ["Indoor Walk|Indoor Gehen|室内步行|室内 步行", "walking", "indoor_walking", "indoor"],
  ["Hiking|Wandern|Senderismo|Randonnée|徒步", "hiking", "generic", null],
  ["Cycling|Outdoor Cycle|Outdoor Cycling|Outdoor Radfahren|Radfahren|Ciclismo|Vélo|户外骑行|户外 骑行|骑行|骑车", "cycling", "generic", "outdoor"],
  ["Indoor Cycle|Indoor Cycling|Indoor Radfahren|室内骑行|室内 骑行|室内单车", "cycling", "indoor_cycling", "indoor"],
  ["Hand Cycling", "cycling", "hand_cycling", null],
  ["Swimming|Schwimmen|Natación|Natation|游泳", "swimming", "generic", null],
  ["Pool Swim|Pool Swimming|Schwimmbad Schwimmen|泳池游泳|泳池 游泳", "swimming", "lap_swimming", "indoor"],
  ["Open Water Swim|Open Water Swimming|Freiwasser Schwimmen|开放水域游泳", "swimming", "open_water", "outdoor"],
  ["Traditional Strength Training|Functional Strength Training|Strength Training|Krafttraining|传统力量训练|功能性力量训练", "training", "strength_training", null],
  ["Core Training|Kernmuskeltraining|核心训练", "training", "strength_training", null],
  ["High Intensity Interval Training|HIIT|高强度间歇训练", "hiit", "generic", null],
  ["Cross Training|Mixed Cardio|Mixed Metabolic Cardio Training", "training", "cardio_training", null],
  ["Elliptical|Ellipsentrainer|椭圆机", "fitness_equipment", "elliptical", null],
  ["Rower|Rowing|Indoor Rowing|Rudern|划船", "rowing", "generic", null],
  ["Stair Climbing|Stairs|Stair Stepper|Step Training", "fitness_equipment", "stair_climbing", null],
  ["Yoga|瑜伽", "training", "yoga", null],
  ["Pilates|普拉提", "training", "pilates", null],
  ["Barre|Flexibility|Cooldown|Preparation and Recovery", "training", "flexibility_training", null],
  ["Mind & Body|Mind and Body|Meditation", "meditation", "generic", null],
  ["Tai Chi", "training", "generic", null],
  ["Dance|Cardio Dance|Social Dance|Dance Inspired Training|Tanzen", "dance", "generic", null],
  ["Jump Rope|Seilspringen|跳绳", "jump_rope", "generic", null],
  ["Boxing|Kickboxing|Boxen", "boxing", "generic", null],
  ["Martial Arts|Wrestling", "mixed_martial_arts", "generic", null],
  ["Climbing|Klettern", "rock_climbing", "generic", null],
  ["Tennis|网球", "tennis", "generic", null],
  ["Badminton|羽毛球", "racket", "badminton", null],
  ["Squash", "racket", "squash", null],
  ["Table Tennis|乒乓球", "racket", "table_tennis", null],
  ["Racquetball", "racket", "racquetball", null],
  ["Pickleball", "racket", "pickleball", null],
  ["Paddle Sports|Paddling", "paddling", "generic", null],
  ["Basketball|篮球", "basketball", "generic", null],
  ["Soccer|Football|Fußball|Fútbol|足球", "soccer", "generic", null],
  ["American Football", "american_football", "generic", null],
  ["Rugby", "rugby", "generic", null],
  ["Baseball", "baseball", "generic", null],
  ["Softball", "softball_slow_pitch", "generic", null],
  ["Volleyball", "volleyball", "generic", null],
  ["Hockey", "hockey", "generic", null],
  ["Lacrosse", "lacrosse", "generic", null],
  ["Cricket", "cricket", "generic", null],
  ["Golf|高尔夫", "golf", "generic", null],
  ["Disc Sports", "disc_golf", "generic", null],
  ["Skating Sports|Skating", "inline_skating", "generic", null],
  ["Downhill Skiing|Alpine Skiing", "alpine_skiing", "generic", "outdoor"],
  ["Cross Country Skiing", "cross_country_skiing", "generic", "outdoor"],
  ["Snowboarding", "snowboarding", "generic", "outdoor"],
  ["Snow Sports", "generic", "generic", "outdoor"],
  ["Sailing", "sailing", "generic", "outdoor"],
  ["Surfing Sports|Surfing", "surfing", "generic", "outdoor"],
  ["Water Fitness|Water Sports|Water Polo", "generic", "generic", null],
  ["Underwater Diving|Scuba Diving", "diving", "generic", "outdoor"],
  ["Equestrian Sports|Horse Riding", "horseback_riding", "generic", null],
  ["Fishing", "fishing", "generic", null],
  ["Hunting", "hunting", "generic", null],
  ["Wheelchair Walk Pace", "wheelchair_push_walk", "generic", null],
  ["Wheelchair Run Pace", "wheelchair_push_run", "generic", null],
  ["Multisport|Swim Bike Run|Triathlon", "multisport", "generic", null],
  ["Transition", "transition", "generic", null],
  ["Fitness Gaming", "video_gaming", "generic", null],
  ["Gymnastics|Handball|Fencing|Curling|Bowling|Archery|Australian Football|Play|Track and Field|Other", "generic", "generic", null],
];

/** What a place makes of a sport whose name says nothing of it. */
const SUB_SPORTS: Record<string, string> = {
  "running indoor": "treadmill",
  "walking indoor": "indoor_walking",
  "cycling indoor": "indoor_cycling",
  "swimming pool": "lap_swimming",
  "swimming open_water": "open_water",
};

const plain = (name: string): string =>
  name
    .normalize("NFC")
    .replace(/[_\s]+/g, " ")
    .trim()
    .toLowerCase();
const close = (name: string): string => name.replaceAll(" ", "");

const BY_NAME = new Map<string, Row>();
const BY_CLOSE_NAME = new Map<string, Row>();
for (const row of ROWS) {
  for (const name of row[0].split("|")) {
    BY_NAME.set(plain(name), row);
    BY_CLOSE_NAME.set(close(plain(name)), row);
  }
}
const PLACES = (Object.entries(PLACE_WORDS) as [Place, string[]][]).flatMap(([place, words]) =>
  words.map((word) => [plain(word), place] as const),
);

export interface NamedSport {
  sport: string;
  sub_sport: string;
  is_indoor: boolean | null;
}

const find = (name: string): Row | undefined => BY_NAME.get(name) ?? BY_CLOSE_NAME.get(close(name));

/** `generic`/`generic` where nobody knows the name; a place word before it is understood even then. */
export function sportNamed(name: string): NamedSport {
  const wanted = plain(name);
  const row = find(wanted);
  if (row) return { sport: row[1], sub_sport: row[2], is_indoor: row[3] === null ? null : row[3] === "indoor" };
  for (const [word, place] of PLACES) {
    // Chinese writes no space after it.
    if (!wanted.startsWith(word) || (/^[a-zß-ÿ ]+$/.test(word) && wanted[word.length] !== " ")) continue;
    const rest = find(wanted.slice(word.length).trim());
    const is_indoor = place === "indoor" || place === "pool";
    if (!rest) return { sport: "generic", sub_sport: "generic", is_indoor };
    return { sport: rest[1], sub_sport: SUB_SPORTS[`${rest[1]} ${place}`] ?? rest[2], is_indoor };
  }
  return { sport: "generic", sub_sport: "generic", is_indoor: null };
}

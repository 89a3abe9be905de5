/** COROS' pairs of mode and subMode by the FIT profile's names; null: the mode alone. docs/providers/coros.md, "Types". */

type Sport = readonly [sport: string, sub_sport: string];

// biome-ignore format: a table
const ROWS: readonly [mode: number, subMode: number | null, sport: string, sub_sport: string][] = [
  [8, 1, "running", "generic"], // outdoors
  [8, 2, "running", "treadmill"],
  [9, 1, "cycling", "road"],
  [9, 2, "cycling", "indoor_cycling"],
  [9, 3, "e_biking", "generic"],
  [9, 4, "cycling", "gravel_cycling"],
  [9, 5, "cycling", "mountain"],
  [9, 6, "e_biking", "e_bike_mountain"],
  [10, 1, "swimming", "open_water"],
  [10, 2, "swimming", "lap_swimming"],
  [13, 1, "multisport", "generic"], // triathlon
  [13, 2, "multisport", "generic"],
  [13, 3, "alpine_skiing", "backcountry"], // ski touring on old watches
  [14, 1, "mountaineering", "generic"],
  [15, 1, "running", "trail"],
  [16, 1, "hiking", "generic"],
  [18, 1, "training", "cardio_training"],
  [18, 2, "training", "cardio_training"],
  [19, 1, "cross_country_skiing", "generic"],
  [20, 1, "running", "track"],
  [21, 1, "alpine_skiing", "generic"],
  [21, 2, "snowboarding", "generic"],
  [22, 1, "flying", "generic"],
  [23, 2, "training", "strength_training"],
  [24, 1, "rowing", "generic"],
  [24, 2, "fitness_equipment", "indoor_rowing"],
  [25, 1, "kayaking", "whitewater"],
  [26, 1, "paddling", "generic"], // flatwater
  [27, 1, "windsurfing", "generic"],
  [28, 1, "windsurfing", "generic"], // speedsurfing
  [29, 1, "alpine_skiing", "backcountry"],
  [31, 1, "walking", "generic"],
  [32, null, "fishing", "generic"],
  [33, null, "rock_climbing", "generic"],
  [33, 2, "rock_climbing", "generic"], // single-pitch
  [34, 2, "jump_rope", "generic"],
  [36, null, "racket", "badminton"],
  [37, null, "racket", "table_tennis"],
  [38, null, "basketball", "generic"],
  [39, null, "soccer", "generic"],
  [40, null, "racket", "pickleball"],
  [41, null, "fitness_equipment", "elliptical"],
  [42, null, "training", "yoga"],
  [43, null, "training", "pilates"],
  [44, null, "boxing", "generic"],
  [45, null, "generic", "generic"], // frisbee
  [46, null, "generic", "generic"], // skateboard
  [47, null, "tennis", "generic"],
  [98, null, "generic", "generic"], // of the person's own making, outdoors
  [99, null, "generic", "generic"], // likewise, indoors
];
const SPORTS = new Map<string, Sport>(ROWS.map(([mode, sub, ...sport]) => [`${mode}/${sub ?? ""}`, sport]));
const UNKNOWN: Sport = ["generic", "generic"];

/** The pair, else the mode's first kind, else the mode alone. */
const known = (mode: number, subMode: number | null): Sport | undefined =>
  SPORTS.get(`${mode}/${subMode ?? ""}`) ?? SPORTS.get(`${mode}/1`) ?? SPORTS.get(`${mode}/`);

export const toSport = (mode: number, subMode: number | null): Sport => known(mode, subMode) ?? UNKNOWN;

/** Pairs that COROS calls indoor or outdoor; null: its name does not say. */
const INDOOR: Record<string, boolean> = { "8/1": false, "8/2": true, "9/1": false, "9/2": true, "24/2": true };
export const isIndoor = (mode: number, subMode: number | null): boolean | null =>
  mode === 98 ? false : mode === 99 ? true : (INDOOR[`${mode}/${subMode ?? ""}`] ?? null);

const ON_FOOT: ReadonlySet<string> = new Set(["running", "walking", "hiking", "mountaineering"]);
/** Where the watch counts the steps of both feet, two of which are a stride. */
export const isOnFoot = (sport: string): boolean => ON_FOOT.has(sport);

export const isPool = (mode: number, subMode: number | null): boolean => mode === 10 && subMode === 2;

/** COROS' pairs `mode/subMode`, or modes alone, by the FIT profile's names. docs/providers/coros.md, "Types". */
import { GENERIC, type Sport, sportsBy } from "../sports.ts";

// biome-ignore format: a table
const sportOf = sportsBy({
  running: "8/1", "running treadmill": "8/2", "running trail": "15/1", "running track": "20/1",
  "cycling road": "9/1", "cycling indoor_cycling": "9/2", "cycling gravel_cycling": "9/4", "cycling mountain": "9/5",
  e_biking: "9/3", "e_biking e_bike_mountain": "9/6",
  "swimming open_water": "10/1", "swimming lap_swimming": "10/2",
  multisport: "13/1 13/2",
  walking: "31/1", hiking: "16/1", mountaineering: "14/1", rock_climbing: "33",
  // 13/3: ski touring on old watches
  cross_country_skiing: "19/1", alpine_skiing: "21/1", "alpine_skiing backcountry": "29/1 13/3", snowboarding: "21/2",
  rowing: "24/1", "fitness_equipment indoor_rowing": "24/2", "kayaking whitewater": "25/1", paddling: "26/1",
  windsurfing: "27/1 28/1", flying: "22/1", fishing: "32",
  "training cardio_training": "18/1 18/2", "training strength_training": "23/2", "training yoga": "42",
  "training pilates": "43", "fitness_equipment elliptical": "41", jump_rope: "34/2", boxing: "44",
  "racket badminton": "36", "racket table_tennis": "37", "racket pickleball": "40", tennis: "47",
  basketball: "38", soccer: "39",
});

/** The pair, else the mode's first kind, else the mode alone. */
export const toSport = (mode: number, subMode: number | null): Sport =>
  sportOf(`${mode}/${subMode}`) ?? sportOf(`${mode}/1`) ?? sportOf(`${mode}`) ?? GENERIC;

/** What COROS calls indoor or outdoor, sports of the person's own making too; null: its name does not say. */
// biome-ignore format: a table
const INDOOR: Record<string, boolean> = {
  "8/1": false, "8/2": true, "9/1": false, "9/2": true, "24/2": true, 98: false, 99: true,
};
export const isIndoor = (mode: number, subMode: number | null): boolean | null =>
  INDOOR[`${mode}/${subMode}`] ?? INDOOR[mode] ?? null;

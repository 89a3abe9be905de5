/**
 * Conversions, exact to the last digit of the arithmetic named (docs/providers/apple_health.md, `conversions`).
 * Division where that is by a whole number: 57 cm / 100 are 0.57 m, times 0.01 they are 0.5700000000000001.
 */

type Conversion = (x: number) => number;
const same: Conversion = (x) => x;
const times =
  (factor: number): Conversion =>
  (x) =>
    x * factor;
const per =
  (divisor: number): Conversion =>
  (x) =>
    x / divisor;

export const kcalOfKj = per(4.184);
export const mOfMiles = times(1609.344);
export const mOfFeet = times(0.3048);
export const kgOfPounds = times(0.45359237);
const celsiusOfFahrenheit: Conversion = (x) => ((x - 32) * 5) / 9;

/** Spelling for spelling as apps write them. */
const CONVERSIONS = {
  kcal: { kcal: same, Cal: same, kJ: kcalOfKj, J: per(4184), cal: per(1000) },
  m: {
    m: same,
    km: times(1000),
    cm: per(100),
    mm: per(1000),
    mi: mOfMiles,
    yd: times(0.9144),
    ft: mOfFeet,
    in: times(0.0254),
  },
  "m/s": {
    "m/s": same,
    "km/hr": per(3.6),
    "km/h": per(3.6),
    kph: per(3.6),
    "mi/hr": times(0.44704),
    mph: times(0.44704),
    "ft/s": mOfFeet,
    "min/km": (x: number) => 1000 / (60 * x),
    "min/mi": (x: number) => 1609.344 / (60 * x),
  },
  s: { s: same, sec: same, min: times(60), hr: times(3600), h: times(3600) },
  kg: { kg: same, g: per(1000), lb: kgOfPounds, oz: times(0.028349523125), st: times(6.35029318) },
  degC: {
    degC: same,
    "°C": same,
    degF: celsiusOfFahrenheit,
    "°F": celsiusOfFahrenheit,
    K: (x: number) => x - 273.15,
  },
  bpm: { "count/min": same, bpm: same, "count/s": times(60) },
  brpm: { "count/min": same, "breaths/min": same },
  "mmol/L": { "mmol/L": same, "mmol<180.1558800000541>/L": same, "mg/dL": per(18.01559) },
  mmHg: { mmHg: same, kPa: times(7.500616827) },
  L: { L: same, mL: per(1000), fl_oz_us: times(0.0295735295625) },
  g: { g: same, mg: per(1000), mcg: per(1e6), oz: times(28.349523125) },
  mg: { mg: same, g: times(1000), mcg: per(1000) },
  mcg: { mcg: same, mg: times(1000), g: times(1e6) },
  "%": { "%": same },
  ms: { ms: same, s: times(1000) },
  "mL/(kg·min)": { "mL/min·kg": same, "ml/(kg*min)": same, "mL/kg/min": same, "ml/kg·min": same },
  MET: { MET: same, "kcal/hr·kg": same },
  "kg/m2": { count: same, "kg/m2": same },
} satisfies Record<string, Record<string, Conversion>>;

/** A unit that values come in several others of. */
export type Quantity = keyof typeof CONVERSIONS;
export const QUANTITIES = Object.keys(CONVERSIONS) as Quantity[];

/** The value in the quantity's unit; null where `fromUnit` is no unit of it. May be infinite: a pace of 0 min/km. */
export function convert(value: number, fromUnit: string, quantity: Quantity): number | null {
  const table: Record<string, Conversion> = CONVERSIONS[quantity];
  return Object.hasOwn(table, fromUnit) ? table[fromUnit]!(value) : null;
}

/** Oxygen saturation and body fat come as 97 or as 0.97 under the same `%`. */
export const percentOf = (value: number): number => (value > 0 && value <= 1 ? value * 100 : value);

/** Other spellings, in lower case. */
const SPELLINGS: Readonly<Record<string, string>> = {
  meters: "m",
  meter: "m",
  kilometers: "km",
  miles: "mi",
  feet: "ft",
  kilograms: "kg",
  grams: "g",
  pounds: "lb",
  lbs: "lb",
  percent: "%",
  celsius: "degC",
  c: "degC",
  fahrenheit: "degF",
  liters: "L",
  l: "L",
  milliliters: "mL",
  ml: "mL",
  "mmol/l": "mmol/L",
  "mg/dl": "mg/dL",
  mmhg: "mmHg",
  kilocalories: "kcal",
  kj: "kJ",
  seconds: "s",
  minutes: "min",
  hours: "h",
  "ml/kg/min": "mL/kg/min",
  "breaths/minute": "breaths/min",
};
/** Units of domain/metrics and what is converted into them. */
const QUANTITY_OF: Readonly<Record<string, Quantity>> = {
  kcal: "kcal",
  m: "m",
  mps: "m/s",
  s: "s",
  kg: "kg",
  g: "g",
  mg: "mg",
  ug: "mcg",
  c: "degC",
  bpm: "bpm",
  brpm: "brpm",
  mmol_l: "mmol/L",
  mmhg: "mmHg",
  l: "L",
  pct: "%",
  ms: "ms",
  ml_kg_min: "mL/(kg·min)",
  met: "MET",
  kg_m2: "kg/m2",
};

/** The value in a unit of domain/metrics, from one as people spell it; null where it is no unit of that. Any word counts steps. */
export function inMetricUnit(value: number, told: string, unit: string): number | null {
  if (unit === "count" || unit === "" || told === unit) return value;
  const lower = told.trim().toLowerCase();
  const quantity = Object.hasOwn(QUANTITY_OF, unit) ? QUANTITY_OF[unit]! : null;
  if (quantity === null) return lower === unit.toLowerCase() ? value : null;
  const known = Object.hasOwn(SPELLINGS, lower) ? SPELLINGS[lower]! : told.trim();
  return convert(value, known, quantity) ?? convert(value, lower, quantity);
}

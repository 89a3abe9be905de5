import type { Place } from "./person.ts";
import type { Dice } from "./random.ts";

/** A closed way of `POINTS` equal pieces: degrees and metres, the first point again at the end. */
export interface Route {
  lat: Float64Array;
  lng: Float64Array;
  altitude_m: Float64Array;
}

const POINTS = 1024;
const METRES_PER_DEGREE = 111_320;

/** A loop of that length and climbing that starts and ends within 300 m of a place, round a wobbly circle. */
export function loop(place: Place, length_m: number, climb_m: number, draw: Dice): Route {
  const { x, y } = equalPieces(...outline(draw), length_m);
  const turn = draw.between(0, 2 * Math.PI);
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  const [east, north] = [draw.between(-200, 200), draw.between(-200, 200)];
  const perLng = METRES_PER_DEGREE * Math.cos((place.lat * Math.PI) / 180);
  const lat = new Float64Array(POINTS + 1);
  const lng = new Float64Array(POINTS + 1);
  for (let i = 0; i <= POINTS; i++) {
    const [dx, dy] = [x[i]! - x[0]!, y[i]! - y[0]!];
    lng[i] = place.lng + (east + dx * cos - dy * sin) / perLng;
    lat[i] = place.lat + (north + dx * sin + dy * cos) / METRES_PER_DEGREE;
  }
  return { lat, lng, altitude_m: hills(place.altitude_m, length_m, climb_m, draw) };
}

/** Position and altitude after `share` loops (1.5: half-way round the second time), written into `out`. */
export function along(route: Route, share: number, out: { lat: number; lng: number; altitude_m: number }): void {
  const at = (share - Math.floor(share)) * POINTS;
  const i = Math.floor(at);
  const rest = at - i;
  out.lat = route.lat[i]! + (route.lat[i + 1]! - route.lat[i]!) * rest;
  out.lng = route.lng[i]! + (route.lng[i + 1]! - route.lng[i]!) * rest;
  out.altitude_m = route.altitude_m[i]! + (route.altitude_m[i + 1]! - route.altitude_m[i]!) * rest;
}

/** Corners of a circle whose radius wobbles. */
function outline(draw: Dice): [Float64Array, Float64Array] {
  const waves = [2, 3, 4, 5, 7, 11].map((k) => ({ k, size: draw.between(0.1, 0.45) / k, phase: draw() * 7 }));
  const x = new Float64Array(2 * POINTS + 1);
  const y = new Float64Array(2 * POINTS + 1);
  for (let i = 0; i <= 2 * POINTS; i++) {
    const angle = (Math.PI * (i % (2 * POINTS))) / POINTS;
    let radius = 1;
    for (const { k, size, phase } of waves) radius += size * Math.cos(k * angle + phase);
    x[i] = radius * Math.cos(angle);
    y[i] = radius * Math.sin(angle);
  }
  return [x, y];
}

/** The outline scaled to its length and cut anew, so that equal steps are equal distances. */
function equalPieces(x: Float64Array, y: Float64Array, length_m: number): { x: Float64Array; y: Float64Array } {
  const walked = new Float64Array(x.length);
  for (let i = 1; i < x.length; i++) walked[i] = walked[i - 1]! + Math.hypot(x[i]! - x[i - 1]!, y[i]! - y[i - 1]!);
  const total = walked[x.length - 1]!;
  const cut = { x: new Float64Array(POINTS + 1), y: new Float64Array(POINTS + 1) };
  let j = 0;
  for (let i = 0; i <= POINTS; i++) {
    const goal = (total * i) / POINTS;
    while (j < x.length - 2 && walked[j + 1]! < goal) j++;
    const rest = (goal - walked[j]!) / (walked[j + 1]! - walked[j]!);
    cut.x[i] = ((x[j]! + (x[j + 1]! - x[j]!) * rest) * length_m) / total;
    cut.y[i] = ((y[j]! + (y[j + 1]! - y[j]!) * rest) * length_m) / total;
  }
  return cut;
}

/** Altitudes that climb that much in one round and come back to where they began. */
function hills(base_m: number, length_m: number, climb_m: number, draw: Dice): Float64Array {
  const count = Math.max(3, Math.min(22, Math.round(length_m / 2500)));
  const waves = Array.from({ length: count }, (_, i) => ({
    k: i + 1,
    size: draw.between(0.4, 1) / (i + 1) ** 0.8,
    phase: draw.between(0, 2 * Math.PI),
  }));
  const height = new Float64Array(POINTS + 1);
  for (let i = 0; i <= POINTS; i++) {
    for (const { k, size, phase } of waves) height[i]! += size * Math.sin((2 * Math.PI * k * i) / POINTS + phase);
  }
  let up = 0;
  for (let i = 1; i <= POINTS; i++) up += Math.max(0, height[i]! - height[i - 1]!);
  const foot = height[0]!;
  return height.map((value) => base_m + ((value - foot) * climb_m) / up);
}

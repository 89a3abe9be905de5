/** Google's encoded polyline, precision 5 (developers.google.com/maps/documentation/utilities/polylinealgorithm). */

/** Degrees, latitude and longitude of one length. */
export function encodePolyline(lat: readonly number[], lng: readonly number[]): string {
  let text = "";
  let lastLat = 0;
  let lastLng = 0;
  for (let i = 0; i < lat.length; i++) {
    const y = Math.round(lat[i]! * 1e5);
    const x = Math.round(lng[i]! * 1e5);
    text += signed(y - lastLat) + signed(x - lastLng);
    lastLat = y;
    lastLng = x;
  }
  return text;
}

/** A line on a map needs no point a second. */
const LINE_POINTS = 500;

/** The line of a track; null where it has fewer than two places. */
export function lineOf(lat: readonly (number | null)[] = [], lng: readonly (number | null)[] = []): string | null {
  const places = lat.flatMap((y, i) => {
    const x = lng[i] ?? null;
    return y === null || x === null ? [] : [[y, x] as const];
  });
  if (places.length < 2) return null;
  const step = Math.ceil(places.length / LINE_POINTS);
  const kept = places.filter((_, i) => i % step === 0 || i === places.length - 1);
  return encodePolyline(
    kept.map(([y]) => y),
    kept.map(([, x]) => x),
  );
}

function signed(delta: number): string {
  let left = delta < 0 ? ~(delta << 1) : delta << 1;
  let text = "";
  while (left >= 0x20) {
    text += String.fromCharCode((0x20 | (left & 0x1f)) + 63);
    left >>= 5;
  }
  return text + String.fromCharCode(left + 63);
}

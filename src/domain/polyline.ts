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

function signed(delta: number): string {
  let left = delta < 0 ? ~(delta << 1) : delta << 1;
  let text = "";
  while (left >= 0x20) {
    text += String.fromCharCode((0x20 | (left & 0x1f)) + 63);
    left >>= 5;
  }
  return text + String.fromCharCode(left + 63);
}

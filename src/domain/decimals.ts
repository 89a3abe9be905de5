/** Numbers as the short decimals they were written as: exact where binary fractions would drift. */

/** Digits after the point that are still held as whole numbers, unless a caller allows one more. */
const MAX_PLACES = 6;
const POWERS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7];
/** Beyond it the difference of two scaled values, zig-zagged, would no longer be a whole double. */
const LARGEST = 2 ** 50;

/** The whole k with k·10⁻ⁿ the very same double, or NaN. -0 is not: a whole number has no sign of zero. */
function scaled(value: number, power: number): number {
  const k = Math.round(value * power);
  return k / power === value && k <= LARGEST && k >= -LARGEST && (k !== 0 || Object.is(value, 0)) ? k : Number.NaN;
}

/** As `scaled(value, 1)` has it, without the arithmetic: most values are whole. */
const isWhole = (value: number): boolean =>
  Number.isInteger(value) && value <= LARGEST && value >= -LARGEST && (value !== 0 || Object.is(value, 0));

/** The fewest places n that hold every value as k·10⁻ⁿ exactly; -1 if there are none. */
export function placesOf(values: ArrayLike<number>, most = MAX_PLACES): number {
  let places = 0;
  let first = 0;
  while (first < values.length && isWhole(values[first]!)) first++;
  if (first === values.length) return 0;
  for (let i = first; i < values.length; i++) {
    const value = values[i]!;
    while (Number.isNaN(scaled(value, POWERS[places]!))) if (++places > most) return -1;
  }
  // A large value fits few places and a fine one needs many: together they may fit none.
  const power = POWERS[places]!;
  for (let i = 0; i < values.length; i++) if (Number.isNaN(scaled(values[i]!, power))) return -1;
  return places;
}

export const toWhole = (value: number, places: number): number => Math.round(value * POWERS[places]!);
export const fromWhole = (whole: number, places: number): number => whole / POWERS[places]!;

/**
 * The sum of the values: exact where all are short decimals (0.1 + 0.2 is 0.3, in any order), else compensated in the order given.
 */
export function sum(values: ArrayLike<number>): number {
  let plain = 0;
  let n = 0;
  for (; n < values.length && isWhole(values[n]!) && Math.abs(plain) <= LARGEST; n++) plain += values[n]!;
  if (n === values.length && Math.abs(plain) <= LARGEST) return plain;
  const places = placesOf(values);
  if (places >= 0) {
    let whole = 0;
    let i = 0;
    for (; i < values.length && Math.abs(whole) <= LARGEST; i++) whole += toWhole(values[i]!, places);
    if (i === values.length && Math.abs(whole) <= LARGEST) return fromWhole(whole, places);
  }
  let total = 0;
  let lost = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const next = total + value;
    lost += Math.abs(total) >= Math.abs(value) ? total - next + value : value - next + total;
    total = next;
  }
  return total + lost;
}

const SPLIT = 2 ** 27 + 1;

/**
 * The double nearest to (head·10⁸ + tail) / tens, for whole head < 10⁹, tail < 10⁸ and a power of ten up to 10²²: what 16 and 17 digits
 * mean, at a tenth of what `Number(text)` takes. By a quotient, its exact remainder (Dekker 1971) and what that makes of it; NaN
 * where the true value is too near the middle of two doubles to be sure.
 */
export function nearestQuotient(head: number, tail: number, tens: number): number {
  const whole = head * 1e8; // exact: head·5⁸ has less than 53 bits
  const high = whole + tail;
  const low = tail - (high - whole);
  const quotient = high / tens;
  const product = quotient * tens;
  const qHigh = SPLIT * quotient - (SPLIT * quotient - quotient);
  const qLow = quotient - qHigh;
  const tHigh = SPLIT * tens - (SPLIT * tens - tens);
  const tLow = tens - tHigh;
  const lost = qLow * tLow - (product - qHigh * tHigh - qLow * tHigh - qHigh * tLow);
  const rest = (high - product - lost + low) / tens;
  const doubt = Math.abs(rest) * 2 ** -48;
  const value = quotient + (rest - doubt);
  return value === quotient + (rest + doubt) ? value : Number.NaN;
}

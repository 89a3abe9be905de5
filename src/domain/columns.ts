/** Columns of numbers as bytes: what the codecs of samples and tracks share. Lossless; small before and after deflate. */
import { fromWhole, placesOf, toWhole } from "./decimals.ts";

/** Grows as it is written. */
export class Writer {
  #bytes = new Uint8Array(1024);
  #length = 0;

  #room(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#length++] = value;
  }

  bytes(values: Uint8Array): void {
    this.#room(values.length);
    this.#bytes.set(values, this.#length);
    this.#length += values.length;
  }

  /** A whole number from 0 to 2^53 - 1, seven bits a byte. */
  varint(value: number): void {
    this.#room(8);
    let rest = value;
    while (rest >= 0x80000000) {
      this.#bytes[this.#length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#length++] = rest;
  }

  /** A whole number of either sign, up to 2^52. */
  zigzag(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  text(value: string): void {
    const bytes = new TextEncoder().encode(value);
    this.varint(bytes.length);
    this.bytes(bytes);
  }

  done(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}

/** Reads what a Writer wrote; throws RangeError where bytes are missing. */
export class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  byte(): number {
    if (this.#at >= this.#bytes.length) throw new RangeError("packed data is cut off");
    return this.#bytes[this.#at++]!;
  }

  bytes(count: number): Uint8Array {
    if (this.#at + count > this.#bytes.length) throw new RangeError("packed data is cut off");
    return this.#bytes.subarray(this.#at, (this.#at += count));
  }

  varint(): number {
    let value = this.byte();
    if (value < 0x80) return value;
    value &= 0x7f;
    let scale = 128;
    for (;;) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
  }

  zigzag(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  text(): string {
    return new TextDecoder().decode(this.bytes(this.varint()));
  }
}

const FLOAT64 = 255;
/** Of a difference: it stands apart. */
const ESCAPE = 15;

/**
 * Values as zig-zagged differences of scaled whole numbers where they are short decimals, else as float64, byte planes apart. Most
 * differences are small: two share a byte, half of what there is to deflate.
 */
export function writeValues(writer: Writer, values: ArrayLike<number>, mostPlaces?: number): void {
  const places = placesOf(values, mostPlaces);
  if (places < 0) {
    writer.byte(FLOAT64);
    const length = values.length;
    const planes = new Uint8Array(8 * length);
    const plain = new DataView(new ArrayBuffer(8));
    // Neighbours share sign, exponent and first digits: side by side they deflate.
    for (let i = 0; i < length; i++) {
      plain.setFloat64(0, values[i]!);
      for (let b = 0; b < 8; b++) planes[b * length + i] = plain.getUint8(b);
    }
    writer.bytes(planes);
    return;
  }
  writer.byte(places);
  const halves = new Uint8Array((values.length + 1) >> 1);
  const large: number[] = [];
  let last = 0;
  for (let i = 0; i < values.length; i++) {
    const whole = toWhole(values[i]!, places);
    const step = whole - last;
    last = whole;
    let code = step < 0 ? -2 * step - 1 : 2 * step;
    if (code >= ESCAPE) {
      large.push(code - ESCAPE);
      code = ESCAPE;
    }
    halves[i >> 1]! |= i & 1 ? code << 4 : code;
  }
  writer.bytes(halves);
  for (const code of large) writer.varint(code);
}

export function readValues(reader: Reader, count: number): Float64Array {
  const places = reader.byte();
  const values = new Float64Array(count);
  if (places === FLOAT64) {
    const planes = reader.bytes(8 * count);
    const plain = new DataView(new ArrayBuffer(8));
    for (let i = 0; i < count; i++) {
      for (let b = 0; b < 8; b++) plain.setUint8(b, planes[b * count + i]!);
      values[i] = plain.getFloat64(0);
    }
    return values;
  }
  const halves = reader.bytes((count + 1) >> 1);
  let last = 0;
  for (let i = 0; i < count; i++) {
    let code = i & 1 ? halves[i >> 1]! >> 4 : halves[i >> 1]! & 15;
    if (code === ESCAPE) code += reader.varint();
    last += code % 2 === 0 ? code / 2 : -(code + 1) / 2;
    values[i] = fromWhole(last, places);
  }
  return values;
}

/**
 * Whole ascending times: the first, then steps in their greatest common unit as differences from the commonest step. An even
 * rhythm is a run of zeros, which is told by its length.
 */
export function writeTimes(writer: Writer, times: ArrayLike<number>): void {
  if (times.length === 0) return;
  writer.zigzag(times[0]!);
  if (times.length === 1) return;
  let unit = 0;
  for (let i = 1; i < times.length; i++) {
    let step = times[i]! - times[i - 1]!;
    if (unit === 1) break;
    if (step === unit) continue;
    while (step !== 0) [unit, step] = [step, unit % step];
  }
  unit ||= 1;
  const common = commonestStep(times) / unit;
  writer.varint(unit);
  writer.varint(common);
  for (let i = 1; i < times.length; ) {
    const late = (times[i]! - times[i - 1]!) / unit - common;
    writer.zigzag(late);
    let next = i + 1;
    if (late === 0) {
      while (next < times.length && times[next]! - times[next - 1]! === common * unit) next++;
      writer.varint(next - i);
    }
    i = next;
  }
}

/** Of equally common ones the first that was so often. */
function commonestStep(times: ArrayLike<number>): number {
  const counts = new Map<number, number>();
  let common = 0;
  let most = 0;
  for (let from = 1; from < times.length; ) {
    // Most steps are as the one before: a run is counted at once.
    const step = times[from]! - times[from - 1]!;
    let to = from + 1;
    while (to < times.length && times[to]! - times[to - 1]! === step) to++;
    const count = (counts.get(step) ?? 0) + to - from;
    counts.set(step, count);
    if (count > most) {
      common = step;
      most = count;
    }
    from = to;
  }
  return common;
}

export function readTimes(reader: Reader, count: number): Float64Array {
  const times = new Float64Array(count);
  if (count === 0) return times;
  let time = (times[0] = reader.zigzag());
  if (count === 1) return times;
  const unit = reader.varint();
  const common = reader.varint();
  for (let i = 1; i < count; ) {
    const late = reader.zigzag();
    const run = late === 0 ? reader.varint() : 1;
    if (run === 0 || i + run > count) throw new RangeError("packed data is damaged");
    for (const end = i + run; i < end; i++) times[i] = time += (late + common) * unit;
  }
  return times;
}

/** Runs of equal values; `write` puts the value of a run. */
export function writeRuns(writer: Writer, values: ArrayLike<number>, write: (value: number) => void): void {
  let start = 0;
  while (start < values.length) {
    let end = start + 1;
    while (end < values.length && Object.is(values[end], values[start])) end++;
    writer.varint(end - start);
    write(values[start]!);
    start = end;
  }
}

export function readRuns(reader: Reader, count: number, read: () => number): Float64Array {
  const values = new Float64Array(count);
  let at = 0;
  while (at < count) {
    const end = at + reader.varint();
    if (end === at || end > count) throw new RangeError("packed data is damaged");
    values.fill(read(), at, end);
    at = end;
  }
  return values;
}

const PLAIN = 0x10;
const DEFLATED = 0x11;

/** A compression stream that is not worth its set-up below this many bytes. */
const WORTH_DEFLATING = 64;

async function through(bytes: Uint8Array, stream: CompressionStream | DecompressionStream): Promise<Uint8Array> {
  const writer = stream.writable.getWriter();
  const written = writer.write(bytes).then(() => writer.close());
  const [read] = await Promise.all([new Response(stream.readable).arrayBuffer(), written]);
  return new Uint8Array(read);
}

/** The version byte (high half the version, low half whether deflated) and the body. */
export async function seal(body: Uint8Array): Promise<Uint8Array> {
  const deflated = body.length < WORTH_DEFLATING ? body : await through(body, new CompressionStream("deflate-raw"));
  const smaller = deflated.length < body.length;
  const sealed = new Uint8Array(1 + Math.min(deflated.length, body.length));
  sealed[0] = smaller ? DEFLATED : PLAIN;
  sealed.set(smaller ? deflated : body, 1);
  return sealed;
}

/** The body that `seal` was given. */
export async function unseal(data: Uint8Array): Promise<Uint8Array> {
  if (data[0] === PLAIN) return data.subarray(1);
  if (data[0] === DEFLATED) return through(data.subarray(1), new DecompressionStream("deflate-raw"));
  throw new RangeError(`packed data of unknown version ${data[0]}`);
}

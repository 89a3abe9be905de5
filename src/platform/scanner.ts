/**
 * A byte stream → JSON values, bounded. The whole of a body is checked to be JSON (RFC 8259), also what is skipped, yet only the
 * value being delivered is ever held: a listener says at each container whether to descend, to have its elements one by one,
 * to have it whole, or to skip it.
 *
 * What is wrong with the JSON ends the scan with its byte offset. What is wrong with one delivered value – too large, too deep,
 * not UTF-8, a lone surrogate – refuses that value and its neighbours live on.
 */

import { hexDigit, isUtf8, surrogatesPaired } from "./utf8.ts";

export interface Listener {
  /**
   * What to do with the container at a path: `descend` (its scalars are delivered), `elements` – an array whose elements are
   * delivered whole –, `value` – deliver it whole –, or `skip`. The path is reused: copy what is to be kept.
   */
  treat(path: readonly (string | number)[], type: "object" | "array"): "descend" | "elements" | "value" | "skip";
  /**
   * Offered the bytes from an object among `elements` on, before they are scanned: where the last of those elements ends that were
   * read whole right here, `glanced` in number; -1 where the first is of no common shape, not well-formed or not all here – then it
   * is scanned and delivered, and nothing may have changed.
   */
  glance?(path: readonly (string | number)[], bytes: Uint8Array, from: number, to: number): number;
  /** How many elements the last `glance` has read; left out: one. */
  readonly glanced?: number;
  /** A delivered value is `bytes[from, to)`, well-formed JSON in UTF-8, valid only during the call. */
  value(path: readonly (string | number)[], bytes: Uint8Array, from: number, to: number): void;
  /** A container that was descended into, or whose elements were delivered, has ended. */
  leave(path: readonly (string | number)[]): void;
  /** Where another object follows the one that has ended (NDJSON): it begins here. Without this it is a fault. */
  next?(): void;
  /** A value that may not be delivered. */
  refuse(path: readonly (string | number)[], reason: string): void;
}

export interface ScanLimits {
  /** Bytes of one delivered value. */
  element_bytes: number;
  /** Levels of nesting within one delivered value. */
  element_depth: number;
}
export const SCAN_LIMITS: ScanLimits = { element_bytes: 16 * 1024 * 1024, element_depth: 64 };

/** `offset`: of the first byte that cannot be, or the length where the body was cut off. */
export interface ScanFault {
  offset: number;
  reason: string;
}

export interface Scanner {
  /** The first fault, which stays; null while all is well. */
  push(chunk: Uint8Array): ScanFault | null;
  end(): ScanFault | null;
}

/** Levels that may be descended into. */
const STRUCTURE_DEPTH = 64;
/** A key of the structure longer than this is none that anybody asks for. */
const KEY_BYTES = 4096;
const BOM = [0xef, 0xbb, 0xbf];
const WORDS: Record<number, string> = { 116: "true", 102: "false", 110: "null" };

// What may come next.
const START = 0;
const VALUE = 1;
const FIRST_VALUE = 2;
const KEY = 3;
const FIRST_KEY = 4;
const COLON = 5;
const AFTER = 6;
const DONE = 7;
// Inside a token.
const STRING = 8;
const NUMBER = 9;
const WORD = 10;

// Inside a number.
const MINUS = 0;
const ZERO = 1;
const INTEGER = 2;
const POINT = 3;
const FRACTION = 4;
const E = 5;
const E_SIGN = 6;
const EXPONENT = 7;
const ends = (part: number) => part === ZERO || part === INTEGER || part === FRACTION || part === EXPONENT;

// What becomes of the value being scanned: it is structure, held for delivery, to be refused, or skipped.
const STRUCTURE = 0;
const HOLD = 1;
const REFUSE = 2;
const SKIP = 3;

export function createScanner(listener: Listener, limits: ScanLimits = SCAN_LIMITS): Scanner {
  let base = 0;
  let state = START;
  let fault: ScanFault | null = null;

  let depth = 0;
  /** A bit a level: 1 for an object. Any depth is checked, a hundred million brackets are 12 MB. */
  let kinds = new Uint8Array(64);

  const path: (string | number)[] = [];
  const indexes: number[] = [];
  const asElements: boolean[] = [];

  let mode = STRUCTURE;
  let heldAt = 0;
  let heldFrom = 0;
  let refusal = "";
  let high = 0;
  let surrogates = false;

  let isKey = false;
  let escaped = 0;
  let code = 0;
  let part = MINUS;
  let word = "";
  let wordAt = 0;

  /** What came in earlier chunks of the value held, or of the structure's key. */
  let carry = new Uint8Array(1024);
  let carried = 0;

  const isObject = (level: number) => ((kinds[level >> 3]! >> (level & 7)) & 1) === 1;

  function open(object: boolean): void {
    if (depth >> 3 >= kinds.length) {
      const larger = new Uint8Array(kinds.length * 2);
      larger.set(kinds);
      kinds = larger;
    }
    if (object) kinds[depth >> 3]! |= 1 << (depth & 7);
    else kinds[depth >> 3]! &= ~(1 << (depth & 7));
    depth++;
    if (mode === HOLD && depth - heldAt > limits.element_depth) {
      giveUp(`nested deeper than ${limits.element_depth} levels`);
    }
  }

  function giveUp(reason: string): void {
    mode = REFUSE;
    refusal = reason;
    carried = 0;
  }

  function keep(bytes: Uint8Array, from: number, to: number): void {
    const size = to - from;
    if (carried + size > carry.length) {
      const larger = new Uint8Array(Math.max(carry.length * 2, carried + size));
      larger.set(carry.subarray(0, carried));
      carry = larger;
    }
    carry.set(bytes.subarray(from, to), carried);
    carried += size;
  }

  function begin(at: number, as: number): void {
    mode = as;
    heldAt = depth;
    heldFrom = at;
    carried = 0;
    high = 0;
    surrogates = false;
  }

  function deliver(bytes: Uint8Array, to: number): void {
    const was = mode;
    mode = STRUCTURE;
    if (was === SKIP) return;
    if (was === HOLD && carried + to - heldFrom > limits.element_bytes) {
      refusal = `larger than ${limits.element_bytes} bytes`;
    } else if (was === HOLD) {
      let from = heldFrom;
      let until = to;
      let all = bytes;
      if (carried > 0) {
        keep(bytes, heldFrom, to);
        all = carry;
        from = 0;
        until = carried;
      }
      carried = 0;
      if (high & 0x80 && !isUtf8(all, from, until)) refusal = "not UTF-8";
      else if (surrogates && !surrogatesPaired(all, from, until)) refusal = "a lone surrogate";
      else {
        listener.value(path, all, from, until);
        // A large value's buffer is not kept for the small ones after it.
        if (carry.length > 1 << 20) carry = new Uint8Array(1024);
        return;
      }
    }
    carried = 0;
    listener.refuse(path, refusal);
  }

  /** A value has ended just before `at`. */
  function ended(bytes: Uint8Array, at: number): void {
    if (mode !== STRUCTURE && depth === heldAt) deliver(bytes, at);
    state = depth === 0 ? DONE : AFTER;
  }

  /** A container has ended with the byte before `at`. */
  function close(bytes: Uint8Array, at: number): void {
    depth--;
    if (mode === STRUCTURE) {
      path.pop();
      indexes.pop();
      asElements.pop();
      listener.leave(path);
    }
    ended(bytes, at);
  }

  function keyEnded(bytes: Uint8Array, to: number): void {
    state = COLON;
    if (mode !== STRUCTURE) return;
    let from = heldFrom;
    let until = to;
    let all = bytes;
    if (carried > 0) {
      keep(bytes, heldFrom, to);
      all = carry;
      from = 0;
      until = carried;
    }
    carried = 0;
    path[path.length - 1] =
      until - from > KEY_BYTES ? "(a long key)" : JSON.parse(`"${text.decode(all.subarray(from, until))}"`);
  }

  function fail(at: number, reason: string): ScanFault {
    fault = { offset: base + at, reason };
    return fault;
  }

  function push(bytes: Uint8Array): ScanFault | null {
    if (fault) return fault;
    const length = bytes.length;
    let i = 0;
    heldFrom = 0;
    while (i < length) {
      let c = bytes[i]!;
      switch (state) {
        case START:
          if (c === BOM[carried]) {
            i++;
            if (++carried === 3) {
              carried = 0;
              state = VALUE;
            }
            break;
          }
          if (carried > 0) return fail(i, "unexpected byte");
          state = VALUE;
          break;

        case FIRST_VALUE:
        case VALUE: {
          while (c === 32 || c === 10 || c === 13 || c === 9) c = bytes[++i]!;
          if (i >= length) break;
          if (c === 93 && state === FIRST_VALUE) {
            close(bytes, ++i);
            break;
          }
          if (mode === STRUCTURE) {
            const level = indexes.length - 1;
            if (level >= 0 && !isObject(depth - 1)) path[level] = indexes[level]!++;
            if (level >= 0 && asElements[level]) {
              if (c === 123 && listener.glance) {
                const to = listener.glance(path, bytes, i, length);
                if (to > 0) {
                  indexes[level]! += (listener.glanced ?? 1) - 1;
                  i = to;
                  state = AFTER;
                  break;
                }
              }
              begin(i, HOLD);
            } else if (c === 123 || c === 91) {
              const treatment = listener.treat(path, c === 123 ? "object" : "array");
              if (treatment === "skip") begin(i, SKIP);
              else if (treatment === "value") begin(i, HOLD);
              else {
                if (depth >= STRUCTURE_DEPTH) return fail(i, `nested deeper than ${STRUCTURE_DEPTH} levels`);
                open(c === 123);
                path.push(c === 123 ? "" : 0);
                indexes.push(0);
                asElements.push(treatment === "elements" && c === 91);
                state = c === 123 ? FIRST_KEY : FIRST_VALUE;
                i++;
                break;
              }
            } else begin(i, HOLD);
          }
          if (c === 34) {
            isKey = false;
            escaped = 0;
            state = STRING;
          } else if (c === 123) {
            open(true);
            state = FIRST_KEY;
          } else if (c === 91) {
            open(false);
            state = FIRST_VALUE;
          } else if (c === 45 || (c >= 48 && c <= 57)) {
            part = c === 45 ? MINUS : c === 48 ? ZERO : INTEGER;
            state = NUMBER;
          } else if (WORDS[c] !== undefined) {
            word = WORDS[c]!;
            wordAt = 1;
            state = WORD;
          } else return fail(i, "a value was expected");
          i++;
          break;
        }

        case FIRST_KEY:
        case KEY:
          while (c === 32 || c === 10 || c === 13 || c === 9) c = bytes[++i]!;
          if (i >= length) break;
          if (c === 34) {
            i++;
            isKey = true;
            escaped = 0;
            state = STRING;
            if (mode === STRUCTURE) {
              heldFrom = i;
              carried = 0;
            }
          } else if (c === 125 && state === FIRST_KEY) close(bytes, ++i);
          else return fail(i, "a key was expected");
          break;

        case COLON:
          while (c === 32 || c === 10 || c === 13 || c === 9) c = bytes[++i]!;
          if (i >= length) break;
          if (c !== 58) return fail(i, "a colon was expected");
          i++;
          state = VALUE;
          break;

        case AFTER: {
          while (c === 32 || c === 10 || c === 13 || c === 9) c = bytes[++i]!;
          if (i >= length) break;
          const object = isObject(depth - 1);
          if (c === 44) {
            i++;
            state = object ? KEY : VALUE;
          } else if (c === (object ? 125 : 93)) close(bytes, ++i);
          else return fail(i, object ? "a comma or } was expected" : "a comma or ] was expected");
          break;
        }

        case STRING: {
          if (escaped > 0) {
            if (escaped === 1) {
              if (c === 117) {
                escaped = 5;
                code = 0;
              } else if (
                c === 34 ||
                c === 92 ||
                c === 47 ||
                c === 98 ||
                c === 102 ||
                c === 110 ||
                c === 114 ||
                c === 116
              ) {
                escaped = 0;
              } else return fail(i, "an unknown escape");
            } else {
              const digit = hexDigit(c);
              if (digit < 0) return fail(i, "an unknown escape");
              code = code * 16 + digit;
              if (--escaped === 1) {
                escaped = 0;
                if (code >= 0xd800 && code <= 0xdfff) surrogates = true;
              }
            }
            i++;
            break;
          }
          let seen = 0;
          while (i < length) {
            c = bytes[i]!;
            if (c === 34 || c === 92 || c < 32) break;
            seen |= c;
            i++;
          }
          high |= seen;
          if (i >= length) break;
          if (c === 34) {
            i++;
            if (isKey) keyEnded(bytes, i - 1);
            else ended(bytes, i);
          } else if (c === 92) {
            i++;
            escaped = 1;
          } else return fail(i, "a control character in a string");
          break;
        }

        case NUMBER: {
          const digit = c >= 48 && c <= 57;
          if (digit) {
            if (part === ZERO) return fail(i, "a number with a leading zero");
            part =
              part === MINUS
                ? c === 48
                  ? ZERO
                  : INTEGER
                : part === POINT
                  ? FRACTION
                  : part === E || part === E_SIGN
                    ? EXPONENT
                    : part;
            i++;
            while (i < length && (c = bytes[i]!) >= 48 && c <= 57 && part !== ZERO) i++;
          } else if (c === 46 && (part === ZERO || part === INTEGER)) {
            part = POINT;
            i++;
          } else if ((c === 101 || c === 69) && (part === ZERO || part === INTEGER || part === FRACTION)) {
            part = E;
            i++;
          } else if ((c === 43 || c === 45) && part === E) {
            part = E_SIGN;
            i++;
          } else if (ends(part)) ended(bytes, i);
          else return fail(i, "a digit was expected");
          break;
        }

        case WORD:
          if (c !== word.charCodeAt(wordAt)) return fail(i, "a value was expected");
          i++;
          if (++wordAt === word.length) ended(bytes, i);
          break;

        default: // DONE
          while (c === 32 || c === 10 || c === 13 || c === 9) c = bytes[++i]!;
          if (i >= length) break;
          if (c !== 123 || !listener.next) return fail(i, "something after the end");
          listener.next();
          state = VALUE;
      }
    }
    if (mode === HOLD) {
      if (carried + length - heldFrom > limits.element_bytes) giveUp(`larger than ${limits.element_bytes} bytes`);
      else keep(bytes, heldFrom, length);
    } else if (mode === STRUCTURE && isKey && state === STRING && carried <= KEY_BYTES) {
      keep(bytes, heldFrom, Math.min(length, heldFrom + KEY_BYTES + 1));
    }
    base += length;
    return null;
  }

  function end(): ScanFault | null {
    if (fault) return fault;
    if (state === NUMBER && depth === 0 && ends(part)) {
      heldFrom = 0;
      ended(new Uint8Array(0), 0);
    }
    return state === DONE ? null : fail(0, "cut off");
  }

  return { push, end };
}

const text = new TextDecoder();

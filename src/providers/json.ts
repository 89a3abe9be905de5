/** Elements of a body are anybody's JSON: read key by key, trusting nothing. */

export type Entry = Record<string, unknown>;

export const isEntry = (value: unknown): value is Entry =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const decoder = new TextDecoder();
/** The bytes of a value that the scanner has found to be JSON and UTF-8. */
export const parse = (bytes: Uint8Array, from: number, to: number): unknown =>
  JSON.parse(decoder.decode(bytes.subarray(from, to)));

/** Own and not null; a key that is not there or null is absent. */
export function given(entry: Entry, ...keys: string[]): unknown {
  for (const key of keys) {
    const value = Object.hasOwn(entry, key) ? entry[key] : undefined;
    if (value !== undefined && value !== null) return value;
  }
  return undefined;
}

export const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

export function textOf(entry: Entry, ...keys: string[]): string | null {
  const value = given(entry, ...keys);
  return typeof value === "string" && value !== "" ? value : null;
}

/** An id as it is told; a number is its digits. */
export function idOf(entry: Entry): string | null {
  const id = given(entry, "id");
  return Number.isSafeInteger(id) ? String(id) : textOf(entry, "id");
}

/** RFC 6901. */
export const pointerOf = (path: readonly (string | number)[]): string =>
  path.map((key) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");

/** What an element is refused for: the field is a pointer's end, empty for the element itself. */
export interface Refusal {
  field: string;
  reason: string;
}
export const refusal = (field: string, reason: string): Refusal => ({ field, reason });
export const isRefusal = (value: object): value is Refusal => "reason" in value && "field" in value;

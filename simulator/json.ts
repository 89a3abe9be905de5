/** JSON whose numbers keep their digits: int64 beyond 2^53, and floats written `7200.0` as providers in Ruby do. */
interface Digits {
  digits: string;
}

const MARK = "\u0000#";
const MARKED = /"\\u0000#(-?[0-9.]+)"/g;

/** Says itself how it is written: a function asked about every value would take most of the time. */
const EXACT = {
  toJSON(this: Digits): string {
    return MARK + this.digits;
  },
};
const exact = (digits: string): Digits => ({ __proto__: EXACT, digits }) as Digits;

export const int64 = (value: string | bigint): Digits => exact(String(value));
export const float = (value: number): Digits => exact(Number.isInteger(value) ? `${value}.0` : String(value));

export const stringify = (value: unknown): string => JSON.stringify(value).replace(MARKED, "$1");

/** An answer in exact JSON. */
export function json(value: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(stringify(value), {
    status,
    headers: { "content-type": "application/json; charset=utf-8", ...headers },
  });
}

/** JSON whose numbers keep their digits: int64 beyond 2^53, and floats written `7200.0` as providers in Ruby do. */
interface Digits {
  digits: string;
}

const MARK = "\u0000#";
const MARKED = /"\\u0000#(-?[0-9.]+)"/g;

export const int64 = (value: string | bigint): Digits => ({ digits: String(value) });
export const float = (value: number): Digits => ({ digits: Number.isInteger(value) ? `${value}.0` : String(value) });

export function stringify(value: unknown): string {
  const text = JSON.stringify(value, (_key, item) => (isDigits(item) ? MARK + item.digits : item));
  return text.replace(MARKED, "$1");
}

/** An answer in exact JSON. */
export function json(value: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(stringify(value), {
    status,
    headers: { "content-type": "application/json; charset=utf-8", ...headers },
  });
}

function isDigits(item: unknown): item is Digits {
  return typeof item === "object" && item !== null && typeof (item as Digits).digits === "string";
}

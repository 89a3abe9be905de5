/** The beginning of a body as JSON, cut short where it was cut: enough to recognise what it is. */

/** Bytes of a body that are looked at: as many as its first piece has at least, so that pieces decide nothing. */
const BYTES = 65_536;
/** Elements of an array that are looked at. */
const FIRST = 8;
/** What lies deeper is passed over. */
const DEEP = 24;
/** Of characters; a brace or bracket closes two behind the one that opens. */
const [QUOTE, BACKSLASH, BRACE, BRACKET] = [34, 92, 123, 91];

export interface Outline {
  /** Undefined where it does not even begin as JSON. */
  value: unknown;
  /** Whether there may be more of it than was seen. */
  cut: boolean;
  /** Whether another object follows: a line each. */
  more: boolean;
}

/** Names that are no JSON are let pass: the scanner judges. */
export function outlineOf(bytes: Uint8Array): Outline {
  const text = new TextDecoder().decode(bytes.subarray(0, BYTES));
  let at = 0;
  let done = false;

  function space(): void {
    while (at < text.length && " \n\r\t".includes(text[at]!)) at++;
    if (at >= text.length) done = true;
  }

  function string(): string | undefined {
    const from = at++;
    while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
    if (at >= text.length) {
      done = true;
      return undefined;
    }
    return scalar(text.slice(from, ++at)) as string | undefined;
  }

  function scalar(source: string): unknown {
    try {
      return JSON.parse(source);
    } catch {
      done = true;
      return undefined;
    }
  }

  function value(depth: number): unknown {
    space();
    if (done) return undefined;
    const c = text[at];
    if (c === '"') return string();
    if (c === "{" || c === "[") {
      if (depth >= DEEP) return skip();
      return c === "{" ? object(depth) : array(depth);
    }
    const token = /[^\s,\]}]*/y;
    token.lastIndex = at;
    const found = token.exec(text)![0];
    at += found.length;
    // The last token may go on beyond the cut.
    if (at >= text.length && depth > 0) {
      done = true;
      return undefined;
    }
    return scalar(found);
  }

  /** Over a container of whatever depth. */
  function skip(): undefined {
    let open = 0;
    for (; at < text.length; at++) {
      const c = text.charCodeAt(at);
      if (c === QUOTE) {
        for (at++; at < text.length && text.charCodeAt(at) !== QUOTE; ) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
      } else if (c === BRACE || c === BRACKET) open++;
      else if ((c === BRACE + 2 || c === BRACKET + 2) && --open === 0) {
        at++;
        return;
      }
    }
    done = true;
  }

  function object(depth: number): Record<string, unknown> {
    const entries: Record<string, unknown> = Object.create(null);
    at++;
    space();
    while (!done && text[at] === '"') {
      const key = string();
      space();
      if (done || key === undefined || text[at] !== ":") break;
      at++;
      const item = value(depth + 1);
      if (item !== undefined) entries[key] = item;
      space();
      if (done || text[at] !== ",") break;
      at++;
      space();
    }
    if (!done) at++;
    return entries;
  }

  function array(depth: number): unknown[] {
    const items: unknown[] = [];
    at++;
    space();
    while (!done && text[at] !== "]") {
      const isContainer = text[at] === "{" || text[at] === "[";
      const item = items.length === FIRST && isContainer ? skip() : value(depth + 1);
      if (item !== undefined && items.length < FIRST) items.push(item);
      space();
      if (done || text[at] !== ",") break;
      at++;
      space();
    }
    if (!done) at++;
    return items;
  }

  const outline = value(0);
  const cut = done;
  if (!cut) space();
  return { value: outline, cut, more: !cut && text[at] === "{" };
}

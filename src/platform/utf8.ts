/** Whether JSON's bytes make whole characters. */

/** -1 where it is none. */
export function hexDigit(c: number): number {
  if (c >= 48 && c <= 57) return c - 48;
  const letter = c | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

/** RFC 3629: no overlong forms, no surrogates, nothing past U+10FFFF. */
export function isUtf8(bytes: Uint8Array, from: number, to: number): boolean {
  let i = from;
  while (i < to) {
    const c = bytes[i]!;
    if (c < 0x80) {
      i++;
      continue;
    }
    const more = c >= 0xc2 && c <= 0xdf ? 1 : c >= 0xe0 && c <= 0xef ? 2 : c >= 0xf0 && c <= 0xf4 ? 3 : 0;
    if (more === 0 || i + more >= to) return false;
    const next = bytes[i + 1]!;
    const least = c === 0xe0 ? 0xa0 : c === 0xf0 ? 0x90 : 0x80;
    const most = c === 0xed ? 0x9f : c === 0xf4 ? 0x8f : 0xbf;
    if (next < least || next > most) return false;
    for (let k = 2; k <= more; k++) if ((bytes[i + k]! & 0xc0) !== 0x80) return false;
    i += more + 1;
  }
  return true;
}

/** Whether each `\ud800`–`\udfff` escape is half of a pair. */
export function surrogatesPaired(bytes: Uint8Array, from: number, to: number): boolean {
  const escaped = (at: number) =>
    bytes[at] === 92 && bytes[at + 1] === 117
      ? (((hexDigit(bytes[at + 2]!) * 16 + hexDigit(bytes[at + 3]!)) * 16 + hexDigit(bytes[at + 4]!)) * 16 +
          hexDigit(bytes[at + 5]!)) &
        0xffff
      : 0;
  let i = from;
  while (i < to) {
    if (bytes[i] !== 92) {
      i++;
      continue;
    }
    const code = escaped(i);
    if (code >= 0xd800 && code <= 0xdbff) {
      const low = escaped(i + 6);
      if (low < 0xdc00 || low > 0xdfff) return false;
      i += 12;
    } else if (code >= 0xdc00 && code <= 0xdfff) return false;
    else i += bytes[i + 1] === 117 ? 6 : 2;
  }
  return true;
}

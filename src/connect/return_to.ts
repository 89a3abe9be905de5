/** Where to go back to after a consent: a path of ours, never another site (RFC 9700 §4.11). */

export const HOME = "/dashboard";
const NOWHERE = "/";

/** Path and query to redirect to; whatever could lead elsewhere becomes `/`. */
export function safeReturn(text: string | undefined, origin: string): string {
  if (text === undefined || text === "") return HOME;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (!text.startsWith("/") || /^\/[/\\]|[\\@\u0000-\u0020\u007f]/.test(text)) return NOWHERE;
  const url = URL.parse(text, origin);
  // `/..//host` is a path to the parser and an address to a browser.
  if (!url || url.origin !== origin || url.pathname.startsWith("//")) return NOWHERE;
  return url.pathname + url.search;
}

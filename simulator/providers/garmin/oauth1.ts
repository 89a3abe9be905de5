import { createHmac } from "node:crypto";

/** OAuth 1.0a (RFC 5849) as the server reads it: header, base string, HMAC-SHA1 by node:crypto. */
export interface Signed {
  consumer: string;
  token: string | null;
  timestamp: number;
  nonce: string;
  signature: string;
  /** All oauth_ parameters, decoded. */
  params: Record<string, string>;
}

/** The parameters of `Authorization: OAuth …`, or what is wrong with them. */
export function readSigned(header: string | undefined): Signed | string {
  const list = /^OAuth\s+(.+)$/is.exec(header ?? "")?.[1];
  if (!list) return "no OAuth header";
  const params: Record<string, string> = {};
  for (const part of list.split(",")) {
    const [, name, value] = /^\s*([^=\s]+)="([^"]*)"\s*$/.exec(part) ?? [];
    if (name === undefined) return `unreadable parameter ${part.trim().split("=")[0]}`;
    const key = decode(name);
    if (key in params) return `duplicate parameter ${key}`;
    if (key !== "realm") params[key] = decode(value!);
  }
  const { oauth_consumer_key, oauth_signature_method, oauth_timestamp, oauth_nonce, oauth_signature } = params;
  if (!oauth_consumer_key || !oauth_nonce || !oauth_signature) return "missing parameters";
  if (oauth_signature_method !== "HMAC-SHA1") return `unsupported signature method ${oauth_signature_method}`;
  if ((params.oauth_version ?? "1.0") !== "1.0") return "unsupported version";
  if (!/^\d+$/.test(oauth_timestamp ?? "")) return "invalid timestamp";
  return {
    consumer: oauth_consumer_key,
    token: params.oauth_token ?? null,
    timestamp: Number(oauth_timestamp),
    nonce: oauth_nonce,
    signature: oauth_signature,
    params,
  };
}

/** What the request should have been signed with. `form` is an urlencoded body, empty for any other. */
export function signatureOf(
  method: string,
  url: URL,
  form: string,
  params: Record<string, string>,
  consumerSecret: string,
  tokenSecret: string,
): string {
  const pairs = [...url.searchParams, ...new URLSearchParams(form), ...Object.entries(params)]
    .filter(([name]) => name !== "oauth_signature")
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0));
  const base = [
    method.toUpperCase(),
    encode(url.origin + url.pathname),
    encode(pairs.map((pair) => pair.join("=")).join("&")),
  ].join("&");
  return createHmac("sha1", `${encode(consumerSecret)}&${encode(tokenSecret)}`)
    .update(base)
    .digest("base64");
}

const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

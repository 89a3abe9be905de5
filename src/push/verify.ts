/** Whether a push is its provider's: the schemes of `Verify`, over the raw bytes, before anything is parsed, in constant time. */
import { credentialsOf } from "../access/credentials.ts";
import { verifyTokens, webhookSecrets } from "../access/webhooks.ts";
import type { Context } from "../platform/context.ts";
import { hmac, sameText, toHex } from "../platform/crypto.ts";
import type { Provider, Push, Verify } from "../providers/provider.ts";
import { issuedKeys } from "../store/subscriptions.ts";
import { verifyEcdsa } from "./ecdsa.ts";

type Hmac = Extract<Verify, { by: "hmac" }>;

/**
 * `good`. `bad`: it is not the provider's. `unknown`: nobody can say at the moment, so it should be sent again. `unsigned`: there is
 * nothing to check it by, so the path must vouch for it.
 */
export type Verdict = "good" | "bad" | "unknown" | "unsigned";

export interface Verified {
  verdict: Verdict;
  /** Whether a greeting is the provider's, which may be less than what an event needs. */
  greeting: boolean;
}

/** Schemes that look at the headers alone: what they let in may be read as it comes. */
export const isBodySigned = (verify: Verify): boolean => verify.by === "hmac" || verify.by === "ecdsa_p256";

export async function verified(
  context: Context,
  provider: Provider,
  { verify }: Pick<Push, "verify">,
  headers: Headers,
  body: Uint8Array<ArrayBuffer>,
): Promise<Verified> {
  switch (verify.by) {
    case "path":
      return only(await pathHeader(context, provider, verify.header, headers));
    case "headers":
      return only((await ownHeaders(context, provider, verify, headers)) ? "good" : "bad");
    case "hmac":
      return only(await hmacVerdict(context, provider, verify, headers, body));
    case "ecdsa_p256": {
      const told = headers.get("authorization");
      const authorized = told !== null && (await isOurs(context, provider, told));
      const signature = verify.headers.map((name) => headers.get(name)).find((value) => value !== null);
      if ((told !== null && !authorized) || !signature) return { verdict: "bad", greeting: authorized };
      const verdict = await verifyEcdsa(context, provider.id, verify.keys, signature, body);
      return { verdict, greeting: authorized };
    }
    default:
      verify satisfies never;
      throw new Error("a scheme of no kind");
  }
}

const only = (verdict: Verdict): Verified => ({ verdict, greeting: verdict === "good" });

async function pathHeader(
  context: Context,
  provider: Provider,
  header: { name: string; is: "client_id" } | undefined,
  headers: Headers,
): Promise<Verdict> {
  const sent = header ? headers.get(header.name) : null;
  if (sent === null) return "unsigned";
  const credentials = credentialsOf(context.env, provider);
  return credentials && (await sameText(sent.trim(), credentials.client_id)) ? "unsigned" : "bad";
}

async function ownHeaders(
  context: Context,
  provider: Provider,
  names: Extract<Verify, { by: "headers" }>,
  headers: Headers,
): Promise<boolean> {
  const credentials = credentialsOf(context.env, provider);
  if (!credentials) return false;
  const same = await Promise.all([
    sameText(headers.get(names.client_id) ?? "", credentials.client_id),
    sameText(headers.get(names.client_secret) ?? "", credentials.client_secret),
  ]);
  return same.every(Boolean);
}

/** What we told when subscribing, with or without `Bearer`. */
async function isOurs(context: Context, provider: Provider, told: string): Promise<boolean> {
  const own = [...webhookSecrets(context, provider), ...(await verifyTokens(context, provider))];
  const same = await Promise.all(own.flatMap((one) => [sameText(told, one), sameText(told, `Bearer ${one}`)]));
  return same.some(Boolean);
}

async function hmacVerdict(
  context: Context,
  provider: Provider,
  scheme: Hmac,
  headers: Headers,
  body: Uint8Array<ArrayBuffer>,
): Promise<Verdict> {
  const keys = await keysFor(context, provider, scheme.key);
  if (keys.length === 0) return scheme.optional ? "unsigned" : "bad";
  const sent = signatureIn(scheme, headers);
  const timestamp = scheme.timestamp ? memberOf(headers.get(scheme.timestamp.header), scheme.timestamp.member) : null;
  if (sent === null || (scheme.timestamp && timestamp === null)) return "bad";
  const same = await Promise.all(
    keys.map(async (key) => sameText(sent, toHex(await hmacOf(scheme, key, timestamp, body)))),
  );
  if (!same.some(Boolean)) return "bad";
  return scheme.timestamp && !isFresh(timestamp!, scheme.timestamp, context.now()) ? "bad" : "good";
}

/** The digest of what is signed; the timestamp's text stands for itself. */
export function hmacOf(
  scheme: Pick<Hmac, "hash" | "parts">,
  key: string,
  timestamp: string | null,
  body: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  const pieces = scheme.parts.map((part) =>
    part === "body" ? body : encoder.encode(part === "timestamp" ? (timestamp ?? "") : part.slice(1, -1)),
  );
  const message = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    message.set(piece, at);
    at += piece.length;
  }
  return hmac(scheme.hash, key, message);
}

/** As lower-case hex; null where there is none, or none that could be one. */
function signatureIn({ header, member, encoding }: Hmac, headers: Headers): string | null {
  const text = memberOf(headers.get(header), member);
  if (text === null) return null;
  if (encoding === "hex") return /^[0-9a-f]+$/i.test(text) ? text.toLowerCase() : null;
  try {
    return toHex(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)));
  } catch {
    return null;
  }
}

/** `v1` of `t=1,v1=ab`. */
function memberOf(text: string | null, member: string | undefined): string | null {
  if (text === null || member === undefined) return text?.trim() || null;
  for (const part of text.split(",")) {
    const at = part.indexOf("=");
    if (at > 0 && part.slice(0, at).trim() === member) return part.slice(at + 1).trim() || null;
  }
  return null;
}

function isFresh(
  text: string,
  { unit, tolerance_s }: { unit: "s" | "ms" | "any"; tolerance_s: number },
  now: number,
): boolean {
  const at = instantOf(text, unit);
  return at !== null && Math.abs(now - at) <= tolerance_s * 1000;
}

/** Ms since the epoch; by themselves s and ms are told apart by their size. */
function instantOf(text: string, unit: "s" | "ms" | "any"): number | null {
  if (/^\d{1,15}(\.\d+)?$/.test(text)) {
    const number = Number(text);
    return unit === "ms" || (unit === "any" && number >= 1e11) ? number : number * 1000;
  }
  const parsed = unit === "any" ? Date.parse(text) : Number.NaN;
  return Number.isNaN(parsed) ? null : parsed;
}

async function keysFor(context: Context, provider: Provider, key: Hmac["key"]): Promise<string[]> {
  switch (key) {
    case "client_secret": {
      const credentials = credentialsOf(context.env, provider);
      return credentials ? [credentials.client_secret] : [];
    }
    case "webhook_secret":
      return webhookSecrets(context, provider);
    case "issued":
      return issuedKeys(context, provider.id);
    default:
      key satisfies never;
      throw new Error("a key of no kind");
  }
}

/**
 * Signatures as Tink writes them: `0x01, key id of 4 bytes big-endian, DER`, ECDSA on P-256 with SHA-256, in base64. The public keys
 * are a Tink keyset at a pinned address; a key that is not known yet is looked for there, at most once a minute.
 */
import { z } from "zod";
import type { Context } from "../platform/context.ts";
import { send } from "../platform/egress.ts";
import { ProviderError } from "../platform/errors.ts";

const AGAIN_MS = 60_000;
/** They rotate monthly; one that was withdrawn is forgotten within a day. */
const STALE_MS = 86_400_000;
const COORDINATE = 32;

interface Cached {
  asked_at: number;
  read_at: number;
  keys: Map<number, Uint8Array<ArrayBuffer>>;
}
/** By address, for this isolate. */
const cache = new Map<string, Cached>();

const keyset = z.object({
  key: z.array(
    z
      .object({
        keyData: z.object({ typeUrl: z.string().endsWith("EcdsaPublicKey"), value: z.string() }),
        status: z.literal("ENABLED"),
        keyId: z.number().int(),
      })
      .nullable()
      .catch(null),
  ),
});

/** `unknown`: nobody can say yet, since the keys could not be had. */
export async function verifyEcdsa(
  context: Context,
  provider: string,
  url: string,
  header: string,
  body: Uint8Array<ArrayBuffer>,
): Promise<"good" | "bad" | "unknown"> {
  const signature = fromBase64(header);
  if (!signature || signature.length < 5 + 8 || signature[0] !== 1) return "bad";
  const keyId = new DataView(signature.buffer).getUint32(1);
  const raw = rawSignature(signature.subarray(5));
  if (!raw) return "bad";
  const point = await pointOf(context, provider, url, keyId);
  if (!point) return "unknown";
  try {
    const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
    const key = await crypto.subtle.importKey("raw", point, algorithm, false, ["verify"]);
    return (await crypto.subtle.verify(algorithm, key, raw, body)) ? "good" : "bad";
  } catch {
    return "bad"; // no point of the curve
  }
}

async function pointOf(context: Context, provider: string, url: string, keyId: number) {
  const now = context.now();
  const known = cache.get(url);
  const fresh = known !== undefined && known.read_at + STALE_MS > now ? known : null;
  const found = fresh?.keys.get(keyId);
  if (found) return found;
  if (known && Math.abs(now - known.asked_at) < AGAIN_MS) return null;
  const entry: Cached = { asked_at: now, read_at: fresh?.read_at ?? 0, keys: fresh?.keys ?? new Map() };
  cache.set(url, entry);
  try {
    const of = { id: provider, hosts: [new URL(url).hostname] };
    const answer = await send(context, of, { method: "GET", url, secret: false });
    const parsed = answer.status === 200 ? keyset.safeParse(answer.body) : null;
    if (!parsed?.success) return null;
    entry.keys = new Map(
      parsed.data.key.flatMap((key) => {
        const point = key && publicPoint(key.keyData.value);
        return key && point ? [[key.keyId, point] as const] : [];
      }),
    );
    entry.read_at = now;
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    context.log("fault", { provider, fault: error.fault.kind, route: "webhook_keys" });
  }
  return entry.keys.get(keyId) ?? null;
}

/** `0x04, x, y` of an `EcdsaPublicKey` (protocol buffer: x is field 3, y is 4, both signed, so with a leading 0 where need be). */
function publicPoint(value: string): Uint8Array<ArrayBuffer> | null {
  const bytes = fromBase64(value);
  if (!bytes) return null;
  const point = new Uint8Array(1 + 2 * COORDINATE);
  point[0] = 4;
  const found = new Set<number>();
  for (let at = 0; at + 1 < bytes.length; ) {
    const field = bytes[at]! >> 3;
    const type = bytes[at]! & 7;
    at++;
    if (type === 0) {
      while (at < bytes.length && bytes[at]! & 0x80) at++;
      at++;
      continue;
    }
    // Nothing in it is as long as 128 bytes.
    if (type !== 2 || bytes[at]! & 0x80) return null;
    const part = bytes.subarray(at + 1, at + 1 + bytes[at]!);
    at += 1 + bytes[at]!;
    if (field !== 3 && field !== 4) continue;
    const padded = fixed(part);
    if (!padded) return null;
    point.set(padded, 1 + (field - 3) * COORDINATE);
    found.add(field);
  }
  return found.size === 2 ? point : null;
}

/** WebCrypto wants r and s in 32 bytes each; it answers "no" to DER. */
export function rawSignature(der: Uint8Array): Uint8Array<ArrayBuffer> | null {
  if (der[0] !== 0x30 || der[1] !== der.length - 2) return null;
  const raw = new Uint8Array(2 * COORDINATE);
  let at = 2;
  for (const place of [0, COORDINATE]) {
    const length = der[at + 1];
    if (der[at] !== 0x02 || length === undefined || at + 2 + length > der.length) return null;
    const integer = fixed(der.subarray(at + 2, at + 2 + length));
    if (!integer) return null;
    raw.set(integer, place);
    at += 2 + length;
  }
  return at === der.length ? raw : null;
}

/** A number without its leading zeros, or with as many as it takes; null where it is too long. */
function fixed(number: Uint8Array): Uint8Array | null {
  let from = 0;
  while (from < number.length && number[from] === 0) from++;
  const own = number.subarray(from);
  if (own.length === 0 || own.length > COORDINATE) return null;
  const padded = new Uint8Array(COORDINATE);
  padded.set(own, COORDINATE - own.length);
  return padded;
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  } catch {
    return null;
  }
}

/** Hash, HMAC, AEAD and random text on WebCrypto. */
import type { Context } from "./context.ts";

const encoder = new TextEncoder();
export const utf8 = (text: string): Uint8Array<ArrayBuffer> => encoder.encode(text) as Uint8Array<ArrayBuffer>;

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
export function toHex(bytes: Uint8Array): string {
  if (typeof bytes.toHex === "function") return bytes.toHex(); // workerd has it, Node 22 not yet
  let text = "";
  for (const byte of bytes) text += HEX[byte];
  return text;
}

export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  if (typeof Uint8Array.fromHex === "function") return Uint8Array.fromHex(text);
  const bytes = new Uint8Array(text.length >> 1);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

export function toBase64Url(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Null where the text is not base64url. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return null;
  try {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  } catch {
    return null;
  }
}

export async function sha256(text: string | Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", typeof text === "string" ? utf8(text) : text));
}
export const sha256Hex = async (text: string): Promise<string> => toHex(await sha256(text));

export async function hmac(
  hash: "SHA-1" | "SHA-256",
  key: string,
  message: string | Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const imported = await crypto.subtle.importKey("raw", utf8(key), { name: "HMAC", hash }, false, ["sign"]);
  return new Uint8Array(
    await crypto.subtle.sign("HMAC", imported, typeof message === "string" ? utf8(message) : message),
  );
}

/** Constant time whatever the lengths: digests are compared. */
export async function sameText(a: string, b: string): Promise<boolean> {
  const [left, right] = await Promise.all([sha256(a), sha256(b)]);
  let difference = 0;
  for (let i = 0; i < left.length; i++) difference |= left[i]! ^ right[i]!;
  return difference === 0;
}

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
export function base62(bytes: Uint8Array, length: number): string {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  let text = "";
  for (let i = 0; i < length; i++) {
    text = BASE62[Number(value % 62n)]! + text;
    value /= 62n;
  }
  return text;
}

export const randomText = (context: Pick<Context, "random">, bytes: number): string =>
  toBase64Url(context.random(bytes));

export interface AeadKey {
  kid: string;
  key: Uint8Array;
}
const imported = new Map<string, Promise<CryptoKey>>();
function aesKey({ kid, key }: AeadKey): Promise<CryptoKey> {
  const id = `${kid}:${toHex(key)}`;
  let promise = imported.get(id);
  if (!promise) {
    promise = crypto.subtle.importKey("raw", key as Uint8Array<ArrayBuffer>, "AES-GCM", false, ["encrypt", "decrypt"]);
    imported.set(id, promise);
  }
  return promise;
}

/**
 * AES-256-GCM under the newest key: `v1.<kid>.<iv>.<ct>`. `aad` ties the text to its place (security.md 11):
 * moved elsewhere it does not open.
 */
export async function seal(
  context: Pick<Context, "random">,
  keys: AeadKey[],
  aad: string,
  plain: string,
): Promise<string> {
  const newest = keys[0];
  if (!newest) throw new RangeError("no encryption key");
  const iv = context.random(12) as Uint8Array<ArrayBuffer>;
  const algorithm = { name: "AES-GCM", iv, additionalData: utf8(`v1|${newest.kid}|${aad}`) };
  const sealed = await crypto.subtle.encrypt(algorithm, await aesKey(newest), utf8(plain));
  return `v1.${newest.kid}.${toBase64Url(iv)}.${toBase64Url(new Uint8Array(sealed))}`;
}

/** Null where the text was changed, moved, or sealed with a key that is not listed. */
export async function open(keys: AeadKey[], aad: string, text: string): Promise<string | null> {
  const [version, kid, iv, sealed, ...rest] = text.split(".");
  const key = keys.find((candidate) => candidate.kid === kid);
  const nonce = fromBase64Url(iv ?? "");
  const data = fromBase64Url(sealed ?? "");
  if (version !== "v1" || !key || nonce?.length !== 12 || !data || rest.length > 0) return null;
  try {
    const algorithm = { name: "AES-GCM", iv: nonce, additionalData: utf8(`v1|${kid}|${aad}`) };
    return new TextDecoder().decode(await crypto.subtle.decrypt(algorithm, await aesKey(key), data));
  } catch {
    return null;
  }
}

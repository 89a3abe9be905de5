/**
 * The only fetch. Every request that leaves goes to a pinned host over https, is never redirected, ends in time and at a size,
 * and answers with JSON whose integers have all their digits – or throws a ProviderError.
 */
import type { Context } from "./context.ts";
import type { Env } from "./env.ts";
import { ProviderError } from "./errors.ts";

export const DATA_TIMEOUT_MS = 15_000;
export const TOKEN_TIMEOUT_MS = 10_000;
export const ANSWER_BYTES = 16 * 1024 * 1024;

export interface Outgoing {
  method: string;
  /** With its query. */
  url: string;
  headers?: Record<string, string>;
  body?: string;
  /** How a 2xx body is read; refusals are JSON where they can be, else text. */
  as?: "json" | "text" | "bytes"; // json
  max_bytes?: number;
  timeout_ms?: number;
  /** Carries a token or the client's secret: goes to hosts named in full only. */
  secret: boolean;
}

export interface Incoming {
  status: number;
  headers: Headers;
  body: unknown;
}

/** `https://host/path?query` becomes `{gateway}/host/path?query` where a gateway is set; also for a browser's redirect. */
export function throughGateway(env: Pick<Env, "PROVIDER_GATEWAY">, url: URL): URL {
  return env.PROVIDER_GATEWAY ? new URL(`${env.PROVIDER_GATEWAY}/${url.host}${url.pathname}${url.search}`) : url;
}

/**
 * Faults: `unavailable` with `status` null where there was no answer, or none to its end – what the provider did is unknown –,
 * with the status where it answered a redirect, or a 2xx whose body is missing or not what was asked for; `unreadable` where
 * asking again would not help: the host is not pinned, the body is larger than the cap. Refusals are returned: what they mean
 * is the provider's to say.
 */
export async function send(
  context: Pick<Context, "env" | "fetch">,
  provider: { id: string; hosts: readonly string[] },
  outgoing: Outgoing,
): Promise<Incoming> {
  const unavailable = (status: number | null) => new ProviderError(provider.id, { kind: "unavailable", status });
  const unreadable = (reason: string) => new ProviderError(provider.id, { kind: "unreadable", pointer: "", reason });
  const url = URL.parse(outgoing.url);
  if (!url || !isPinned(url, provider.hosts, outgoing.secret))
    throw unreadable("an address that is not the provider's");

  const { as = "json", max_bytes = ANSWER_BYTES, timeout_ms = DATA_TIMEOUT_MS } = outgoing;
  const end = new AbortController();
  const request = new Request(throughGateway(context.env, url), {
    method: outgoing.method,
    headers: {
      ...(as === "json" ? { accept: "application/json" } : {}),
      "user-agent": "qt-connect",
      ...outgoing.headers,
    },
    body: outgoing.body,
    redirect: "manual",
    signal: end.signal,
  });

  const ended = new Promise<never>((_, reject) =>
    end.signal.addEventListener("abort", () => reject(end.signal.reason)),
  );
  ended.catch(() => {}); // raced below; after the race it has nobody to tell
  const timer = setTimeout(() => end.abort(unavailable(null)), timeout_ms);
  try {
    const response = await Promise.race([context.fetch(request), ended]);
    const bytes = await Promise.race([readBody(response, max_bytes), ended]);
    if (bytes === null) throw unreadable(`an answer of more than ${max_bytes} bytes`);
    const { status, headers } = response;
    if (status === 0 || (status >= 300 && status < 400)) throw unavailable(status);
    if (status < 200 || status > 299) return { status, headers, body: parsed(decode(bytes)) };
    if (status === 204 || status === 205) return { status, headers, body: null };
    if (as === "bytes") return { status, headers, body: bytes };
    if (as === "text") return { status, headers, body: decode(bytes) };
    const body = parseJson(decode(bytes));
    if (body === undefined) throw unavailable(status);
    return { status, headers, body };
  } catch (error) {
    // Whatever fetch or the body's stream throws says that the connection broke; its message may carry the URL.
    throw error instanceof ProviderError ? error : unavailable(null);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether `send` would let an address through, which somebody else may have made up. */
export function isProviders(hosts: readonly string[], address: string, secret: boolean): boolean {
  const url = URL.parse(address);
  return url !== null && isPinned(url, hosts, secret);
}

/** `*.example.com` stands for any host below it, which anybody may rent: such a host gets no secret. */
function isPinned(url: URL, hosts: readonly string[], secret: boolean): boolean {
  if (url.protocol !== "https:" || url.port !== "" || url.username !== "" || url.password !== "") return false;
  return hosts.some((host) =>
    host.startsWith("*.") ? !secret && url.hostname.endsWith(host.slice(1)) : url.hostname === host,
  );
}

/** Null where the body is larger than the cap. Throws where it ends before its announced length. */
async function readBody(response: Response, most: number): Promise<Uint8Array<ArrayBuffer> | null> {
  if (!response.body) return new Uint8Array();
  const pieces: Uint8Array[] = [];
  let length = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > most) {
      await reader.cancel();
      return null;
    }
    pieces.push(value);
  }
  const announced = response.headers.get("content-length");
  if (announced !== null && !response.headers.has("content-encoding") && length < Number(announced)) {
    throw new Error("the body was cut");
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function parsed(text: string): unknown {
  if (text === "") return null;
  const json = parseJson(text);
  return json === undefined ? text : json;
}

/** Whether the text may hold an integer that a double cannot. */
const LONG_INTEGER = /(?<![\d.])\d{16,}(?![\d.eE])/;

/** Integers beyond 2^53 become strings of all their digits (ids of COROS, Strava's schema). Undefined where it is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return LONG_INTEGER.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  return context?.source !== undefined && /^-?\d+$/.test(context.source) ? context.source : value;
}

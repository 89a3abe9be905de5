/** A key of the person's own, exchanged for a bearer that lives for hours. The same key may be exchanged again and again. */
import type { Context } from "../platform/context.ts";
import { TOKEN_TIMEOUT_MS } from "../platform/egress.ts";
import { type Fault, ProviderError } from "../platform/errors.ts";
import type { ApiKey, Provider, TokenBody } from "../providers/provider.ts";
import type { ApiKeyGrant } from "../store/grants.ts";
import { faultOf } from "./fault.ts";
import { ask } from "./request.ts";

export type Exchanged =
  | { is: "granted"; grant: ApiKeyGrant; body: TokenBody }
  /** The key has ended, was deleted, or never was one. */
  | { is: "ended" }
  | { is: "outage"; status: number; retry_at: number | null }
  /** No answer, a cut one or none that can be read. */
  | { is: "unknown" };

/** What a header can carry; providers do not tell what their keys look like. */
export const isKey = (text: string): boolean => /^[\x21-\x7e]{1,4096}$/.test(text);

export async function exchangeKey(
  context: Context,
  provider: Provider,
  { exchange }: ApiKey,
  { key, key_expires_at }: Pick<ApiKeyGrant, "key" | "key_expires_at">,
): Promise<Exchanged> {
  const { name, prefix } = exchange.header;
  const request = {
    ...exchange.request,
    auth: "none" as const,
    headers: { ...exchange.request.headers, [name]: `${prefix}${key}` },
  };
  try {
    const answer = await ask(context, provider, request, null, { timeout_ms: TOKEN_TIMEOUT_MS, secret: true });
    const now = context.now();
    if (answer.status === 401 || answer.status === 403) return { is: "ended" };
    const fault = faultOf(provider, request, answer, now);
    if (fault) return failed(fault, answer.status);
    const read = exchange.read(answer, now);
    if ("kind" in read) return failed(read, answer.status);
    const grant: ApiKeyGrant = { kind: "api_key", key, key_expires_at, ...read, issued_at: now };
    return { is: "granted", grant, body: answer.body as TokenBody };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return failed(error.fault, null);
  }
}

/** `status`: of the answer, where there was one. */
function failed(fault: Fault, status: number | null): Exchanged {
  switch (fault.kind) {
    case "unauthorized":
    case "forbidden":
    case "ended":
      return { is: "ended" };
    case "rate_limited":
      return { is: "outage", status: status ?? 429, retry_at: fault.until };
    default: {
      const told = status ?? (fault.kind === "unavailable" ? fault.status : null);
      return told === null || told < 300 ? { is: "unknown" } : { is: "outage", status: told, retry_at: null };
    }
  }
}

/** COROS answers refusals with 200 as well: `{result, message, data}`, where zeros alone mean success. docs/providers/coros.md, "Refusals". */
import type { Fault } from "../../platform/errors.ts";
import type { Answer, TokenBody } from "../provider.ts";
import * as schema from "./schema.ts";

/** Nobody publishes how long a refused caller should stay away. */
const PAUSE_MS = 60_000;

/** A longer run of zeros has been met. */
const isGood = (result: string): boolean => /^0+$/.test(result);

export function readFault({ status, headers, body }: Answer, now: number): Fault | undefined {
  if (status === 429 && !headers.has("retry-after")) {
    return { kind: "rate_limited", of: "application", until: now + PAUSE_MS, guessed: true };
  }
  if (status < 200 || status > 299) return undefined;
  const { data } = schema.envelope.safeParse(body);
  if (!data || isGood(data.result)) return undefined;
  switch (data.result) {
    case "5006": // the token
      return { kind: "unauthorized" };
    case "5016": // busy
      return { kind: "unavailable", status };
    case "1031": // the parameters
      return { kind: "unreadable", pointer: "/result", reason: "refused with 1031" };
    case "30009": // a permission that the application lacks
      return { kind: "forbidden" };
    default: // 5010 says that the openId is wrong; of others nobody knows what they mean
      return { kind: "unavailable", status, doubtful: true };
  }
}

/**
 * Tokens come bare and without their type; a refresh that worked says no more than `0000`, and the old token goes on. What comes in an
 * envelope with another code is a refusal, for good only where it names token or account.
 */
export function readToken(status: number, body: unknown): { status: number; body: TokenBody } {
  if (status < 200 || status > 299) return { status, body: {} };
  const { data: tokens } = schema.token.safeParse(body);
  if (tokens) return { status, body: { token_type: "bearer", ...tokens } };
  const result = schema.envelope.safeParse(body).data?.result;
  // Neither tokens nor a result: something in between has answered.
  if (result === undefined) return { status: 502, body: {} };
  if (isGood(result)) return { status, body: {} };
  if (result === "5016") return { status: 503, body: {} };
  const error = result === "5006" || result === "5010" ? "invalid_grant" : "invalid_request";
  return { status: 400, body: { error } };
}

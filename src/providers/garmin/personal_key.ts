/** The key that the owner of a self-hosted instance makes in Garmin Connect, and what it is exchanged for. */
import { DAY_MS, utcDate } from "../../domain/time.ts";
import type { Fault } from "../../platform/errors.ts";
import type { Answer, ApiKey } from "../provider.ts";
import { dayRequest, PERSONAL_API } from "./personal.ts";
import * as schema from "./personal_schema.ts";

export const personalKey = {
  type: "api_key",
  // "Not intended for commercial applications serving multiple end users".
  private_only: true,
  where: "https://connect.garmin.com/app/settings/personalApiToken",
  lifetimes_days: [30, 90, 180, 365],
  exchange: {
    request: {
      method: "POST",
      url: `${PERSONAL_API}/personalapitoken-service/personal-api/personal-api-key/token`,
      auth: "none",
      as: "text",
    },
    header: { name: "authorization", prefix: "ApiKey " },
    read: readBearer,
  },
  early_s: 3600,
  identify: {
    from: "request",
    // No answer names the person; those of a day name their number.
    request: (_account, now) => dayRequest(utcDate(now - DAY_MS)),
    read({ body }) {
      const parsed = schema.owner.safeParse(body);
      const id =
        parsed.success && (parsed.data.userProfileId ?? parsed.data.userProfilePK ?? parsed.data.userProfilePk);
      return id ? { provider_user_id: id, display_name: null, avatar_url: null } : null;
    },
  },
  // Nothing of the kind is known: the person deletes the key.
  revoke: () => [],
} satisfies ApiKey;

/** The names of the answer are guesses: a bearer under a likely one, or the bare text of one. */
function readBearer({ body }: Answer, now: number): { access_token: string; expires_at: number } | Fault {
  const told = typeof body === "string" ? parsed(body) : body;
  const read = schema.bearer.safeParse(told);
  const token =
    typeof told === "string" ? told.trim() : (read.data?.access_token ?? read.data?.token ?? read.data?.accessToken);
  if (!token || !/^[\x21-\x7e]+$/.test(token)) return { kind: "unreadable", pointer: "", reason: "no token" };
  const lifetime = read.data?.expires_in;
  return { access_token: token, expires_at: lifetime ? now + lifetime * 1000 : (expiryOf(token) ?? now + DAY_MS) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** `exp` of a JSON Web Token, ms; null where it is none. */
function expiryOf(token: string): number | null {
  const payload = token.split(".")[1];
  if (!payload) return null;
  try {
    const claims = schema.claims.safeParse(JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/"))));
    return claims.success ? claims.data.exp * 1000 : null;
  } catch {
    return null;
  }
}

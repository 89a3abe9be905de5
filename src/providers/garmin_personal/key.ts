/** The person's key: what it is exchanged for, and whose it is. */
import { z } from "zod";
import { DAY_MS, utcDate } from "../../domain/time.ts";
import type { ApiKey } from "../provider.ts";
import { by, unreadable } from "../reading.ts";
import { id, lenient, texts } from "../shapes.ts";
import { dayPath } from "./days.ts";
import { get } from "./lists.ts";

/** Only that the bearer lives for a day is known: names of the answer are guesses, or it is the bare text of one. */
const names = texts("access_token token accessToken");
const bearer = z.object(lenient({ ...names, expires_in: z.coerce.number().positive() }));
const claims = z.object({ exp: z.number().positive() });
const owner = z.object(lenient({ userProfileId: id, userProfilePK: id, userProfilePk: id }));

const POST = { method: "POST", auth: "none", as: "text" } as const;

export const personalKey = {
  type: "api_key",
  // "Not intended for commercial applications serving multiple end users".
  private_only: true,
  where: "https://connect.garmin.com/app/settings/personalApiToken",
  lifetimes_days: [30, 90, 180, 365],
  exchange: {
    request: { ...get("personalapitoken-service/personal-api/personal-api-key/token"), ...POST },
    header: { name: "authorization", prefix: "ApiKey " },
    read({ body }, now) {
      const told = typeof body === "string" ? parsed(() => body, body) : body;
      const read = bearer.safeParse(told).data;
      const token = typeof told === "string" ? told.trim() : (read?.access_token ?? read?.token ?? read?.accessToken);
      if (!token || !/^[\x21-\x7e]+$/.test(token)) return unreadable("", "no token");
      const lifetime = by(read?.expires_in, (s) => now + s * 1000);
      return { access_token: token, expires_at: lifetime ?? expiryOf(token) ?? now + DAY_MS };
    },
  },
  early_s: 3600,
  identify: {
    from: "request",
    // No answer names the person; those of a day name their number.
    request: (_account, now) => get(dayPath(utcDate(now - DAY_MS))),
    read({ body }) {
      const { data } = owner.safeParse(body);
      const id = data?.userProfileId ?? data?.userProfilePK ?? data?.userProfilePk;
      return id ? { provider_user_id: id, display_name: null, avatar_url: null } : null;
    },
  },
  // Nothing of the kind is known: the person deletes the key.
  revoke: () => [],
} satisfies ApiKey;

function parsed(json: () => string, otherwise: unknown): unknown {
  try {
    return JSON.parse(json());
  } catch {
    return otherwise;
  }
}

/** `exp` of a JSON Web Token, ms; null where it is none. */
function expiryOf(token: string): number | null {
  const payload = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
  const { data } = claims.safeParse(parsed(() => atob(payload), null));
  return data ? data.exp * 1000 : null;
}

/** Connecting by a key that the person copies from the provider: exchanged at once, so that a wrong one is told at once. */
import { exchangeKey, isKey } from "../access/apikey.ts";
import { offeredKey } from "../access/credentials.ts";
import { DAY_MS } from "../domain/time.ts";
import type { Context } from "../platform/context.ts";
import { Problem } from "../platform/errors.ts";
import type { Provider } from "../providers/provider.ts";
import { connectionOf, type Status } from "../store/connections.ts";
import type { Person } from "../store/users.ts";
import { type Arrival, identify, type Linked, link } from "./connect.ts";

const IN_USE: readonly Status[] = ["active", "paused", "connecting"];

/** `days`: for how long the person made the key, today; null: they did not say. */
export interface GivenKey {
  key: string;
  days: number | null;
}

/** Problems say what to do; nothing is stored then. The arrival is for who must be asked about an account of before. */
export async function connectWithKey(
  context: Context,
  person: Person,
  provider: Provider,
  given: GivenKey,
): Promise<{ arrival: Arrival; linked: Linked }> {
  const entry = offeredKey(context.env, provider);
  if (!entry) throw new Problem(404, "not_offered", `${provider.name} cannot be connected with a key here.`);
  const before = await connectionOf(context, person, provider.id);
  // The consent would be forgotten without its provider being told.
  if (before && before.grant_kind !== "api_key" && IN_USE.includes(before.status)) {
    throw new Problem(409, "connected", `${provider.name} is connected already. Disconnect it before you use a key.`);
  }
  const key = given.key.trim();
  if (!isKey(key)) throw new Problem(400, "bad_key", `That is no key. Copy it once more from ${provider.name}.`);
  const ends = given.days !== null && entry.lifetimes_days?.includes(given.days) ? given.days * DAY_MS : null;
  const key_expires_at = ends === null ? null : context.now() + ends;

  const exchanged = await exchangeKey(context, provider, entry, { key, key_expires_at });
  switch (exchanged.is) {
    case "ended":
      throw new Problem(
        400,
        "key_refused",
        `${provider.name} does not accept this key. It may be incomplete, expired or deleted: make a new one and copy it whole.`,
      );
    case "outage":
    case "unknown":
      context.log("connect_failed", { provider: provider.id, code: exchanged.is });
      throw new Problem(
        502,
        "provider_unavailable",
        `${provider.name} does not answer as it should. Try again in a few minutes.`,
      );
  }
  const { grant, body } = exchanged;
  const identity = await identify(context, provider, grant, body, {});
  const arrival: Arrival = { identity, grant, granted_scopes: [], learned: {} };
  return { arrival, linked: await link(context, person, provider, arrival) };
}

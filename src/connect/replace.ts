/**
 * Another account than before: the person is asked first. Their fresh grant waits as a revocation that is due in ten minutes – it
 * is taken back by their yes, or given back to the provider. Who the account is waits in an encrypted cookie.
 */
import { z } from "zod";
import type { Context } from "../platform/context.ts";
import { open, seal } from "../platform/crypto.ts";
import { Problem } from "../platform/errors.ts";
import type { Provider } from "../providers/provider.ts";
import type { Connection, Rest } from "../store/connections.ts";
import { openGrant } from "../store/grants.ts";
import { takeBack } from "../store/revocations.ts";
import type { Person } from "../store/users.ts";
import { type Arrival, type Linked, link } from "./connect.ts";
import { ATTEMPT_MS } from "./pending.ts";
import { toRevoke } from "./revocations.ts";

export const WAITING_COOKIE = "qt_waiting";

const waiting = z.object({
  revocation: z.number().int(),
  user_id: z.number().int(),
  provider: z.string(),
  /** Of the account before, for the question. */
  before: z.string().nullable(),
  identity: z.object({
    provider_user_id: z.string(),
    display_name: z.string().nullable(),
    avatar_url: z.string().nullable(),
  }),
  granted_scopes: z.array(z.string()),
  learned: z.record(z.string(), z.string()),
  return_to: z.string(),
});
export type Waiting = z.infer<typeof waiting>;

const PLACE = "cookie|waiting";

/** The cookie's value. */
export async function holdArrival(
  context: Context,
  before: Connection,
  arrival: Arrival,
  returnTo: string,
): Promise<string> {
  const { identity, granted_scopes, learned } = arrival;
  const owner = { ...before, provider_user_id: identity.provider_user_id, learned };
  const statement = await toRevoke(context, owner, arrival.grant, context.now() + ATTEMPT_MS);
  const row = await statement.first<{ id: number }>();
  const value: Waiting = {
    revocation: row!.id,
    user_id: before.user_id,
    provider: before.provider,
    before: before.profile.display_name ?? null,
    identity,
    granted_scopes,
    learned,
    return_to: returnTo,
  };
  return seal(context, context.env.ENCRYPTION_KEYS, PLACE, JSON.stringify(value));
}

/** Null where it is not this person's. */
export async function openWaiting(
  context: Context,
  person: Person,
  provider: Provider,
  value: string,
): Promise<Waiting | null> {
  const text = await open(context.env.ENCRYPTION_KEYS, PLACE, value);
  const parsed = text === null ? null : waiting.safeParse(JSON.parse(text));
  if (!parsed?.success || parsed.data.user_id !== person.id || parsed.data.provider !== provider.id) return null;
  return parsed.data;
}

/** The person's yes. Problem `expired` where the grant has gone back meanwhile. */
export async function replaceAccount(
  context: Context,
  person: Person,
  provider: Provider,
  held: Waiting,
  rest: Exclude<Rest, "keep">,
): Promise<Linked> {
  const row = await takeBack(context, held.revocation, person.id, provider.id);
  const owner = row && { user_id: row.user_id, connection_id: row.connection_id, provider: row.provider };
  const grant = row && owner && (await openGrant(context, "revocation", owner, row.grant));
  if (!grant) throw new Problem(400, "expired", `This took longer than ten minutes. Connect ${provider.name} again.`);
  const { identity, granted_scopes, learned } = held;
  return link(context, person, provider, { identity, grant, granted_scopes, learned }, rest);
}

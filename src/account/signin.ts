/** Who an account signs in, who may sign up, and what signing in does to their connection. */
import { keepGrant } from "../access/vault.ts";
import { type Arrival, type Linked, link } from "../connect/connect.ts";
import { giveBack } from "../connect/revocations.ts";
import type { Context } from "../platform/context.ts";
import { Problem } from "../platform/errors.ts";
import type { Provider } from "../providers/provider.ts";
import { audit } from "../store/audit.ts";
import { connectionOf } from "../store/connections.ts";
import { anybody, createPerson, openFence, type Person, personByIdentity } from "../store/users.ts";

/** Problem `not_for_sign_in` where the operator lets other providers sign people in. */
export function mustSignIn(context: Context, provider: Provider): void {
  if (context.env.SIGN_IN.includes(provider.id)) return;
  throw new Problem(
    401,
    "not_for_sign_in",
    `${provider.name} does not sign you in here. Sign in first, then connect it in settings.`,
  );
}

export interface SignedIn {
  person: Person;
  /** What became of the connection; null: it stays as it is. They are signed in in any case. */
  linked: Linked | Problem | null;
}

/** The person of the account, or a new one where sign-ups are open. Problems: `sign_ups_closed`, `erased`. */
export async function signIn(context: Context, provider: Provider, arrival: Arrival): Promise<SignedIn> {
  mustSignIn(context, provider);
  const { provider_user_id } = arrival.identity;
  const known = await personByIdentity(context, provider.id, provider_user_id);
  if (known) return enter(context, known, provider, arrival);

  const open = context.env.SIGN_UPS === "open";
  if (open || !(await anybody(context))) {
    const { display_name, avatar_url } = arrival.identity;
    const identity = { provider: provider.id, provider_user_id };
    const created = await createPerson(context, {
      display_name,
      avatar_url,
      time_zone: null,
      identity,
      only: open ? null : "first",
    });
    if (created) {
      await audit(context, { user_id: created.id, action: "sign_up", provider: provider.id });
      return { person: created, linked: await tryLink(context, created, provider, arrival) };
    }
    // Two windows at once: the other was first.
    const other = await personByIdentity(context, provider.id, provider_user_id);
    if (other) return enter(context, other, provider, arrival);
  }
  await giveBack(context, provider, arrival.grant, provider_user_id);
  throw open
    ? new Problem(409, "erased", "Your account here is being erased. Try again in a few minutes.")
    : new Problem(
        403,
        "sign_ups_closed",
        "This instance takes in new people by invitation. If you want an account, ask whoever runs it for one.",
      );
}

/** Signing in is no wish to connect: what the person has ended stays ended, and a fresh grant of it goes back. */
async function enter(context: Context, person: Person, provider: Provider, arrival: Arrival): Promise<SignedIn> {
  await openFence(context, person);
  await audit(context, { user_id: person.id, action: "sign_in", provider: provider.id });
  const connection = await connectionOf(context, person, provider.id);
  const same = connection?.provider_user_id === arrival.identity.provider_user_id;
  if (!connection || (same && connection.status === "needs_reauthorization")) {
    return { person, linked: await tryLink(context, person, provider, arrival) };
  }
  if (same && (connection.status === "active" || connection.status === "paused")) {
    await keepGrant(context, connection, arrival);
  } else {
    await giveBack(context, provider, arrival.grant, arrival.identity.provider_user_id);
  }
  return { person, linked: null };
}

async function tryLink(
  context: Context,
  person: Person,
  provider: Provider,
  arrival: Arrival,
): Promise<Linked | Problem> {
  try {
    return await link(context, person, provider, arrival);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

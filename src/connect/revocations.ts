/** Telling providers that we are done with a grant; kept and tried again while they are down. */

import { refresh, renewal, revocationRequests, revoke } from "../access/grant.ts";
import { DAY_MS } from "../domain/time.ts";
import type { Context } from "../platform/context.ts";
import { ProviderError } from "../platform/errors.ts";
import { errorText } from "../platform/log.ts";
import { providerOf } from "../providers/index.ts";
import type { Account, Provider } from "../providers/provider.ts";
import { audit } from "../store/audit.ts";
import { type Connection, connectionWithAccount } from "../store/connections.ts";
import { type Grant, heldGrant, openGrant, sealGrant } from "../store/grants.ts";
import {
  dropRevocation,
  putOffRevocation,
  type Revocation,
  revocationStatement,
  takeRevocations,
} from "../store/revocations.ts";

const MOST = 20;
/** One runner has this long before another may take the same. */
const TAKEN_MS = 120_000;
const FIRST_MS = 60_000;
/** A person who disconnects waits no longer. */
const PATIENCE_MS = 5_000;
/** After so long the provider will not listen any more; the audit says so. */
const LAST_MS = 30 * DAY_MS;

/** The grant of a connection that is about to end, sealed anew for its place in `revocation`. */
export async function toRevoke(
  context: Context,
  connection: Pick<Connection, "id" | "user_id" | "provider" | "provider_user_id" | "learned">,
  grant: Grant,
  dueAt: number,
  held?: Parameters<typeof revocationStatement>[2],
): Promise<D1PreparedStatement> {
  const { id, user_id, provider, provider_user_id, learned } = connection;
  const sealed = await sealGrant(context, "revocation", { user_id, connection_id: id, provider }, grant);
  return revocationStatement(
    context,
    { user_id, provider, provider_user_id, connection_id: id, sealed, learned, due_at: dueAt },
    held,
  );
}

/** The grant that a connection has now, due at once; null where it has none, or one that does not open. */
export async function toRevokeHeld(context: Context, connection: Connection): Promise<D1PreparedStatement | null> {
  const held = await heldGrant(context, connection.id);
  const owner = { user_id: connection.user_id, connection_id: connection.id, provider: connection.provider };
  const grant = held?.grant ? await openGrant(context, "provider_connection", owner, held.grant) : null;
  return grant ? toRevoke(context, connection, grant, context.now(), held!) : null;
}

/** Cron: revokes what is due. Answers how many are done. */
export const retryRevocations = (context: Context): Promise<number> => revokeDue(context, null);

/**
 * Right after a disconnect, awaited: whoever connects again at once must not lose the new grant to the end of the old one, since
 * many providers know one an account and application. One that takes too long ends behind the person's back.
 */
export async function revokeNow(context: Context, userId: number): Promise<void> {
  const revoking = revokeDue(context, userId);
  context.waitUntil(revoking);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS);
  });
  await Promise.race([revoking, late]);
  clearTimeout(timer);
}

async function revokeDue(context: Context, userId: number | null): Promise<number> {
  let done = 0;
  for (const row of await takeRevocations(context, userId, MOST, TAKEN_MS)) {
    try {
      const outcome = await revokeOne(context, row);
      if (outcome === "later" && context.now() - row.created_at < LAST_MS) {
        await putOffRevocation(context, row.id, {
          due_at: context.now() + Math.min(DAY_MS, FIRST_MS * 2 ** row.attempts),
        });
        continue;
      }
      await dropRevocation(context, row.id);
      if (outcome !== "unneeded") {
        const action = outcome === "done" ? "revoke" : "revoke_failed";
        await audit(context, { user_id: row.user_id, action, provider: row.provider });
      }
      done++;
    } catch (error) {
      context.log("revocation", { connection_id: row.connection_id, provider: row.provider, error: errorText(error) });
    }
  }
  return done;
}

async function revokeOne(context: Context, row: Revocation): Promise<"done" | "later" | "lost" | "unneeded"> {
  const provider = providerOf(row.provider);
  if (!provider) return "lost";
  // It would cut off whoever has connected since.
  if (row.provider_user_id !== null) {
    const holder = await connectionWithAccount(context, row.provider, row.provider_user_id);
    if (holder && holder.status !== "revoked" && holder.status !== "ending") return "unneeded";
  }
  const owner = { user_id: row.user_id, connection_id: row.connection_id, provider: row.provider };
  let grant = await openGrant(context, "revocation", owner, row.grant);
  if (!grant) return "lost";
  const learned = JSON.parse(row.learned) as Record<string, string>;
  try {
    const account: Account = { provider_user_id: row.provider_user_id, public_id: "", learned };
    if (revocationRequests(context, provider, grant, account).length === 0) return "done";
    const renews = renewal(context.env, provider, grant) !== null;
    if (renews && grant.expires_at !== null && grant.expires_at <= context.now()) {
      const fresh = await refresh(context, provider, grant, learned);
      if (fresh.is === "ended" || (fresh.is === "refused" && fresh.error === "invalid_grant")) return "done";
      if (fresh.is !== "granted") return "later";
      grant = fresh.grant;
      const sealed = await sealGrant(context, "revocation", owner, grant);
      await putOffRevocation(context, row.id, { due_at: context.now() + TAKEN_MS, sealed });
    }
    const outcome = await revoke(context, provider, grant, account);
    return outcome === "revoked" ? "done" : outcome === "refused" ? "lost" : "later";
  } catch (error) {
    if (error instanceof ProviderError) return "later"; // the operator took the credentials away
    throw error;
  }
}

/** A fresh grant that nobody will use: given back at once, where nobody lives on the same account. Not tried twice. */
export async function giveBack(
  context: Context,
  provider: Provider,
  grant: Grant,
  providerUserId: string,
): Promise<void> {
  const holder = await connectionWithAccount(context, provider.id, providerUserId);
  if (holder && holder.status !== "revoked" && holder.status !== "ending") return;
  context.waitUntil(revoke(context, provider, grant, { provider_user_id: providerUserId, public_id: "", learned: {} }));
}

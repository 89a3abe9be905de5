/** Erasing an account: the fences first, so that whatever is still under way fails, then everything. */
import { revokeNow, toRevoke } from "../connect/revocations.ts";
import type { Context } from "../platform/context.ts";
import { hmac, toHex } from "../platform/crypto.ts";
import { errorText } from "../platform/log.ts";
import { abandonMove, beginEnding, connectionById, connectionsOf } from "../store/connections.ts";
import { heldGrant, openGrant } from "../store/grants.ts";
import { deletePerson, dropFences } from "../store/purge.ts";
import { erasingPeople, forgetPerson, markErasing, type Person } from "../store/users.ts";

/** An erasure older than this has lost the request that began it. */
const HALFWAY_MS = 60_000;
const TRIES = 5;
/** Of one tick (cron/index.ts). */
const MOST = 4;

/** For the person to keep; the audit has it too, without a name. The same however often it is asked for. */
const receiptOf = async (context: Context, person: Person): Promise<string> =>
  `ers_${toHex(await hmac("SHA-256", context.env.SESSION_SECRET[0]!, `erase:${person.public_id}`)).slice(0, 32)}`;

/** Complete when it returns; a provider that is down is told later. */
export async function erase(context: Context, person: Person): Promise<{ receipt: string }> {
  // Nobody enters any more, no connection begins, and cron knows what to finish.
  await markErasing(context, person);
  const receipt = await carryOut(context, person);
  await revokeNow(context, person.id);
  return { receipt };
}

/** Each step may be repeated. */
async function carryOut(context: Context, person: Person): Promise<string> {
  const receipt = await receiptOf(context, person);
  await dropFences(context, person);
  await endConnections(context, person);
  await deletePerson(context, person);
  await forgetPerson(context, person, receipt);
  return receipt;
}

/** Grants are forgotten here and kept to be revoked; under the new epoch nothing of the connections goes on. */
async function endConnections(context: Context, person: Person): Promise<void> {
  for (const { id } of await connectionsOf(context, person)) {
    for (let tries = 1; ; tries++) {
      const [connection, held] = [await connectionById(context, id), await heldGrant(context, id)];
      if (!connection || !held?.grant) break;
      await abandonMove(context, id);
      const grant = await openGrant(context, "provider_connection", { ...held, connection_id: id }, held.grant);
      const revocation = grant ? await toRevoke(context, connection, grant, context.now(), held) : null;
      if (await beginEnding(context, { ...connection, token_version: held.token_version }, "delete", revocation)) break;
      // Dropped with its row the grant would live on at the provider; cron finishes what stops here.
      if (tries === TRIES) throw new Error(`connection ${id} changes faster than it can be ended`);
    }
  }
}

/** Cron: finishes erasures that a crash has left half-way. Answers how many it took up. */
export async function finishErasures(context: Context): Promise<number> {
  const people = await erasingPeople(context, context.now() - HALFWAY_MS, MOST);
  for (const person of people) {
    try {
      await carryOut(context, person);
    } catch (error) {
      context.log("erasure", { user_id: person.id, error: errorText(error) });
    }
  }
  return people.length;
}

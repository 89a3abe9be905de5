/** Ending a connection: complete here even if the provider is down. */
import { effectiveTerms } from "../domain/terms.ts";
import type { Context } from "../platform/context.ts";
import { Problem } from "../platform/errors.ts";
import { providerOf } from "../providers/index.ts";
import type { Provider } from "../providers/provider.ts";
import { audit } from "../store/audit.ts";
import { beginEnding, type Connection, connectionById, connectionOf } from "../store/connections.ts";
import { heldGrant, openGrant } from "../store/grants.ts";
import type { Person } from "../store/users.ts";
import { advance } from "./move.ts";
import { revokeNow, toRevoke } from "./revocations.ts";

/** Moves of others – a refresh, a connect, another disconnect – that may come between reading and moving. */
const TRIES = 5;

/** Problem `not_connected` where there never was a connection; an ended one may still have its data deleted. */
export async function disconnect(
  context: Context,
  person: Person,
  provider: Provider,
  wish: "keep" | "delete",
): Promise<void> {
  const connection = await connectionOf(context, person, provider.id);
  if (!connection) throw new Problem(404, "not_connected", `${provider.name} is not connected.`);
  await end(context, connection.id, provider, wish, "person");
  await revokeNow(context, person.id);
}

/** The provider has ended it. Nothing where the connection has moved on since that was said. */
export async function sayGoodbye(context: Context, message: { connection_id: number; epoch: number }): Promise<void> {
  const connection = await connectionById(context, message.connection_id);
  const provider = connection && providerOf(connection.provider);
  if (connection?.epoch === message.epoch && provider) await end(context, connection.id, provider, "keep", "provider");
}

async function end(
  context: Context,
  id: number,
  provider: Provider,
  wish: "keep" | "delete",
  by: "person" | "provider",
): Promise<void> {
  const rest = effectiveTerms(provider, context.env.DATA_POLICY).delete_on_disconnect ? "delete" : wish;
  for (let tries = 0; tries < TRIES; tries++) {
    const connection = await connectionById(context, id);
    if (!connection) return; // erased meanwhile
    if (connection.status === "connecting" || connection.status === "ending") {
      await advance(context, connection);
      continue;
    }
    if (connection.status === "revoked" && rest === "keep") return;
    if (!(await begin(context, connection, rest, by))) continue;
    await audit(context, {
      user_id: connection.user_id,
      action: "disconnect",
      provider: provider.id,
      detail: `${by}, ${rest}`,
    });
    const moved = await connectionById(context, id);
    if (moved) await advance(context, moved);
    return;
  }
  throw new Problem(503, "busy", "The connection is being changed. Try again in a minute.", { retry_after_s: 60 });
}

async function begin(
  context: Context,
  connection: Connection,
  rest: "keep" | "delete",
  by: "person" | "provider",
): Promise<boolean> {
  const held = await heldGrant(context, connection.id);
  if (!held) return false;
  const owner = { user_id: held.user_id, connection_id: held.id, provider: held.provider };
  const grant =
    held.grant && by === "person" ? await openGrant(context, "provider_connection", owner, held.grant) : null;
  const revocation = grant ? await toRevoke(context, connection, grant, context.now(), held) : null;
  return beginEnding(context, { ...connection, token_version: held.token_version }, rest, revocation);
}

/**
 * The connection of a phone bridge, which appears with its first post. One that was ended comes back with the first post that begins
 * after it: the person has left the app sending. One that ends while a post is under way stays ended.
 */
import { advance } from "../connect/move.ts";
import type { Context } from "../platform/context.ts";
import { Problem } from "../platform/errors.ts";
import type { Provider } from "../providers/provider.ts";
import { beginConnecting, type Connection, connectionOf, ensureConnection } from "../store/connections.ts";
import type { Person } from "../store/users.ts";

/** Moves of others that may come between reading and moving. */
const TRIES = 5;

export const ended = (): Problem =>
  new Problem(
    409,
    "disconnected",
    "The source was disconnected while this was being received: nothing more of it was stored.",
  );
export const erased = (): Problem =>
  new Problem(410, "account_erased", "This account is being erased: nothing was stored.");

/**
 * The active connection. `before`: as it was when the post began. Problems: 409 `paused`, `disconnected`; 410 `account_erased`;
 * 503 `busy`.
 */
export async function openBridge(
  context: Context,
  person: Person,
  provider: Provider,
  before: Pick<Connection, "epoch" | "status"> | null,
): Promise<Connection> {
  for (let tries = 0; tries < TRIES; tries++) {
    const connection =
      (await connectionOf(context, person, provider.id)) ?? (await ensureConnection(context, person, provider.id));
    if (!connection) throw erased();
    const { status, epoch } = connection;
    if (status === "paused") throw new Problem(409, "paused", `Nothing is taken for ${provider.name} at present.`);
    // Ended since the post began; it was never there before means that it has come and gone.
    const moved = before === null ? epoch > 0 : epoch !== before.epoch;
    if (moved && (status === "ending" || status === "revoked")) throw ended();
    if (before && status === "active" && moved && before.status === "active") throw ended();
    if (status === "active") return connection;
    if (status === "connecting" || status === "ending") await advance(context, connection);
    else {
      const linking = {
        provider_user_id: null,
        grant: null,
        granted_scopes: [],
        learned: {},
        profile: {},
        rest: "keep" as const,
      };
      const moving = await beginConnecting(context, connection, linking);
      if (moving) await advance(context, moving);
    }
  }
  throw new Problem(503, "busy", "The connection is being changed. Try again in a minute.", { retry_after_s: 60 });
}

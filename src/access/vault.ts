/**
 * Access tokens that work. One caller refreshes, under a lease that ends by itself; what it got is stored before anybody uses it.
 * What a failed refresh means is decided here once (RFC 9700 §4.14).
 */
import type { Context } from "../platform/context.ts";
import { randomText } from "../platform/crypto.ts";
import { ProviderError } from "../platform/errors.ts";
import type { Provider } from "../providers/provider.ts";
import { audit } from "../store/audit.ts";
import { type Connection, connectionById, flagConnection } from "../store/connections.ts";
import {
  type Grant,
  type Held,
  heldGrant,
  openGrant,
  putFailure,
  putRefreshed,
  replaceGrant,
  sealForConnection,
  sealGrant,
  takeLease,
} from "../store/grants.ts";
import { revocationStatement } from "../store/revocations.ts";
import { type Refreshed, refresh, renewal } from "./grant.ts";

export const LEASE_MS = 120_000;
/** After an answer that was lost the same token is tried again no earlier. */
export const UNKNOWN_MS = 60_000;
/** A first `invalid_grant` may be another isolate's doing; the second try comes after so long. */
const REFUSED_MS = 5_000;
const LONGEST_MS = 3_600_000;
const FIRST_MS = 5_000;
/** Losers of the lease look again so often, for longer than a token call takes. */
const LOOK_MS = 200;
const LOOKS = 60;

/** A grant whose token works, as far as we know. */
export interface Token {
  grant: Grant;
  version: number;
  learned: Record<string, string>;
}

/** A token that works, refreshed if it is about to end. `read`: its row as of just now. Faults: `unauthorized`, `unavailable`. */
export const tokenFor = (
  context: Context,
  provider: Provider,
  connection: Connection,
  read?: Held | null,
): Promise<Token> => obtain(context, provider, connection, null, read);

/** A token other than the one that was refused. */
export const tokenAfter = (
  context: Context,
  provider: Provider,
  connection: Connection,
  refused: Token,
): Promise<Token> => obtain(context, provider, connection, refused.version);

async function obtain(
  context: Context,
  provider: Provider,
  connection: Connection,
  refused: number | null,
  read?: Held | null,
): Promise<Token> {
  for (let look = 0; look < LOOKS; look++) {
    const held = look === 0 && read !== undefined ? read : await heldGrant(context, connection.id);
    if (!held || held.epoch !== connection.epoch || !held.grant || !WORKING.includes(held.status)) {
      throw new ProviderError(provider.id, { kind: "unauthorized" });
    }
    const grant = await openGrant(context, "provider_connection", owner(held), held.grant);
    // Not the person's fault: a key is missing in ENCRYPTION_KEYS, and consenting again would hide it.
    if (!grant) throw new Error(`the grant of connection ${held.id} does not open`);
    const works = held.token_version !== refused && (grant.expires_at === null || grant.expires_at > context.now());
    if (works && !isDue(context, provider, grant)) return toToken(held, grant);

    const lease = randomText(context, 16);
    const mine = await takeLease(context, held, lease, context.now() + LEASE_MS);
    if (mine) {
      const token = await refreshUnderLease(context, provider, mine, lease, grant);
      if (token) return token;
    } else if (works) {
      return toToken(held, grant); // somebody refreshes ahead of time, or an outage is being waited out
    } else if (held.refresh_at > context.now()) {
      throw new ProviderError(provider.id, { kind: "unavailable", status: null });
    } else {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }
  throw new ProviderError(provider.id, { kind: "unavailable", status: null });
}

const WORKING: readonly string[] = ["active", "connecting", "paused"];
export const owner = ({ user_id, id, provider }: Held) => ({ user_id, connection_id: id, provider });
const toToken = (held: Held, grant: Grant): Token => ({
  grant,
  version: held.token_version,
  learned: JSON.parse(held.learned) as Record<string, string>,
});

/** Some minutes before the end; of a short life no more than its second half. */
function isDue(context: Context, provider: Provider, grant: Grant): boolean {
  const how = renewal(context.env, provider, grant);
  if (!how || grant.expires_at === null) return false;
  const early = Math.min(how.early_s * 1000, (grant.expires_at - grant.issued_at) / 2);
  return grant.expires_at - early <= context.now();
}

/** Null: look again – what is stored has changed, or the person is asked to consent again. */
async function refreshUnderLease(
  context: Context,
  provider: Provider,
  held: Held,
  lease: string,
  grant: Grant,
): Promise<Token | null> {
  const learned = JSON.parse(held.learned) as Record<string, string>;
  const outcome = await refresh(context, provider, grant, learned);
  const failures = held.refresh_failures + 1;
  const now = context.now();
  switch (outcome.is) {
    case "granted":
      return store(context, provider, held, lease, outcome);
    case "outage": {
      const at = Math.max(outcome.retry_at ?? 0, now + backoff(context, FIRST_MS, failures));
      const state = held.refresh_state;
      await putFailure(context, held, lease, { refresh_at: at, lease_until: 0, failures, state, code: "unavailable" });
      throw new ProviderError(provider.id, { kind: "unavailable", status: outcome.status });
    }
    case "unknown": {
      const at = now + backoff(context, UNKNOWN_MS, failures);
      await putFailure(context, held, lease, {
        refresh_at: at,
        lease_until: at,
        failures,
        state: "unknown",
        code: "unavailable",
      });
      throw new ProviderError(provider.id, { kind: "unavailable", status: null });
    }
    case "ended":
      await endGrant(context, held, outcome.code);
      return null;
    case "refused":
      return refused(context, provider, held, lease, outcome, failures);
  }
}

/** Stored before use. A swap that loses leaves a grant that nobody knows: after a disconnect it is given back. */
async function store(
  context: Context,
  provider: Provider,
  held: Held,
  lease: string,
  fresh: Extract<Refreshed, { is: "granted" }>,
): Promise<Token | null> {
  const sealed = await sealForConnection(context, owner(held), fresh.grant);
  if (await putRefreshed(context, held, lease, { ...sealed, learned: fresh.learned })) {
    return toToken(
      { ...held, token_version: held.token_version + 1, learned: JSON.stringify(fresh.learned) },
      fresh.grant,
    );
  }
  await orphaned(context, provider, held, fresh);
  return null;
}

/** A grant that nobody has taken: after a disconnect it is given back. */
export async function orphaned(
  context: Context,
  provider: Provider,
  held: Held,
  fresh: { grant: Grant; learned: Record<string, string> },
): Promise<void> {
  const now = await connectionById(context, held.id);
  if (!now || now.status === "ending" || now.status === "revoked") {
    await revocationStatement(context, {
      user_id: held.user_id,
      provider: provider.id,
      provider_user_id: now?.provider_user_id ?? null,
      connection_id: held.id,
      sealed: await sealGrant(context, "revocation", owner(held), fresh.grant),
      learned: fresh.learned,
      due_at: context.now(),
    }).run();
  }
}

/**
 * Only `invalid_grant`, and only the second on one version, ends the grant: the first may come of another isolate that has
 * rotated the token and not stored it yet. Any other refusal is about us, not about the person.
 */
async function refused(
  context: Context,
  provider: Provider,
  held: Held,
  lease: string,
  { status, error }: { status: number; error: string },
  failures: number,
): Promise<null> {
  const unavailable = new ProviderError(provider.id, { kind: "unavailable", status });
  if (error !== "invalid_grant") {
    const at = context.now() + backoff(context, FIRST_MS, failures);
    const state = held.refresh_state;
    await putFailure(context, held, lease, { refresh_at: at, lease_until: 0, failures, state, code: "token_refused" });
    throw unavailable;
  }
  const newest = await heldGrant(context, held.id);
  if (newest?.token_version !== held.token_version) return null;
  if (!held.refresh_state?.startsWith("refused")) {
    const state = held.refresh_state === "unknown" ? "refused_after_unknown" : "refused";
    const at = context.now() + REFUSED_MS;
    await putFailure(context, held, lease, { refresh_at: at, lease_until: 0, failures, state, code: "unavailable" });
    throw unavailable;
  }
  await endGrant(
    context,
    held,
    held.refresh_state === "refused_after_unknown" ? "refresh_outcome_lost" : "invalid_grant",
  );
  return null;
}

/** The person must consent again: the grant of this version is at its end. */
export async function endGrant(
  context: Context,
  held: Pick<Held, "id" | "user_id" | "provider" | "token_version">,
  code: string,
) {
  if (!(await flagConnection(context, held.id, held.token_version, code))) return;
  await audit(context, { user_id: held.user_id, action: "refresh_failed", provider: held.provider, detail: code });
  context.log("needs_reauthorization", { provider: held.provider, connection_id: held.id, code });
}

/** The first wait, doubled with each failure, to an hour or as told, plus up to a fifth so that not all come at once. */
export function backoff(context: Context, first: number, failures: number, longest = LONGEST_MS): number {
  const wait = Math.min(longest, first * 2 ** Math.min(failures - 1, 20));
  return Math.round(wait * (1 + context.random(1)[0]! / 1280));
}

/**
 * A fresh grant of a consent, kept for a connection that goes on as it is. False where the connection has more scopes than the
 * grant, or has no use for it.
 */
export async function keepGrant(
  context: Context,
  connection: Connection,
  fresh: { grant: Grant; granted_scopes: string[]; learned: Record<string, string> },
): Promise<boolean> {
  if (connection.granted_scopes.some((scope) => !fresh.granted_scopes.includes(scope))) return false;
  // A consent may end the one before it, a key does not.
  if ((connection.grant_kind === "api_key") !== (fresh.grant.kind === "api_key")) return false;
  const held = await heldGrant(context, connection.id);
  if (held?.epoch !== connection.epoch) return false;
  const sealed = await sealForConnection(context, owner(held), fresh.grant);
  const learned = { ...connection.learned, ...fresh.learned };
  const { granted_scopes } = fresh;
  return replaceGrant(context, held, { ...sealed, learned, granted_scopes });
}

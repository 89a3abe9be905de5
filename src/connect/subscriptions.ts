/**
 * Getting pushed to: an application's subscription, made by the operator and kept alive by cron, or one a connection. What a provider
 * has with another address is left alone unless the operator says so: it may be another deployment's.
 */
import { callAs } from "../access/client.ts";
import { credentialsOf } from "../access/credentials.ts";
import { faultOf } from "../access/fault.ts";
import { ask } from "../access/request.ts";
import { callbackUrl, pathSecrets, verifyTokens } from "../access/webhooks.ts";
import { DAY_MS } from "../domain/time.ts";
import type { Context } from "../platform/context.ts";
import { Problem, ProviderError } from "../platform/errors.ts";
import { providerOf } from "../providers/index.ts";
import type { Answer, Provider, ProviderRequest, Push, Subscribed } from "../providers/provider.ts";
import { type Connection, connectionById } from "../store/connections.ts";
import {
  dropSubscription,
  issuedKeys,
  putSubscription,
  type Subscription,
  subscriptionOf,
  subscriptionsToCheck,
} from "../store/subscriptions.ts";

/** Renewed so long before its end. */
const EARLY_MS = 7 * DAY_MS;
const CHECK_MS = DAY_MS - 3_600_000;

type Ours = Exclude<Push["subscription"], { per: "by_hand" }>;
type Listed = Subscribed & { callback_url: string; is_asleep?: boolean };

/** Problems: 404 `no_subscription` where there is none to make, 503 `not_configured`. */
function oursOf(context: Context, provider: Provider): Ours {
  const subscription = provider.push?.subscription;
  if (subscription?.per !== "application") {
    throw new Problem(
      404,
      "no_subscription",
      subscription?.per === "by_hand"
        ? `${provider.name} is told by hand where to push to, in its portal.`
        : `${provider.name} has no subscription of the application.`,
    );
  }
  if (!credentialsOf(context.env, provider)) {
    throw new Problem(503, "not_configured", `${provider.name} is not set up here yet.`);
  }
  return subscription;
}

/**
 * Makes sure that the provider pushes to this deployment. `replace`: what it has with another address goes first. Problems: 409 `taken`,
 * 502 `refused`.
 */
export async function subscribe(context: Context, provider: Provider, replace: boolean): Promise<Subscription> {
  const ours = oursOf(context, provider);
  const outcome = await establish(context, provider, ours, replace);
  if (outcome === "taken") {
    throw new Problem(
      409,
      "taken",
      `${provider.name} pushes to another address for this application. Say \`replace\` if that is to end.`,
    );
  }
  if (outcome === "failed") {
    throw new Problem(
      502,
      "refused",
      `${provider.name} did not accept the subscription. It must be able to reach ${context.env.BASE_URL} from outside.`,
    );
  }
  return outcome;
}

/** Ends the application's subscription at the provider, and forgets it. */
export async function unsubscribe(context: Context, provider: Provider): Promise<void> {
  const ours = oursOf(context, provider);
  const row = await subscriptionOf(context, provider.id);
  const listed = await listOf(context, provider, ours);
  const mine = await isOurUrl(context, provider);
  const ids = new Set([...(row?.external_ids ?? []), ...(listed ?? []).filter(mine).map((one) => one.external_id)]);
  if (!(await removeAll(context, provider, ours, [...ids]))) {
    throw new Problem(502, "refused", `${provider.name} did not end the subscription. Try again in a few minutes.`);
  }
  await dropSubscription(context, provider.id);
}

/** Cron: those of which a day nothing was heard are looked at, those about to end renewed. */
export async function keepSubscriptions(context: Context): Promise<void> {
  const now = context.now();
  for (const row of await subscriptionsToCheck(context, now - CHECK_MS, now + EARLY_MS)) {
    const provider = providerOf(row.provider);
    const subscription = provider?.push?.subscription;
    if (!provider || !subscription || subscription.per === "by_hand") continue;
    if (row.connection_id === 0) {
      if (credentialsOf(context.env, provider)) await keep(context, provider, subscription, row);
      continue;
    }
    const connection = await connectionById(context, row.connection_id);
    if (connection?.status === "active") await subscribePerson(context, connection);
  }
}

async function keep(context: Context, provider: Provider, ours: Ours, row: Subscription): Promise<void> {
  const isEnding = row.expires_at !== null && row.expires_at <= context.now() + EARLY_MS;
  if (isEnding && ours.renew && row.status === "active") {
    const [token] = await verifyTokens(context, provider);
    const renewed = await askEach(
      context,
      provider,
      ours,
      row.external_ids.map((id) => ours.renew!(id, token!)),
    );
    if (renewed) return save(context, provider, row.callback_url, renewed);
  }
  await establish(context, provider, ours, false);
}

/** Keeps what is there and ours, else makes it anew. */
async function establish(
  context: Context,
  provider: Provider,
  ours: Ours,
  replace: boolean,
): Promise<Subscription | "taken" | "failed"> {
  const url = await callbackUrl(context, provider);
  const row = await subscriptionOf(context, provider.id);
  const listed = await listOf(context, provider, ours);
  const note = async (status: "failed" | "taken") => {
    await putSubscription(
      context,
      {
        provider: provider.id,
        connection_id: 0,
        external_ids: row?.external_ids ?? [],
        callback_url: row?.callback_url ?? url,
        status,
        expires_at: row?.expires_at ?? null,
        checked_at: context.now(),
      },
      [],
    );
    context.log("subscription", { provider: provider.id, code: status });
    return status;
  };
  if (ours.list && listed === null) return note("failed");

  const [token] = await verifyTokens(context, provider);
  const creates = [ours.create(url, token!)].flat();
  const there = listed ?? (row?.status === "active" && row.callback_url === url ? asListed(row) : []);
  const alive = there.filter((one) => one.callback_url === url);
  const needsKey = provider.push!.verify.by === "hmac" && provider.push!.verify.key === "issued";
  const hasKey = !needsKey || (await issuedKeys(context, provider.id)).length > 0;
  const ends = context.now() + EARLY_MS;
  const isWhole =
    alive.length >= creates.length &&
    hasKey &&
    alive.every(({ expires_at }) => expires_at === null || expires_at > ends);
  if (isWhole) {
    for (const { external_id } of alive.filter(({ is_asleep }) => is_asleep)) {
      if (ours.wake && !(await askOnce(context, provider, ours.wake(external_id)))) return note("failed");
    }
    await save(context, provider, url, alive);
    return (await subscriptionOf(context, provider.id))!;
  }

  const mine = await isOurUrl(context, provider);
  const known = new Set(row?.external_ids ?? []);
  const foreign = there.filter((one) => !mine(one) && !known.has(one.external_id));
  if (foreign.length > 0 && !replace) return note("taken");
  const gone = await removeAll(
    context,
    provider,
    ours,
    there.map(({ external_id }) => external_id),
  );
  const made = gone ? await askEach(context, provider, ours, creates) : null;
  if (!made) return note("failed");
  await save(context, provider, url, made);
  context.log("subscription", { provider: provider.id, code: "active", count: made.length });
  return (await subscriptionOf(context, provider.id))!;
}

const asListed = ({ external_ids, callback_url, expires_at }: Subscription): Listed[] =>
  external_ids.map((external_id) => ({ external_id, callback_url, expires_at, secret: null }));

/** An address with any of our path secrets, at whatever origin this deployment had. */
async function isOurUrl(context: Context, provider: Provider): Promise<(one: Listed) => boolean> {
  const ends = (await pathSecrets(context, provider)).map((secret) => `/api/webhooks/${provider.id}/${secret}`);
  return ({ callback_url }) => ends.some((end) => callback_url.endsWith(end));
}

async function save(context: Context, provider: Provider, url: string, all: Subscribed[], connectionId = 0) {
  const ends = all.flatMap(({ expires_at }) => (expires_at === null ? [] : [expires_at]));
  await putSubscription(
    context,
    {
      provider: provider.id,
      connection_id: connectionId,
      external_ids: all.map(({ external_id }) => external_id),
      callback_url: url,
      status: "active",
      expires_at: ends.length > 0 ? Math.min(...ends) : null,
      checked_at: context.now(),
    },
    all.flatMap(({ secret }) => (secret === null ? [] : [secret])),
  );
}

// ---- One a connection ----

/** Where a provider wants one for each person. What fails is tried again by cron; meanwhile the polls bring what is new. */
export async function subscribePerson(context: Context, connection: Connection): Promise<void> {
  const provider = providerOf(connection.provider);
  const subscription = provider?.push?.subscription;
  if (!provider || subscription?.per !== "user") return;
  const url = await callbackUrl(context, provider);
  const [token] = await verifyTokens(context, provider);
  const made: Subscribed[] = [];
  try {
    for (const request of [subscription.create(url, token!)].flat()) {
      const one = subscription.read(await callAs(context, connection, request, "live"));
      if (one) made.push(one);
    }
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    context.log("subscription", { provider: provider.id, connection_id: connection.id, fault: error.fault.kind });
    const row = {
      external_ids: made.map(({ external_id }) => external_id),
      status: "failed" as const,
      expires_at: null,
    };
    const of = { provider: provider.id, connection_id: connection.id, callback_url: url, checked_at: context.now() };
    return putSubscription(context, { ...of, ...row }, []);
  }
  await save(context, provider, url, made, connection.id);
}

// ---- Requests of the application ----

/** Null: the provider refused, or did not answer as it should. */
async function askOnce(context: Context, provider: Provider, request: ProviderRequest): Promise<Answer | null> {
  try {
    const answer = await ask(context, provider, request, null);
    const fault = faultOf(provider, request, answer, context.now());
    if (fault === null) return answer;
    context.log("fault", { provider: provider.id, fault: fault.kind, status: answer.status, route: "subscription" });
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    context.log("fault", { provider: provider.id, fault: error.fault.kind, route: "subscription" });
  }
  return null;
}

/** Null where one of them failed; those before it are ended again. */
async function askEach(
  context: Context,
  provider: Provider,
  ours: Ours,
  requests: ProviderRequest[],
): Promise<Subscribed[] | null> {
  const made: Subscribed[] = [];
  for (const request of requests) {
    const answer = await askOnce(context, provider, request);
    const one = answer && ours.read(answer);
    if (!one) {
      await removeAll(
        context,
        provider,
        ours,
        made.map(({ external_id }) => external_id),
      );
      return null;
    }
    made.push(one);
  }
  return made;
}

async function listOf(context: Context, provider: Provider, ours: Ours): Promise<Listed[] | null> {
  if (!ours.list) return null;
  const answer = await askOnce(context, provider, ours.list.request);
  return answer && ours.list.read(answer);
}

/** What is gone already is as good as ended. */
async function removeAll(context: Context, provider: Provider, ours: Ours, ids: string[]): Promise<boolean> {
  let all = true;
  for (const id of ids) {
    const request = ours.remove(id);
    const answer = await askOnce(context, provider, { ...request, accept: [...(request.accept ?? []), 404, 410] });
    all &&= answer !== null;
  }
  return all;
}

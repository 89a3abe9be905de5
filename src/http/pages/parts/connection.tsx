/** A connection in words: its state, how far it has come, what stands in its way. */
import type { FC } from "hono/jsx";
import type { ConnectionView } from "../../../connect/views.ts";
import type { Provider } from "../../../providers/provider.ts";
import { count, dateOf, NONE, relative } from "./words.ts";

/** A connection that will bring more without anybody's doing. */
export const isLive = ({ status }: ConnectionView): boolean => status === "active" || status === "connecting";

export const isFilling = (connection: ConnectionView): boolean =>
  isLive(connection) && connection.backfill !== null && connection.backfill.done_share < 1;
export const isSyncing = (connection: ConnectionView): boolean =>
  connection.status === "connecting" || isFilling(connection);

const ERRORS: Record<string, (name: string) => string> = {
  rate_limited: (name) => `${name} asked us to wait; we go on by ourselves.`,
  unauthorized: (name) => `${name} no longer accepts our access. Reconnect to go on.`,
  forbidden: (name) => `${name} refuses access to some of the data.`,
  gone: (name) => `${name} says that this account or permission no longer exists.`,
  scope_missing: (name) => `${name} was not allowed to share some of the data. Reconnect and leave all boxes ticked.`,
  needs_person: (name) => `${name} wants something from you first: look into its app or website, then reconnect.`,
  unavailable: (name) => `${name} could not be reached; we keep trying.`,
  unreadable: (name) =>
    `${name} answered in a way we could not read. We ask again every night; “Sync now” asks at once.`,
  refresh_outcome_lost: (name) =>
    `The answer that renewed our access to ${name} was lost on the way. Reconnect to go on.`,
  invalid_grant: (name) => `${name} has withdrawn our access. Reconnect to go on.`,
  key_expired: (name) =>
    `${name} no longer accepts your key: it has ended or was deleted. Make a new one and enter it here.`,
  token_unavailable: (name) => `${name} could not renew our access just now; we keep trying.`,
  token_unknown: (name) => `The answer that renews our access to ${name} did not arrive; we ask again in a minute.`,
  token_refused: (name) => `${name} does not accept this server’s client id or secret. Its operator must look into it.`,
  retries_exhausted: (name) =>
    `Reading from ${name} failed again and again. We try anew every night; “Sync now” tries at once.`,
};

export const errorText = (code: string, name: string): string =>
  ERRORS[code]?.(name) ?? `Something went wrong with ${name} (${code}); we keep trying.`;

/** `activities, activity details` of what is not well, with one sentence for each reason. */
export function troubles(connection: ConnectionView, provider: Pick<Provider, "name" | "streams"> | null): string[] {
  const { last_error, streams } = connection;
  if (!last_error) return [];
  const name = provider?.name ?? connection.provider;
  if (last_error.stream === null) return [errorText(last_error.code, name)];
  const codes = [...new Set(streams.flatMap(({ error }) => error?.code ?? []))];
  return codes.map((code) => {
    const titles = streams
      .filter(({ error }) => error?.code === code)
      .map(({ stream }) => provider?.streams[stream]?.title ?? stream);
    return `${errorText(code, name)} That concerns ${titles.join(", ")}.`;
  });
}

/** What is asked for one by one and has not come yet: `120 activity details`. */
export function pendingText({ streams }: ConnectionView, provider: Pick<Provider, "streams"> | null): string | null {
  const open = streams.filter(({ pending }) => pending > 0);
  if (open.length === 0) return null;
  const parts = open.map(({ stream, pending }) => `${count(pending)} ${provider?.streams[stream]?.title ?? stream}`);
  return `${parts.join(" and ")} still to come`;
}

/** Real numbers while history is filling in, and what is still to come behind it. */
export const Progress: FC<{ connection: ConnectionView; provider: Provider | null; zone: string; now: number }> = ({
  connection,
  provider,
  zone,
  now,
}) => {
  const { backfill, waiting_until } = connection;
  const name = provider?.name ?? connection.provider;
  const percent = backfill && backfill.done_share < 1 ? Math.floor(backfill.done_share * 100) : null;
  const from = percent ? (backfill?.from ?? null) : null;
  const told = [
    percent === null
      ? null
      : `History: ${percent} %${from === null ? "" : `, read back to ${dateOf(from, null, zone)}`}`,
    pendingText(connection, provider),
    waiting_until === null ? null : `${name} lets us ask only so often: we go on ${relative(waiting_until, now)}`,
  ].filter((text) => text !== null);
  if (told.length === 0) return null;
  return (
    <div>
      {percent === null ? null : <progress value={percent} max={100} aria-label={`History of ${name}`}></progress>}
      <small>{told.join(" · ")}</small>
    </div>
  );
};

export const lastSync = ({ last_success_at }: ConnectionView, now: number): string =>
  last_success_at === null ? "not yet" : relative(last_success_at, now);
export const nextSync = (connection: ConnectionView, now: number): string =>
  connection.status !== "active" || connection.next_sync_at === null
    ? NONE
    : connection.next_sync_at <= now
      ? "now"
      : relative(connection.next_sync_at, now);

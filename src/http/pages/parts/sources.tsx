/** Connected Sources: every provider there is or will be, with its state and what can be done about it. */
import type { FC } from "hono/jsx";
import type { ConnectionView } from "../../../connect/views.ts";
import type { Terms } from "../../../domain/terms.ts";
import type { ApiKey, Provider } from "../../../providers/provider.ts";
import { errorText, lastSync, nextSync, Progress, troubles } from "./connection.tsx";
import { AccessEnd, byKey, KeyForm } from "./key_form.tsx";
import { LinkButton } from "./layout.tsx";
import { dateOf, relative } from "./words.ts";

export interface SourceView {
  provider: Provider;
  connection: ConnectionView | null;
  configured: boolean;
  /** Where the person may use a key of their own. */
  ownKey: ApiKey | null;
  /** As they hold here (`DATA_POLICY`). */
  terms: Terms;
}

interface Now {
  now: number;
  zone: string;
}

const isBridge = ({ auth }: Provider): boolean => auth.length === 0;

type State = [words: string, tone: "" | "good" | "warn" | "bad"];
function stateOf({ provider, connection, configured, ownKey }: SourceView): State {
  switch (connection?.status) {
    case "active":
      if (connection.missing_scopes.length > 0) return ["Connected, partly", "warn"];
      return connection.last_error ? ["Connected, with trouble", "warn"] : ["Connected", "good"];
    case "connecting":
      return ["Connecting …", "good"];
    case "needs_reauthorization":
      return ["Needs reconnecting", "bad"];
    case "paused":
      return ["Paused", "warn"];
    case "ending":
      return ["Disconnecting …", ""];
  }
  if (isBridge(provider)) return ["Waiting for the first post", ""];
  return configured || ownKey ? ["Available", ""] : ["Not configured", ""];
}

export const Source: FC<SourceView & Now> = (view) => {
  const { provider, connection, configured, ownKey } = view;
  const [words, tone] = stateOf(view);
  const live = connection !== null && connection.status !== "revoked";
  return (
    <article
      class={live || configured || ownKey || isBridge(provider) ? "card source" : "card source off"}
      id={provider.id}
    >
      <div class="heading">
        <h3>{provider.name}</h3>
        <span class={`badge ${tone}`}>{words}</span>
      </div>
      <p class="muted">{provider.about.data}</p>
      {live ? <Connected {...view} connection={connection} /> : <NotConnected {...view} />}
    </article>
  );
};

const Connected: FC<SourceView & Now & { connection: ConnectionView }> = ({
  provider,
  connection,
  configured,
  ownKey,
  terms,
  now,
  zone,
}) => {
  const bridge = isBridge(provider);
  const { status, last_error, missing_scopes } = connection;
  const scopes = provider.auth.flatMap((auth) => ("scopes" in auth ? (auth.scopes ?? []) : []));
  const missing = missing_scopes.map((name) => scopes.find((scope) => scope.name === name)?.text ?? name);
  const mustAct = status === "needs_reauthorization";
  const mayRedirect = !bridge && !byKey(connection) && (configured || !ownKey);
  const ends = connection.access.key_expires_at !== null;
  const reconnect = mayRedirect && (mustAct || missing.length > 0 || ends);
  return (
    <>
      <p>
        {bridge
          ? `Last post ${lastSync(connection, now)}.`
          : connection.next_sync_at === null && connection.status === "active"
            ? `Last sync ${lastSync(connection, now)}. It sends what is new by itself.`
            : `Last sync ${lastSync(connection, now)} · next ${nextSync(connection, now)}.`}
        {connection.connected_at === null ? "" : ` Connected since ${dateOf(connection.connected_at, null, zone)}.`}
      </p>
      <Progress connection={connection} provider={provider} zone={zone} now={now} />
      {missing.length > 0 ? (
        <p class="notice warn">{`Not allowed: ${missing.join("; ")}. Reconnect to allow it.`}</p>
      ) : null}
      {status === "needs_reauthorization" && !last_error ? (
        <p class="notice bad">{errorText("unauthorized", provider.name)}</p>
      ) : null}
      {troubles(connection, provider).map((text) => (
        <p class={status === "needs_reauthorization" ? "notice bad" : "notice warn"}>
          {`${text} (${relative(last_error!.at, now)})`}
        </p>
      ))}
      <Rejections connection={connection} />
      {bridge ? null : (
        <div class="actions">
          {reconnect ? <Connect provider={provider} words="Reconnect" /> : null}
          {status === "active" ? (
            <form method="post" action={`/dashboard/settings/sources/${provider.id}/sync`}>
              <button type="submit" class={reconnect ? "quiet" : ""}>
                Sync now
              </button>
            </form>
          ) : null}
        </div>
      )}
      <AccessEnd connection={connection} name={provider.name} now={now} zone={zone} />
      {ownKey && (byKey(connection) || mustAct) ? (
        <KeyForm provider={provider} entry={ownKey} words="Enter a new key …" open={mustAct && byKey(connection)} />
      ) : null}
      {terms.text ? (
        <p>
          <small>{terms.text}</small>
        </p>
      ) : null}
      <Streams provider={provider} connection={connection} now={now} zone={zone} />
      {status === "ending" ? null : <Disconnect provider={provider} mustDelete={terms.delete_on_disconnect} />}
    </>
  );
};

/** As many reasons are told. */
const REASONS = 3;
const Rejections: FC<{ connection: ConnectionView }> = ({ connection: { rejections } }) => {
  if (rejections.length === 0) return null;
  const what = `${rejections.length} ${rejections.length === 1 ? "record" : "records"}`;
  const reasons = rejections
    .slice(0, REASONS)
    .map(({ external_id, pointer, reason }) => `${external_id ? `${external_id} ` : ""}${pointer} ${reason}`.trim());
  return (
    <p class="notice warn">
      {`${what} could not be read in the last seven days: ${reasons.join("; ")}${rejections.length > REASONS ? " …" : ""}`}
    </p>
  );
};

const NotConnected: FC<SourceView & Now> = ({ provider, connection, configured, ownKey }) => {
  if (isBridge(provider)) {
    return (
      <p>
        {"It is connected by its first post: "}
        <a href="#bridge">set up the app on your phone</a>.
      </p>
    );
  }
  if (!configured && !ownKey) {
    return (
      <p>
        <small>
          {"The operator of this server has not registered an application with it yet"}
          {provider.about.portal ? (
            <>
              {" – that is done at "}
              <a href={provider.about.portal} rel="noreferrer">
                {new URL(provider.about.portal).host}
              </a>
            </>
          ) : null}
          {`. ${provider.about.approval ?? ""}`}
        </small>
      </p>
    );
  }
  return (
    <>
      {connection ? <p>It was connected before. Reconnecting goes on from where it ended.</p> : null}
      {configured ? (
        <p class="actions">
          <Connect provider={provider} words={connection ? "Reconnect" : "Connect"} />
        </p>
      ) : null}
      {ownKey ? (
        <KeyForm provider={provider} entry={ownKey} words="Connect with a key of your own …" open={!configured} />
      ) : null}
    </>
  );
};

const Connect: FC<{ provider: Provider; words: string }> = ({ provider, words }) => (
  <LinkButton class={provider.id} href={`/api/oauth/connect/${provider.id}?return_to=/dashboard/settings`}>
    {`${words} ${words === "Connect" ? "with " : ""}${provider.name}`}
  </LinkButton>
);

const Disconnect: FC<{ provider: Provider; mustDelete: boolean }> = ({ provider, mustDelete }) => (
  <details>
    <summary>{`Disconnect ${provider.name} …`}</summary>
    <form class="inset" method="post" action={`/dashboard/settings/sources/${provider.id}/disconnect`}>
      <fieldset>
        <legend>What becomes of the data it brought?</legend>
        {mustDelete ? (
          <p>{`${provider.name}’s terms demand that they are deleted.`}</p>
        ) : (
          <>
            <label>
              <input type="radio" name="data" value="keep" checked />
              Keep what is here
            </label>
            <label>
              <input type="radio" name="data" value="delete" />
              {`Delete everything from ${provider.name}`}
            </label>
          </>
        )}
        {mustDelete ? <input type="hidden" name="data" value="delete" /> : null}
      </fieldset>
      <button type="submit" class="danger">{`Disconnect ${provider.name}`}</button>
    </form>
  </details>
);

const Streams: FC<{ provider: Provider; connection: ConnectionView } & Now> = ({ provider, connection, now, zone }) =>
  connection.streams.length > 0 && !isBridge(provider) ? (
    <details>
      <summary>{`What ${provider.name} brings, in detail`}</summary>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">Data</th>
              <th scope="col">Newest</th>
              <th scope="col">Asked next</th>
              <th scope="col">Could not be read</th>
            </tr>
          </thead>
          <tbody>
            {connection.streams.map(({ stream, last_data_at, due_at, gaps }) => (
              <tr>
                <th scope="row">{provider.streams[stream]?.title ?? stream}</th>
                <td>{last_data_at === null ? "–" : dateOf(last_data_at, null, zone)}</td>
                <td>{due_at === null ? "–" : due_at <= now ? "now" : relative(due_at, now)}</td>
                <td>{gaps === 0 ? "–" : `${gaps} ${gaps === 1 ? "stretch" : "stretches"}`}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  ) : null;

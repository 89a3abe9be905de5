/** API keys: make (shown once), list, revoke. */
import type { FC } from "hono/jsx";
import { KEY_SCOPES, type Key, type KeyScope, STANDARD_SCOPES } from "../../../store/keys.ts";
import { dateOf, relative } from "./words.ts";

const SCOPES: Record<KeyScope, string> = {
  ingest: "ingest – send health data here",
  read: "read – read everything of yours through the API",
  manage: "manage – sync and disconnect sources",
};

interface Given {
  keys: Key[];
  /** A key just made: known now and never again. */
  fresh: string | null;
  now: number;
  zone: string;
}

export const Keys: FC<Given> = ({ keys, fresh, now, zone }) => (
  <section class="card" id="keys">
    <h2>API keys</h2>
    {fresh ? (
      <div class="notice" role="status">
        <p>
          <strong>Copy your new key now: it is not shown again.</strong>
        </p>
        <code class="secret" id="new-key">
          {fresh}
        </code>
      </div>
    ) : null}
    {keys.length > 0 ? (
      <section class="scroll" tabindex={0} aria-label="API keys, table">
        <table>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Begins with</th>
              <th scope="col">May</th>
              <th scope="col">Made</th>
              <th scope="col">Last used</th>
              <th scope="col">
                <span class="visually-hidden">Revoke</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {keys.map(({ id, name, prefix, scopes, created_at, last_used_at, expires_at }) => (
              <tr>
                <th scope="row">{name}</th>
                <td>
                  <code>{prefix}…</code>
                </td>
                <td>{scopes.join(", ")}</td>
                <td>
                  {dateOf(created_at, null, zone)}
                  {expires_at === null ? "" : `, until ${dateOf(expires_at, null, zone)}`}
                </td>
                <td>{last_used_at === null ? "never" : relative(last_used_at, now)}</td>
                <td>
                  <form method="post" action={`/dashboard/settings/keys/${id}/revoke`}>
                    <button type="submit" class="quiet" aria-label={`Revoke the key ${name}`}>
                      Revoke
                    </button>
                  </form>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    ) : (
      <p class="muted">No keys yet. A phone app or a program of yours needs one to send or read your data.</p>
    )}
    <details open={keys.length === 0}>
      <summary>Make a key</summary>
      <form class="inset" method="post" action="/dashboard/settings/keys">
        <label>
          Name
          <input name="name" required maxlength={100} placeholder="My iPhone" autocomplete="off" />
        </label>
        <fieldset>
          <legend>What it may do</legend>
          {KEY_SCOPES.map((scope) => (
            <label>
              <input type="checkbox" name="scopes" value={scope} checked={STANDARD_SCOPES.includes(scope)} />
              {SCOPES[scope]}
            </label>
          ))}
        </fieldset>
        <button type="submit">Make a key</button>
      </form>
    </details>
  </section>
);

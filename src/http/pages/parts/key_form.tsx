/** A key of the person's own, where a provider hands them out: the form for it, and how long it still works. */
import type { FC } from "hono/jsx";
import type { ConnectionView } from "../../../connect/views.ts";
import type { ApiKey, Provider } from "../../../providers/provider.ts";
import { dateOf, relative } from "./words.ts";

/** The person is told so long before their key ends. */
const WARN_MS = 7 * 86_400_000;

export const byKey = (connection: ConnectionView | null): boolean => connection?.access.kind === "api_key";

/** When access ends that only the person can renew: nothing where nobody knows. */
export const AccessEnd: FC<{ connection: ConnectionView; name: string; now: number; zone: string }> = ({
  connection,
  name,
  now,
  zone,
}) => {
  const at = connection.access.key_expires_at;
  if (at === null) return null;
  const day = dateOf(at, null, zone);
  if (!byKey(connection)) {
    const ends = at > now ? `ends ${relative(at, now)}, on ${day}` : `ended on ${day}`;
    return <p class="notice warn">{`Your consent for ${name} ${ends}. Connect it again to go on: nothing is lost.`}</p>;
  }
  if (at - now > WARN_MS) return <p>{`Your key for ${name} works until ${day}.`}</p>;
  const text =
    at > now
      ? `Your key for ${name} ends ${relative(at, now)}, on ${day}. Make a new one and enter it here.`
      : `By what you said your key for ${name} ended on ${day}. Make a new one and enter it here.`;
  return <p class="notice warn">{text}</p>;
};

export const KeyForm: FC<{ provider: Provider; entry: ApiKey; words: string; open: boolean }> = ({
  provider,
  entry,
  words,
  open,
}) => (
  <details open={open}>
    <summary>{words}</summary>
    <form class="inset" method="post" action={`/dashboard/settings/sources/${provider.id}/key`}>
      <p>
        {"Make one at "}
        <a href={entry.where} rel="noreferrer">
          {new URL(entry.where).host}
        </a>
        {", where it is shown once, and copy it here. It is stored encrypted and used for your own data only."}
      </p>
      <label>
        {`Key of ${provider.name}`}
        <input type="password" name="key" required autocomplete="off" spellcheck={false} maxlength={4096} />
      </label>
      {entry.lifetimes_days ? (
        <label>
          Made today for
          <select name="days">
            <option value="">I do not know</option>
            {entry.lifetimes_days.map((days) => (
              <option value={String(days)}>{days === 365 ? "1 year" : `${days} days`}</option>
            ))}
          </select>
        </label>
      ) : null}
      <button type="submit">{`Connect ${provider.name}`}</button>
    </form>
  </details>
);

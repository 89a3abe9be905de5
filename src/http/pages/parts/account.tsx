/** The person's own: time zone, export, signing out, erasing. */
import type { FC } from "hono/jsx";
import type { Person } from "../../../store/users.ts";
import { LinkButton } from "./layout.tsx";

export const Account: FC<{ person: Person; zones: string[] }> = ({ person, zones }) => (
  <section class="card" id="account">
    <h2>Account</h2>
    <form method="post" action="/dashboard/settings/time-zone" class="form">
      <label>
        Time zone
        <select name="time_zone">
          {(zones.includes(person.time_zone) ? zones : [person.time_zone, ...zones]).map((zone) => (
            <option value={zone} selected={zone === person.time_zone}>
              {zone.replaceAll("_", " ")}
            </option>
          ))}
        </select>
      </label>
      <div>
        <button type="submit" class="quiet">
          Save time zone
        </button>
      </div>
    </form>
    <p>
      <small>Used for days and times where a source does not tell its own.</small>
    </p>
    <div class="actions">
      <LinkButton class="quiet" href="/api/v1/export" download="qt-connect-export.ndjson">
        Export everything
      </LinkButton>
      <form method="post" action="/dashboard/settings/sign-out">
        <button type="submit" class="quiet">
          Sign out
        </button>
      </form>
    </div>
    <p>
      <small>The export is NDJSON, one record a line. Sleep, activities, tracks, days, samples: all of it.</small>
    </p>
    <details>
      <summary>Erase my account …</summary>
      <form class="inset" method="post" action="/dashboard/settings/erase">
        <p>
          Everything goes: your data, connections, keys and sign-ins. Providers are told to forget our access. Backups
          of the database keep erased rows for up to 30 days, then they are gone there too. This cannot be undone.
        </p>
        <label>
          <input type="checkbox" name="confirm" value="erase" required />
          Yes, erase my account and everything in it
        </label>
        <button type="submit" class="danger">
          Erase everything
        </button>
      </form>
    </details>
  </section>
);

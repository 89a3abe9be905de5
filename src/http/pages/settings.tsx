/** `GET /dashboard/settings`: sources, phone bridge, keys, account. Every form works without JavaScript. */
import type { FC } from "hono/jsx";
import type { Key } from "../../store/keys.ts";
import type { Post } from "../../store/posts.ts";
import type { Person } from "../../store/users.ts";
import type { Flash } from "../flash.ts";
import { Account } from "./parts/account.tsx";
import { Bridge } from "./parts/bridge.tsx";
import { isSyncing } from "./parts/connection.tsx";
import { Keys } from "./parts/keys.tsx";
import { FlashNotice, Layout } from "./parts/layout.tsx";
import { Source, type SourceView } from "./parts/sources.tsx";

export interface Settings {
  person: Person;
  flash: Flash | null;
  askZone: boolean;
  sources: SourceView[];
  posts: Post[];
  keys: Key[];
  freshKey: string | null;
  address: string;
  zones: string[];
  now: number;
}

export const SettingsPage: FC<Settings> = (given) => {
  const { person, sources, now } = given;
  const zone = person.time_zone;
  const syncing = sources.some(({ connection }) => connection !== null && isSyncing(connection));
  return (
    <Layout
      title="Settings"
      person={person}
      here="settings"
      scripts={["live.js"]}
      // Without JavaScript the page that shows a new key must stand still.
      reload_s={syncing && !given.freshKey ? 10 : null}
      askZone={given.askZone}
    >
      <h1>Settings</h1>
      <FlashNotice flash={given.flash} />
      <section aria-labelledby="sources-title">
        <h2 id="sources-title">Connected Sources</h2>
        <div class="two" id="sources" data-live data-syncing={syncing ? "" : undefined}>
          {sources.map((view) => (
            <Source {...view} now={now} zone={zone} />
          ))}
        </div>
      </section>
      <Bridge
        address={given.address}
        posts={given.posts}
        zone={zone}
        now={now}
        hasKey={given.keys.some(({ scopes }) => scopes.includes("ingest"))}
      />
      <Keys keys={given.keys} fresh={given.freshKey} now={now} zone={zone} />
      <Account person={person} zones={given.zones} />
    </Layout>
  );
};

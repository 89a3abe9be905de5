/** `GET /dashboard`: what has arrived, and how far the rest has come. */
import type { FC } from "hono/jsx";
import type { ConnectionView } from "../../connect/views.ts";
import type { Provider } from "../../providers/provider.ts";
import type { StoredActivity, WeekTotal } from "../../store/activities.ts";
import type { StoredDay } from "../../store/days.ts";
import type { StoredNight } from "../../store/nights.ts";
import type { Person } from "../../store/users.ts";
import type { Flash } from "../flash.ts";
import { ActivityList, Attributions } from "./parts/activities.tsx";
import { Chart, type ChartOf } from "./parts/chart.tsx";
import { isFilling, isSyncing, Progress, troubles } from "./parts/connection.tsx";
import { dayLine, latestTiles, type NameOf, sleepBars, type Tile, weekBars, weekTiles } from "./parts/figures.ts";
import { FlashNotice, Layout, LinkButton } from "./parts/layout.tsx";
import { count } from "./parts/words.ts";

export const WEEKS = 26;
export const NIGHTS = 60;
export const DAYS = 90;

export interface Dashboard {
  person: Person;
  flash: Flash | null;
  askZone: boolean;
  connections: ConnectionView[];
  activities: StoredActivity[];
  /** Those of the last `WEEKS` weeks. */
  totals: WeekTotal[];
  nights: StoredNight[];
  days: StoredDay[];
  /** How many activities there are; counted while history is filling in only. */
  stored: number | null;
  today: string;
  thisMonday: string;
  nameOf: NameOf;
  providerOf: (id: string) => Provider | null;
  now: number;
}

export const DashboardPage: FC<Dashboard> = (given) => {
  const { person, flash, askZone, connections, activities, nights, days } = given;
  const syncing = connections.some(isSyncing);
  const nothing = activities.length === 0 && nights.length === 0 && days.length === 0;
  const connected = connections.some(({ status }) => status !== "revoked");
  return (
    <Layout
      title="Dashboard"
      person={person}
      here="dashboard"
      scripts={["uplot.js", "charts.js", "live.js"]}
      styles={["uplot.css"]}
      reload_s={syncing ? 5 : null}
      askZone={askZone}
    >
      <h1>{person.display_name ? `Hello, ${person.display_name}` : "Dashboard"}</h1>
      <FlashNotice flash={flash} />
      <div id="state" data-live>
        <State {...given} />
      </div>
      <div id="tiles" data-live>
        {nothing ? null : <Tiles {...given} />}
      </div>
      <div id="weeks" data-live>
        <ChartCard chart={weekBars(given.totals, given.thisMonday, WEEKS, given.nameOf)} />
      </div>
      <div id="recent" data-live>
        {nothing ? (
          <Nothing connected={connected} syncing={syncing} troubled={connections.some(isTroubled)} />
        ) : (
          <Recent {...given} />
        )}
      </div>
      <div id="health" data-live>
        {nothing ? null : <Health {...given} />}
      </div>
    </Layout>
  );
};

const isTroubled = ({ status, last_error }: ConnectionView): boolean => status === "active" && last_error !== null;

const State: FC<Dashboard> = ({ connections, person, stored, nameOf, providerOf, now }) => (
  <>
    {connections
      .filter(({ status }) => status === "needs_reauthorization")
      .map(({ provider }) => (
        <div class="notice bad">
          <p>
            {`${nameOf(provider)} needs you: it no longer lets us in. `}
            <a href={`/api/oauth/connect/${provider}?return_to=/dashboard`}>{`Reconnect ${nameOf(provider)}`}</a>
          </p>
        </div>
      ))}
    {connections.filter(isTroubled).map((connection) => (
      <div class="notice warn">
        <p>
          {`${troubles(connection, providerOf(connection.provider)).join(" ")} `}
          <a href={`/dashboard/settings#${connection.provider}`}>Details</a>
        </p>
      </div>
    ))}
    {connections.filter(isSyncing).map((connection) => (
      <section class="card" data-syncing aria-label={`Progress of ${nameOf(connection.provider)}`}>
        <p role="status">
          <strong>{`Fetching your history from ${nameOf(connection.provider)}`}</strong>
          {stored === null || connections.filter(isSyncing).length > 1
            ? "" // of several it is not said whose they are
            : ` – ${count(stored)} ${stored === 1 ? "activity" : "activities"} so far`}
        </p>
        {isFilling(connection) ? (
          <Progress
            connection={connection}
            provider={providerOf(connection.provider)}
            zone={person.time_zone}
            now={now}
          />
        ) : (
          <progress aria-label={`Connecting ${nameOf(connection.provider)}`}></progress>
        )}
      </section>
    ))}
  </>
);

const Tiles: FC<Dashboard> = ({ totals, thisMonday, nights, days, today, nameOf }) => {
  const tiles: Tile[] = [...weekTiles(totals, thisMonday, nameOf), ...latestTiles(nights, days, today, nameOf)];
  return (
    <dl class="tiles">
      {tiles.map(({ label, value, note }) => (
        <div class="tile">
          <dt>{label}</dt>
          <dd>
            {value}
            <small>{note}</small>
          </dd>
        </div>
      ))}
    </dl>
  );
};

const Recent: FC<Dashboard> = ({ activities, person }) => (
  <section class="card">
    <div class="heading">
      <h2>Recent activities</h2>
      {activities.length > 0 ? <a href="/dashboard/activities">All activities</a> : null}
    </div>
    {activities.length > 0 ? (
      <ActivityList activities={activities} zone={person.time_zone} />
    ) : (
      <p class="muted">No activities yet; they appear here as your sources send them.</p>
    )}
    <Attributions of={activities} />
  </section>
);

const Health: FC<Dashboard> = ({ nights, days, today, nameOf }) => {
  const range = { today, days: DAYS };
  const line = (title: string, unit: string, metrics: Parameters<typeof dayLine>[1]["metrics"]) =>
    dayLine(days, { title, unit, digits: 0, metrics }, range, nameOf);
  const charts = [
    sleepBars(nights, today, NIGHTS, nameOf),
    dayLine(days, { title: "Steps", unit: "", digits: 0, metrics: [{ metric: "steps" }], kind: "bars" }, range, nameOf),
    line("Resting heart rate", "bpm", [{ metric: "resting_heart_rate_bpm" }]),
    line("Heart rate variability", "ms", [
      { metric: "hrv_rmssd_ms", label: "RMSSD" },
      { metric: "hrv_sdnn_ms", label: "SDNN" },
    ]),
  ].filter((chart) => chart !== null);
  return charts.length > 0 ? (
    <div class="two">
      {charts.map((chart) => (
        <ChartCard chart={chart} />
      ))}
    </div>
  ) : (
    <section class="card">
      <h2>Sleep and health</h2>
      <p>
        {"No nights or daily measures yet. A watch’s cloud or your phone brings them: "}
        <a href="/dashboard/settings">connect a source</a>.
      </p>
    </section>
  );
};

const ChartCard: FC<{ chart: ChartOf | null }> = ({ chart }) =>
  chart ? (
    <section class="card">
      <h2>{chart.title}</h2>
      <Chart {...chart} />
    </section>
  ) : null;

const Nothing: FC<{ connected: boolean; syncing: boolean; troubled: boolean }> = ({ connected, syncing, troubled }) => (
  <section class="card empty">
    <h2>{syncing && !troubled ? "Your data are on their way" : "Nothing here yet"}</h2>
    <p>
      {troubled
        ? "A source could not be read so far: see above what is wrong. We keep trying."
        : syncing
          ? "The first activities appear here in a moment; this page refreshes by itself."
          : connected
            ? "Your sources have not sent anything so far. New workouts, nights and measures appear here as they come in."
            : "Connect a source, or let your phone send its health data, and everything shows up here."}
    </p>
    <LinkButton class={syncing ? "quiet" : ""} href="/dashboard/settings">
      {connected ? "See your sources" : "Connect a source"}
    </LinkButton>
  </section>
);

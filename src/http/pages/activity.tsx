/** `GET /dashboard/activities/:id`: one activity with its course; `GET /dashboard/activities`: all of them, page by page. */
import type { FC } from "hono/jsx";
import { providerOf } from "../../providers/index.ts";
import type { StoredActivity } from "../../store/activities.ts";
import type { Page } from "../../store/paging.ts";
import type { StoredTrack } from "../../store/tracks.ts";
import type { Person } from "../../store/users.ts";
import { ActivityList, Attributions, activityTitle, Source } from "./parts/activities.tsx";
import { Chart } from "./parts/chart.tsx";
import { Layout } from "./parts/layout.tsx";
import { trackCharts } from "./parts/track.ts";
import { count, dateOf, distance, duration, NONE, oneDigit, pace, sportName, timeOf } from "./parts/words.ts";

const unit = (text: string, of: string): string => (text === NONE ? NONE : `${text} ${of}`);

function facts(activity: StoredActivity): [label: string, value: string][] {
  const all: [string, string][] = [
    ["Distance", distance(activity.distance_m)],
    ["Moving time", duration(activity.moving_s)],
    ["Elapsed time", duration(activity.elapsed_s)],
    ["Average pace or speed", pace(activity.sport, activity.avg_speed_mps)],
    ["Average heart rate", unit(count(activity.avg_heart_rate_bpm), "bpm")],
    ["Highest heart rate", unit(count(activity.max_heart_rate_bpm), "bpm")],
    ["Climbed", unit(count(activity.ascent_m), "m")],
    ["Energy", unit(count(activity.energy_kcal), "kcal")],
    ["Average power", unit(count(activity.avg_power_w), "W")],
    ["Average cadence", unit(count(activity.avg_cadence_rpm), "/min")],
    ["Steps", count(activity.steps)],
    ["Training load", oneDigit(activity.training_load)],
    ["Device", activity.device ?? NONE],
  ];
  return all.filter(([, value]) => value !== NONE);
}

export const ActivityPage: FC<{ person: Person; activity: StoredActivity; track: StoredTrack | null }> = ({
  person,
  activity,
  track,
}) => {
  const charts = track ? trackCharts(track) : [];
  const { start_time, utc_offset_s } = activity;
  const zone = person.time_zone;
  const provider = providerOf(activity.provider);
  return (
    <Layout
      title={activityTitle(activity)}
      person={person}
      here="dashboard"
      scripts={charts.length > 0 ? ["uplot.js", "charts.js"] : []}
      styles={["uplot.css"]}
    >
      <p>
        <a href="/dashboard/activities">← All activities</a>
      </p>
      <h1>{activityTitle(activity)}</h1>
      <p class="muted">
        {`${sportName(activity.sport, activity.sub_sport)} · ${dateOf(start_time, utc_offset_s, zone)}, ${timeOf(start_time, utc_offset_s, zone)} · `}
        <Source activity={activity} />
      </p>
      <section class="card">
        <h2>Figures</h2>
        <dl class="facts">
          {facts(activity).map(([label, value]) => (
            <div>
              <dt>{label}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </section>
      {charts.length > 0 ? (
        <div class="two">
          {charts.map((chart) => (
            <section class="card">
              <h2>{chart.title}</h2>
              <Chart {...chart} />
            </section>
          ))}
        </div>
      ) : (
        <section class="card">
          <h2>Course</h2>
          <p class="muted">{`No recorded course: ${provider?.name ?? activity.provider} has sent none so far, or there is none.`}</p>
        </section>
      )}
      {track && track.laps.length > 1 ? <Laps track={track} sport={activity.sport} /> : null}
      <Attributions of={[activity]} />
    </Layout>
  );
};

const Laps: FC<{ track: StoredTrack; sport: string }> = ({ track, sport }) => (
  <section class="card">
    <h2>Laps</h2>
    <section class="scroll" tabindex={0} aria-label="Laps, table">
      <table>
        <thead>
          <tr>
            <th scope="col">Lap</th>
            <th scope="col" class="number">
              Distance
            </th>
            <th scope="col" class="number">
              Time
            </th>
            <th scope="col" class="number">
              Pace or speed
            </th>
            <th scope="col" class="number">
              Heart rate
            </th>
          </tr>
        </thead>
        <tbody>
          {track.laps.map(({ distance_m, moving_s, elapsed_s, avg_heart_rate_bpm }, i) => {
            const seconds = moving_s ?? elapsed_s;
            return (
              <tr>
                <th scope="row">{i + 1}</th>
                <td class="number">{distance(distance_m)}</td>
                <td class="number">{duration(seconds)}</td>
                <td class="number">{pace(sport, distance_m && seconds ? distance_m / seconds : null)}</td>
                <td class="number">{unit(count(avg_heart_rate_bpm), "bpm")}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  </section>
);

export const ActivitiesPage: FC<{ person: Person; page: Page<StoredActivity>; later: boolean }> = ({
  person,
  page,
  later,
}) => (
  <Layout title="Activities" person={person} here="dashboard">
    <p>
      <a href="/dashboard">← Dashboard</a>
    </p>
    <h1>Activities</h1>
    <section class="card">
      {page.data.length > 0 ? (
        <ActivityList activities={page.data} zone={person.time_zone} />
      ) : (
        <p class="muted">{later ? "That was all." : "No activities yet."}</p>
      )}
      <Attributions of={page.data} />
    </section>
    <p class="actions">
      {later ? <a href="/dashboard/activities">Newest</a> : null}
      {page.next_cursor ? (
        <a href={`/dashboard/activities?cursor=${encodeURIComponent(page.next_cursor)}`}>Older →</a>
      ) : null}
    </p>
  </Layout>
);

/** What charts and tiles show, made from stored records. Pure; dates are the person's local days, `YYYY-MM-DD`. */
import { addDays, dateMs } from "../../../domain/time.ts";
import type { WeekTotal } from "../../../store/activities.ts";
import type { StoredDay } from "../../../store/days.ts";
import type { StoredNight } from "../../../store/nights.ts";
import type { ChartOf, ChartSeries } from "./chart.tsx";
import { count, dayName, distance, duration, oneDigit } from "./words.ts";

export type NameOf = (provider: string) => string;

/** Days from `first` to `last`, both included, `step` apart. */
function dates(first: string, last: string, step = 1): string[] {
  const list: string[] = [];
  for (let date = first; date <= last; date = addDays(date, step)) list.push(date);
  return list;
}
const seconds = (list: string[]): number[] => list.map((date) => dateMs(date) / 1000);

/** Values by date and label, as columns over the days; series come in order of their labels. */
function columns(days: string[], points: { label: string; date: string; value: number }[]): ChartSeries[] {
  const byLabel = new Map<string, Map<string, number>>();
  for (const { label, date, value } of points) {
    const values = byLabel.get(label) ?? new Map<string, number>();
    byLabel.set(label, values.set(date, (values.get(date) ?? 0) + value));
  }
  return [...byLabel]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, values]) => ({ label, values: days.map((date) => values.get(date) ?? null) }));
}

function summarise(series: ChartSeries[], unit: string): string {
  return series
    .map(({ label, values }) => {
      const known = values.filter((value) => value !== null);
      const [latest, least, most] = [known.at(-1), Math.min(...known), Math.max(...known)];
      const say = (value: number | undefined) => (Number.isInteger(value) ? count(value) : oneDigit(value));
      return `${label}: latest ${say(latest)}, between ${say(least)} and ${say(most)} ${unit}`.trim();
    })
    .join("; ");
}

/** Hours of moving by week; weeks without any are zero. What may not be combined has bars of its own. Null: nothing to show. */
export function weekBars(totals: WeekTotal[], thisMonday: string, weeks: number, nameOf: NameOf): ChartOf | null {
  const days = dates(addDays(thisMonday, -7 * (weeks - 1)), thisMonday, 7);
  const points = totals
    .filter(({ week }) => week >= days[0]! && week <= thisMonday)
    .map(({ week, provider, moving_s }) => ({
      label: provider === null ? "Moving time" : `Moving time, ${nameOf(provider)}`,
      date: week,
      value: (moving_s ?? 0) / 3600,
    }));
  if (points.length === 0) return null;
  const series = columns(days, points).map(({ label, values }) => ({
    label,
    values: values.map((value) => value ?? 0),
  }));
  return {
    title: "Time by week",
    summary: summarise(series, "h"),
    kind: "bars",
    axis: "date",
    x: seconds(days),
    series,
    unit: "h",
    digits: 1,
  };
}

/** Hours asleep by the day of waking, naps included in their day. */
export function sleepBars(nights: StoredNight[], today: string, days: number, nameOf: NameOf): ChartOf | null {
  const first = addDays(today, 1 - days);
  const points = nights
    .filter(({ date, asleep_s }) => asleep_s !== null && date >= first && date <= today)
    .map(({ date, provider, asleep_s }) => ({ label: nameOf(provider), date, value: asleep_s! / 3600 }));
  if (points.length === 0) return null;
  const shown = dates(first, today);
  const series = columns(shown, points);
  return {
    title: "Sleep",
    summary: summarise(series, "h"),
    kind: "bars",
    axis: "date",
    x: seconds(shown),
    series,
    unit: "h",
    digits: 1,
  };
}

export interface DayMetric {
  metric: string;
  /** Beside the provider's name where a chart has several metrics. */
  label?: string;
}

export function dayLine(
  days: StoredDay[],
  chart: { title: string; unit: string; digits: number; metrics: DayMetric[]; kind?: "bars" | "line" },
  range: { today: string; days: number },
  nameOf: NameOf,
): ChartOf | null {
  const first = addDays(range.today, 1 - range.days);
  const points = days.flatMap(({ date, provider, metrics }) =>
    chart.metrics.flatMap(({ metric, label }) => {
      const value = metrics[metric];
      if (value === undefined || date < first || date > range.today) return [];
      return [{ label: label ? `${nameOf(provider)}, ${label}` : nameOf(provider), date, value }];
    }),
  );
  if (points.length === 0) return null;
  const shown = dates(first, range.today);
  const series = columns(shown, points);
  return {
    title: chart.title,
    summary: summarise(series, chart.unit),
    kind: chart.kind ?? "line",
    axis: "date",
    x: seconds(shown),
    series,
    unit: chart.unit,
    digits: chart.digits,
  };
}

export interface Tile {
  label: string;
  value: string;
  note: string;
}

/** This week's totals, one group a set of providers that may be combined. */
export function weekTiles(totals: WeekTotal[], thisMonday: string, nameOf: NameOf): Tile[] {
  const groups = Map.groupBy(
    totals.filter(({ week }) => week === thisMonday),
    ({ provider }) => provider,
  );
  if (groups.size === 0) groups.set(null, []);
  return [...groups].flatMap(([provider, rows]) => {
    const of = provider === null ? "" : ` (${nameOf(provider)})`;
    const add = (pick: (row: WeekTotal) => number | null) => rows.reduce((sum, row) => sum + (pick(row) ?? 0), 0);
    const activities = add((row) => row.activities);
    return [
      {
        label: `Time this week${of}`,
        value: duration(add((row) => row.moving_s)),
        note: `${activities} ${activities === 1 ? "activity" : "activities"}`,
      },
      { label: `Distance this week${of}`, value: distance(add((row) => row.distance_m)), note: "all sports" },
    ];
  });
}

/** The newest night, and the newest value of each metric, with the day it is of. */
export function latestTiles(nights: StoredNight[], days: StoredDay[], today: string, nameOf: NameOf): Tile[] {
  const when = (date: string) => (date === today ? "today" : date === addDays(today, -1) ? "yesterday" : dayName(date));
  const tiles: Tile[] = [];
  const night = newest(nights.filter(({ type, asleep_s }) => type === "main" && asleep_s !== null));
  if (night)
    tiles.push({
      label: "Asleep",
      value: duration(night.asleep_s),
      note: `${when(night.date)}, ${nameOf(night.provider)}`,
    });
  for (const [label, unit, names] of LATEST) {
    const told = ({ metrics }: StoredDay) => names.map((name) => metrics[name]).find((one) => one !== undefined);
    const known = days.filter((one) => told(one) !== undefined);
    const last = newest(known)?.date;
    const sameDay = known.filter(({ date }) => date === last);
    // Of a day that several count the largest: one that has sent nothing yet says zero.
    const day = unit === "" ? sameDay.toSorted((a, b) => told(b)! - told(a)!)[0] : sameDay[0];
    if (!day) continue;
    const value = told(day);
    tiles.push({ label, value: `${count(value)} ${unit}`.trim(), note: `${when(day.date)}, ${nameOf(day.provider)}` });
  }
  return tiles;
}
const LATEST: [label: string, unit: string, metrics: string[]][] = [
  ["Steps", "", ["steps"]],
  ["Resting heart rate", "bpm", ["resting_heart_rate_bpm"]],
  ["HRV", "ms", ["hrv_rmssd_ms", "hrv_sdnn_ms"]],
];

const newest = <Row extends { date: string }>(rows: Row[]): Row | undefined =>
  rows.reduce<Row | undefined>((best, row) => (best === undefined || row.date > best.date ? row : best), undefined);

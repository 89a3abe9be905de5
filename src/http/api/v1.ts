/** What the customer's own backend reads: the person's records, in pages. A key acts for the person who made it. */
import { Hono } from "hono";
import { describeRoute } from "hono-openapi";
import type { z } from "zod";
import { rulesOf } from "../../access/rules.ts";
import { exportLines, streamOf } from "../../account/export.ts";
import { METRICS, metricOf } from "../../domain/metrics.ts";
import { utcDate } from "../../domain/time.ts";
import {
  toWireActivity,
  toWireBucket,
  toWireDay,
  toWireDeletion,
  toWireEvent,
  toWirePoint,
  toWireProfile,
  toWireSleep,
  toWireTrack,
  wireActivity,
  wireDay,
  wireDeletion,
  wireEvent,
  wirePage,
  wireProfile,
  wireSeries,
  wireSleep,
  wireTrack,
} from "../../domain/wire.ts";
import { Problem } from "../../platform/errors.ts";
import { listActivities, readActivity } from "../../store/activities.ts";
import { audit } from "../../store/audit.ts";
import { listDays } from "../../store/days.ts";
import { listDeletions } from "../../store/deletions.ts";
import { listEvents } from "../../store/events.ts";
import { listNights } from "../../store/nights.ts";
import type { Bound, Page } from "../../store/paging.ts";
import { readSeries } from "../../store/series.ts";
import { readTrack } from "../../store/tracks.ts";
import type { Person } from "../../store/users.ts";
import type { App } from "../hono.ts";
import { allow } from "../middleware/auth.ts";
import { answer, problem } from "./describe.ts";
import {
  activitiesQuery,
  deletionsQuery,
  eventsQuery,
  exportQuery,
  instantOf,
  listQuery,
  query,
  seriesQuery,
} from "./query.ts";

/** A list's query as the store takes it. */
const asked = <Query extends { updated_since?: Bound | undefined }>(of: Query, person: Person) => ({
  ...of,
  updated_since: instantOf(of.updated_since, person.time_zone),
});

const onWire = <Row, Wire>({ data, next_cursor }: Page<Row>, toWire: (row: Row) => Wire) => ({
  data: data.map(toWire),
  next_cursor,
});

/** The parts of a public id. */
function keyOf(id: string): { provider: string; external_id: string } {
  const colon = id.indexOf(":");
  if (colon < 1) throw noActivity();
  return { provider: id.slice(0, colon), external_id: id.slice(colon + 1) };
}

const noActivity = () => new Problem(404, "not_found", "There is no such activity.");

function unknownMetric(name: string): Problem {
  const word = name.split("_")[0] ?? name;
  const near = [...METRICS.keys()]
    .filter((known) => known.startsWith(name) || known.split("_").includes(word))
    .slice(0, 8);
  const hint = near.length > 0 ? `Did you mean ${near.join(", ")}?` : "The names are at /docs.";
  return new Problem(404, "unknown_metric", `There is no metric of this name. ${hint}`, { near });
}

const describe = (
  summary: string,
  schema: z.ZodType,
  description: string,
  more: { problems?: Record<number, object>; metrics?: Iterable<string> } = {},
) =>
  describeRoute({
    tags: ["Records"],
    summary,
    ...(more.metrics && { description: `Metrics: ${[...more.metrics].map((name) => `\`${name}\``).join(", ")}.` }),
    responses: {
      200: answer(schema, description),
      400: problem("`bad_parameter`, `bad_cursor`"),
      ...more.problems,
    },
  });

const DAILY = new Set([...METRICS.values()].flatMap(({ daily }) => daily ?? []));

const PAGE = "Newest first; with `updated_since` in the order of change.";

export const v1 = new Hono<App>()
  .use(allow("read"))
  .get("/profile", describe("The person", wireProfile, "Who the key belongs to."), (c) =>
    c.json(toWireProfile(c.var.person)),
  )
  .get("/activities", describe("Activities", wirePage(wireActivity), PAGE), query(activitiesQuery), async (c) => {
    const { context, person } = c.var;
    const page = await listActivities(context, person, asked(c.req.valid("query"), person), rulesOf(context));
    return c.json(onWire(page, toWireActivity));
  })
  .get(
    "/activities/:id",
    describe("One activity", wireActivity, "The activity, also where another stands for it.", {
      problems: { 404: problem("`not_found`") },
    }),
    async (c) => {
      const { context, person } = c.var;
      const activity = await readActivity(context, person, keyOf(c.req.param("id")), rulesOf(context));
      if (!activity) throw noActivity();
      return c.json(toWireActivity(activity));
    },
  )
  .get(
    "/activities/:id/track",
    describe("An activity's track", wireTrack, "Channels as columns, and laps.", {
      problems: { 404: problem("`not_found`, `no_track`") },
    }),
    async (c) => {
      const { context, person } = c.var;
      const key = keyOf(c.req.param("id"));
      const rules = rulesOf(context);
      const track = await readTrack(context, person, key, rules);
      if (track) return c.json(toWireTrack(track));
      if (!(await readActivity(context, person, key, rules))) throw noActivity();
      throw new Problem(404, "no_track", "This activity has no track, or none that has arrived yet.");
    },
  )
  .get("/sleep", describe("Nights and naps", wirePage(wireSleep), PAGE), query(listQuery), async (c) => {
    const { context, person } = c.var;
    const page = await listNights(context, person, asked(c.req.valid("query"), person), rulesOf(context));
    return c.json(onWire(page, toWireSleep));
  })
  .get(
    "/daily",
    describe("Daily metrics", wirePage(wireDay), `One object a local date and provider. ${PAGE}`, { metrics: DAILY }),
    query(listQuery),
    async (c) => {
      const { context, person } = c.var;
      const page = await listDays(context, person, asked(c.req.valid("query"), person), rulesOf(context));
      return c.json(onWire(page, toWireDay));
    },
  )
  .get(
    "/series/:metric",
    describe(
      "Samples of a metric",
      wireSeries,
      "Ascending; of one provider. May end early: go on with `next_cursor`.",
      {
        metrics: METRICS.keys(),
        problems: { 404: problem("`unknown_metric`") },
      },
    ),
    query(seriesQuery),
    async (c) => {
      const { context, person } = c.var;
      const metric = c.req.param("metric");
      if (!/^[a-z0-9_]{1,80}$/.test(metric)) throw unknownMetric(metric);
      const { start, end, ...rest } = c.req.valid("query");
      const zone = person.time_zone;
      const page = await readSeries(
        context,
        person,
        { metric, ...rest, start: instantOf(start, zone), end: instantOf(end, zone) },
        rulesOf(context),
      );
      // Names under `x_` are given by phones as they please; any other is in the registry, or has data, or is a slip.
      if (page.data.length === 0 && !METRICS.has(metric) && !metric.startsWith("x_")) throw unknownMetric(metric);
      return c.json({
        metric,
        unit: metricOf(metric).unit,
        provider: page.provider,
        ...onWire(page, (item) => ("count" in item ? toWireBucket(item) : toWirePoint(item))),
      });
    },
  )
  .get(
    "/events",
    describe("Events", wirePage(wireEvent), `Mood, symptoms, medication, ECG, cycle, tags. ${PAGE}`),
    query(eventsQuery),
    async (c) => {
      const { context, person } = c.var;
      const page = await listEvents(context, person, asked(c.req.valid("query"), person), rulesOf(context));
      return c.json(onWire(page, toWireEvent));
    },
  )
  .get(
    "/deletions",
    describe("What was deleted", wirePage(wireDeletion), "In the order of deletion."),
    query(deletionsQuery),
    async (c) => {
      const { context, person } = c.var;
      const page = await listDeletions(context, person, asked(c.req.valid("query"), person));
      return c.json(onWire(page, toWireDeletion));
    },
  )
  .get(
    "/export",
    describeRoute({
      tags: ["Records"],
      summary: "Everything, as NDJSON",
      description:
        'One record a line, its kind in `record`. The last line is `{"record": "end", "lines": …, "next_cursor": …}`: without it the export was cut; a cursor says where to go on.',
      responses: {
        200: { description: "NDJSON", content: { "application/x-ndjson": { schema: { type: "string" } } } },
        400: problem("`bad_cursor`"),
      },
    }),
    query(exportQuery),
    async (c) => {
      const { context, person } = c.var;
      const lines = exportLines({ context, person, rules: rulesOf(context) }, c.req.valid("query").cursor);
      await audit(context, { user_id: person.id, action: "export" });
      return c.body(streamOf(lines), 200, {
        "content-type": "application/x-ndjson; charset=utf-8",
        "content-disposition": `attachment; filename="qt-connect-${utcDate(context.now())}.ndjson"`,
      });
    },
  );

/** The pages: read a person's records, show them. Everything they do is in actions. */
import { type Context, Hono } from "hono";
import { isConfigured, offeredKey } from "../../access/credentials.ts";
import { rulesOf } from "../../access/rules.ts";
import { connectionViews } from "../../connect/views.ts";
import { effectiveTerms } from "../../domain/terms.ts";
import { addDays, dateMs, localDate, zoneOffset } from "../../domain/time.ts";
import { Problem } from "../../platform/errors.ts";
import { PROVIDERS, providerOf } from "../../providers/index.ts";
import { listActivities, mondayOf, readActivity, weeklyTotals } from "../../store/activities.ts";
import { listDays } from "../../store/days.ts";
import { keysOf } from "../../store/keys.ts";
import { listNights } from "../../store/nights.ts";
import { postsOf } from "../../store/posts.ts";
import { preferenceOf } from "../../store/preferences.ts";
import { readTrack } from "../../store/tracks.ts";
import { takeFlash } from "../flash.ts";
import type { App } from "../hono.ts";
import { sessionOf } from "../middleware/auth.ts";
import { actions } from "./actions.ts";
import { ActivitiesPage, ActivityPage } from "./activity.tsx";
import { DAYS, DashboardPage, NIGHTS, WEEKS } from "./dashboard.tsx";
import { takeFreshKey } from "./fresh_key.ts";
import { LandingPage } from "./landing.tsx";
import { isSyncing } from "./parts/connection.tsx";
import { render } from "./parts/layout.tsx";
import { SettingsPage } from "./settings.tsx";
import { signedIn } from "./signed_in.ts";

const nameOf = (id: string): string => providerOf(id)?.name ?? id;
const askZone = async (c: Context<App>): Promise<boolean> =>
  (await preferenceOf(c.var.context, c.var.person, "time_zone")) === null;

export const pages = new Hono<App>()
  .get("/robots.txt", (c) => c.text("User-agent: *\nDisallow: /\n"))
  .get("/", async (c) => {
    const { env } = c.var.context;
    const session = await sessionOf(c);
    const waysIn = env.SIGN_IN.flatMap((id) => providerOf(id) ?? []).map((provider) => ({
      id: provider.id,
      name: provider.name,
      configured: isConfigured(env, provider),
    }));
    return render(
      c,
      <LandingPage
        person={session?.person ?? null}
        flash={takeFlash(c)}
        waysIn={waysIn}
        simulated={env.PROVIDER_GATEWAY !== null}
        closed={env.SIGN_UPS === "invite"}
      />,
    );
  })
  .route("/dashboard/settings", actions)
  .use("/dashboard/*", signedIn)
  .get("/dashboard", async (c) => {
    const { context, person } = c.var;
    const now = context.now();
    const rules = rulesOf(context);
    const today = localDate(now, zoneOffset(person.time_zone, now));
    const thisMonday = mondayOf(today);
    const back = (days: number) => ({ date: addDays(today, 1 - days) });
    const connections = await connectionViews(context, person);
    const syncing = connections.some(isSyncing);
    const since = dateMs(addDays(thisMonday, -7 * (WEEKS - 1))) - 86_400_000;
    const [activities, totals, nights, days] = await Promise.all([
      listActivities(context, person, { duplicates: "merged", limit: 7 }, rules),
      // Counting all of them is worth it only while the number tells how far the history has come.
      weeklyTotals(context, person, syncing ? 0 : since, rules),
      listNights(context, person, { start: back(NIGHTS), limit: 500 }, rules),
      listDays(context, person, { start: back(DAYS), limit: 500 }, rules),
    ]);
    return render(
      c,
      <DashboardPage
        person={person}
        flash={takeFlash(c)}
        askZone={await askZone(c)}
        connections={connections}
        activities={activities.data}
        totals={totals}
        nights={nights.data}
        days={days.data}
        stored={syncing ? totals.reduce((sum, total) => sum + total.activities, 0) : null}
        today={today}
        thisMonday={thisMonday}
        nameOf={nameOf}
        providerOf={providerOf}
        now={now}
      />,
    );
  })
  .get("/dashboard/activities", async (c) => {
    const { context, person } = c.var;
    const cursor = c.req.query("cursor");
    const query = { duplicates: "merged" as const, cursor, limit: 50 };
    const page = await listActivities(context, person, query, rulesOf(context));
    return render(c, <ActivitiesPage person={person} page={page} later={cursor !== undefined} />);
  })
  .get("/dashboard/activities/:id", async (c) => {
    const { context, person } = c.var;
    const [, provider, external_id] = /^([a-z0-9_]+):(.+)$/.exec(c.req.param("id")) ?? [];
    const key = provider && external_id ? { provider, external_id } : null;
    const activity = key && (await readActivity(context, person, key, rulesOf(context)));
    if (!key || !activity) throw new Problem(404, "not_found", "You have no such activity, or it is gone.");
    const track = await readTrack(context, person, key, rulesOf(context));
    return render(c, <ActivityPage person={person} activity={activity} track={track} />);
  })
  .get("/dashboard/settings", async (c) => {
    const { context, person } = c.var;
    const { env } = context;
    const [connections, keys, posts] = await Promise.all([
      connectionViews(context, person),
      keysOf(context, person),
      postsOf(context, person),
    ]);
    const sources = PROVIDERS.map((provider) => ({
      provider,
      connection: connections.find((one) => one.provider === provider.id) ?? null,
      configured: isConfigured(env, provider),
      ownKey: offeredKey(env, provider),
      terms: effectiveTerms(provider, env.DATA_POLICY),
    }));
    return render(
      c,
      <SettingsPage
        person={person}
        flash={takeFlash(c)}
        askZone={await askZone(c)}
        sources={sources}
        posts={posts}
        keys={keys}
        freshKey={await takeFreshKey(c)}
        address={env.BASE_URL}
        zones={Intl.supportedValuesOf("timeZone")}
        now={context.now()}
      />,
    );
  });

import type { Context } from "hono";
import type { World } from "../../provider.ts";
import { refusal, tooMany } from "./errors.ts";
import type { Grants, Registration } from "./grants.ts";
import { delivery, type Notices } from "./notices.ts";
import { lifeOf } from "./oauth.ts";
import type { Settings } from "./settings.ts";
import type { SummaryType } from "./summary.ts";
import { TYPES } from "./types.ts";

/** One accepted request for history; times in epoch s, `asked` and `due` in ms. */
interface Ask {
  client: string;
  person: string;
  /** Start of the connection: a later one may ask again. */
  connection: number;
  path: string;
  from: number;
  to: number;
  asked: number;
  due: number;
  told: boolean;
}

export type Backfills = ReturnType<typeof createBackfills>;

/** History on request: 202 at once, the data as notices a while later. */
export function createBackfills(world: World, grants: Grants, notices: Notices, settings: () => Settings) {
  let asks: Ask[] = [];
  let spent: { client: string; at: number; days: number }[] = [];
  let timer: NodeJS.Timeout | null = null;

  function backfill(c: Context, registration: Registration, type: SummaryType): Response {
    const window = windowOf(c, "summaryStartTimeInSeconds", "summaryEndTimeInSeconds", type.days * 86_400);
    if (window instanceof Response) return window;
    const how = delivery(settings(), type.path);
    if (how === "off" || (how === "ping" && type.path === "activityDetails")) {
      return refusal(400, `Endpoint not enabled for summary type: ${type.portal}`);
    }
    if (!registration.permissions.includes(type.permission)) return switchedOff();
    if (!registration.permissions.includes("HISTORICAL_DATA_EXPORT")) {
      return refusal(403, "User has not given permission for historical data");
    }
    const { from, to } = window;
    const earliest = monthBefore(grants.firstAt(registration));
    if (from * 1000 < earliest) {
      return refusal(400, `start ${instant(from)} before min start time of ${new Date(earliest).toISOString()}`);
    }
    const { client, person, at } = registration;
    const same = asks.find(
      (one) =>
        one.client === client &&
        one.person === person &&
        one.connection === at &&
        one.path === type.path &&
        one.from <= from &&
        one.to >= to,
    );
    if (same) {
      const range = `${instant(same.from)} to ${instant(same.to)}`;
      return refusal(
        409,
        `[${crypto.randomUUID()}]duplicate backfill processed at ${instant(same.asked / 1000)} [${range}]`,
      );
    }
    const now = world.now();
    spent = spent.filter((one) => one.at > now - 60_000);
    const days = (to - from) / 86_400;
    const sum = spent.reduce((total, one) => total + (one.client === client ? one.days : 0), days);
    if (sum > settings().days_per_minute) return tooMany();
    spent.push({ client, at: now, days });
    const due = now + settings().backfill_after_s * 1000;
    asks.push({ client, person, connection: at, path: type.path, from, to, asked: now, due, told: false });
    world.changed();
    arm();
    return new Response(null, { status: 202 });
  }

  /** Tells what is due; what a restart interrupted is told after it. */
  async function work(): Promise<void> {
    const due = asks.filter((one) => !one.told && one.due <= world.now());
    for (const ask of due) {
      ask.told = true;
      const type = TYPES.find((one) => one.path === ask.path)!;
      const life = lifeOf(world, ask.person);
      const registration = grants
        .registrations(ask.person)
        .find((one) => one.client === ask.client && one.at === ask.connection);
      if (life && registration) notices.tell(registration, type, type.between(life, ask.from, ask.to, world.now()));
    }
    if (due.length > 0) world.changed();
    arm();
    await notices.flush();
  }

  function arm(): void {
    if (timer) clearTimeout(timer);
    timer = null;
    const waiting = asks.filter((one) => !one.told);
    if (waiting.length === 0) return;
    const wait = Math.min(...waiting.map((one) => one.due)) - world.now();
    timer = setTimeout(() => void work(), Math.max(250, wait));
    timer.unref?.();
  }

  return {
    backfill,
    work,
    resetLimits() {
      spent = [];
    },
    reset() {
      asks = [];
      spent = [];
      if (timer) clearTimeout(timer);
      timer = null;
    },
    save: (): unknown => asks,
    load(saved: unknown) {
      if (!saved) return;
      asks = saved as Ask[];
      arm();
    },
  };
}

export const switchedOff = (): Response => refusal(412, "User has not given permission for this summary type");

/** The asked window in epoch s, or why it is none. */
export function windowOf(
  c: Context,
  first: string,
  last: string,
  most_s: number,
): { from: number; to: number } | Response {
  const given = [c.req.query(first), c.req.query(last)];
  if (given.some((one) => one === undefined || one === "")) return refusal(400, "Missing time range parameters");
  for (const one of given) {
    if (!/^\d+$/.test(one!)) return refusal(400, `invalid timestamp '${one}'`);
    if (Number(one) > 1e11) {
      return refusal(
        400,
        `timestamp '${one}' appears to be in milliseconds. Please provide unix timestamps in seconds.`,
      );
    }
  }
  const [from, to] = given.map(Number) as [number, number];
  if (to <= from) return refusal(400, "End time must be after start time");
  if (to - from > most_s) return refusal(400, `Time range exceeds maximum of ${most_s} seconds`);
  return { from, to };
}

const instant = (epoch_s: number): string => new Date(Math.floor(epoch_s) * 1000).toISOString().replace(".000Z", "Z");

/** A calendar month earlier. */
function monthBefore(ms: number): number {
  const date = new Date(ms);
  date.setUTCMonth(date.getUTCMonth() - 1);
  return date.getTime();
}

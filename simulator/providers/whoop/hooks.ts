import { localDay } from "../../calendar.ts";
import type { Life } from "../../life.ts";
import type { Change, World } from "../../provider.ts";
import type { Settings } from "./api.ts";
import type { Grants } from "./grants.ts";
import { isSeen, SCORING_MS, sleepId, sleepsAsLeft, userId, workoutEnd, workoutId } from "./records.ts";

const ANSWER_MS = 1000;
/** Five times more over about an hour, s. */
const PAUSES_S = [60, 240, 600, 1200, 1500];
const DAY_MS = 86_400_000;

/** What the operator has entered in the dashboard. */
const entered = (): string[] => (process.env.SIM_WHOOP_CALLBACK ? [process.env.SIM_WHOOP_CALLBACK] : []);

export type Hooks = ReturnType<typeof createHooks>;

/**
 * Webhooks, whose addresses are entered in the dashboard: every type goes to every address of every application that the person has
 * granted. Signed with the application's secret over time and body; a retry is the same request again.
 */
export function createHooks(world: World, grants: Grants, settings: Settings) {
  let urls = entered();

  async function post(url: string, body: string, headers: Record<string, string>, attempt = 0): Promise<void> {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const status = await world
      .fetch(new Request(url, { method: "POST", headers, body, signal }))
      .then((answer) => answer.status)
      .catch(() => 0);
    const pause = PAUSES_S[attempt];
    if ((status >= 200 && status < 300) || pause === undefined || !urls.includes(url)) return;
    const again = () => void post(url, body, headers, attempt + 1);
    setTimeout(again, Math.max(1000, (pause * 1000) / world.speed)).unref();
  }

  async function tell(life: Life, id: string, type: string): Promise<void> {
    for (const client of new Set(grants.of(life.person.key).map((grant) => grant.client))) {
      const secret = grants.secretOf(client);
      if (secret === undefined) continue;
      const body = JSON.stringify({ user_id: userId(life), id, type, trace_id: crypto.randomUUID() });
      const time = String(world.now());
      const headers = {
        "content-type": "application/json",
        "X-WHOOP-Signature": await signature(secret, time + body),
        "X-WHOOP-Signature-Timestamp": time,
      };
      await Promise.all(urls.map((url) => post(url, body, headers)));
    }
  }

  return {
    setUrls(given: string[]) {
      urls = given;
    },
    async changed({ life, activity, kind }: Change): Promise<void> {
      if (!isSeen(activity)) return;
      await tell(life, workoutId(activity, life), kind === "delete" ? "workout.deleted" : "workout.updated");
    },
    /** A sleep and its recovery are told of when they are there, and again when they are scored; a workout likewise. */
    async passed(from: number, to: number): Promise<void> {
      if (urls.length === 0) return;
      const isNew = (ended: number) => [ended, ended + SCORING_MS].some((at) => at > from && at <= to);
      for (const life of world.lives) {
        if (grants.of(life.person.key).length === 0) continue;
        const { zone } = life.person.home;
        for (let day = localDay(zone, from) - 1; day <= localDay(zone, to) + 1; day++) {
          for (const sleep of sleepsAsLeft(life, day, to, settings.edits)) {
            if (!isNew(sleep.end)) continue;
            await tell(life, sleepId(sleep, life), "sleep.updated");
            if (sleep.type === "main") await tell(life, sleepId(sleep, life), "recovery.updated");
          }
        }
        for (const activity of life.activities(to)) {
          if (activity.start < from - DAY_MS || !isSeen(activity)) continue;
          const scored = workoutEnd(activity, life) + SCORING_MS;
          if (scored > from && scored <= to) await tell(life, workoutId(activity, life), "workout.updated");
        }
      }
    },
    /** Their owner has changed a sleep, or deleted it with its recovery. */
    async edited(life: Life, key: string, kind: "updated" | "deleted"): Promise<void> {
      const day = Date.parse(key.slice(0, 10)) / DAY_MS;
      const sleep = sleepsAsLeft(life, day, Number.POSITIVE_INFINITY, new Map()).find((one) => one.key === key);
      if (!sleep) throw new RangeError(`${life.person.key} has no sleep ${key}`);
      await tell(life, sleepId(sleep, life), `sleep.${kind}`);
      if (sleep.type === "main") await tell(life, sleepId(sleep, life), `recovery.${kind}`);
    },
    reset() {
      urls = entered();
    },
  };
}

/** base64 of HMAC-SHA256. */
export async function signature(secret: string, message: string): Promise<string> {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", bytes(secret), algorithm, false, ["sign"]);
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes(message)));
  return btoa(String.fromCharCode(...mac));
}

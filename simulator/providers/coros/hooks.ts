import { stringify } from "../../json.ts";
import type { Life } from "../../life.ts";
import type { Change, World } from "../../provider.ts";
import type { Files } from "./api.ts";
import { type Grants, openIdOf } from "./grants.ts";
import { isSeen, type Settings, workoutOf } from "./workouts.ts";

const ANSWER_MS = 10_000;
/** Nobody knows the real rhythm. */
const PAUSE_S = 300;
const TRIES = 5;

export type Hooks = ReturnType<typeof createHooks>;

/** New workouts to the address that the application gave, with its own credentials in the headers. No edit or deletion is told. */
export function createHooks(world: World, grants: Grants, settings: Settings, files: Files) {
  let url: string | null = null;
  /** The service status check has gone well. */
  let alive = false;

  const ask = (request: Request): Promise<Response | null> =>
    world.fetch(new Request(request, { signal: AbortSignal.timeout(ANSWER_MS) })).catch(() => null);

  async function isAlive(to: string): Promise<boolean> {
    alive ||= (await ask(new Request(to)))?.status === 200;
    return alive;
  }

  /** Taken only where the answer says so in so many words. */
  async function isTaken(to: string, headers: Record<string, string>, body: string): Promise<boolean> {
    const answer = await ask(new Request(to, { method: "POST", headers, body }));
    const told =
      answer?.status === 200 ? ((await answer.json().catch(() => null)) as Record<string, unknown> | null) : null;
    return told?.message === "ok" && told.result === "0000";
  }

  async function post(client: string, secret: string, body: string, tries = 1): Promise<void> {
    if (url === null || !(await isAlive(url))) return;
    const headers = { client, secret, "content-type": "application/json" };
    if (await isTaken(url, headers, body)) return;
    alive = false;
    if (tries === TRIES) return;
    const again = () => void post(client, secret, body, tries + 1);
    setTimeout(again, Math.max(1000, (PAUSE_S * 1000) / world.speed)).unref?.();
  }

  return {
    setUrl(given: string | null) {
      url = given;
      alive = false;
    },
    async changed({ life, activity, kind }: Change): Promise<void> {
      if (url === null || kind !== "create" || !isSeen(activity)) return;
      for (const [client, secret] of grants.clients()) {
        if (!grants.isBound(client, life.person.key)) continue;
        await post(client, secret, bodyOf(life, activity));
      }
    },
  };

  function bodyOf(life: Life, activity: Change["activity"]): string {
    const workout = workoutOf(life, activity, settings, files.addressOf(life));
    return stringify({ sportDataList: [{ openId: openIdOf(life), ...workout }] });
  }
}

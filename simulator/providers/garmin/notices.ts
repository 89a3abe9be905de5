import { stringify } from "../../json.ts";
import type { Life } from "../../life.ts";
import type { World } from "../../provider.ts";
import { type Entry, nameOf } from "./activities.ts";
import type { Registration } from "./grants.ts";
import { lifeOf } from "./oauth.ts";
import type { Delivery, Settings } from "./settings.ts";
import { type Summary, type SummaryType, seconds, userIdOf } from "./summary.ts";

interface Notice {
  client: string;
  key: string;
  body: string;
  attempts: number;
  /** Ms UTC, simulator's clock. */
  due: number;
  expires: number;
}

/** What a ping's URL gives out. */
interface Pull {
  registration: Registration;
  path: string;
  once: boolean;
  expires: number;
  taken: boolean;
  make(): unknown[] | Uint8Array;
}

const ANSWER_MS = 30_000;
const PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 3_600_000;
const WEEK_MS = 7 * 86_400_000;
const DAY_MS = 86_400_000;
const MOST_BYTES = 1_000_000;
const MOST_BYTES_OF_DETAILS = 8_000_000;
const API = "https://apis.garmin.com/wellness-api/rest";

export const delivery = (settings: Settings, path: string): Delivery => {
  const chosen = settings.delivery[path] ?? settings.delivery["*"] ?? "push";
  return path === "activityFiles" && chosen === "push" ? "ping" : chosen;
};

export type Notices = ReturnType<typeof createNotices>;

/**
 * Posts to the operator's address, one after the other: anything but 2xx within 30 s is tried again with growing
 * pauses, for seven days, files for one. Retries wait in memory: a restart of the simulator forgets them.
 */
export function createNotices(world: World, settings: () => Settings) {
  let pending: Notice[] = [];
  let pulls = new Map<string, Pull>();
  let working: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | null = null;
  let posted = 0;

  function post(client: string, key: string, items: string[], lives_ms = WEEK_MS): void {
    if (settings().callback_url === null) return;
    const every = settings().empty_every;
    const empty = every > 0 && ++posted % every === 0 ? ["{}"] : [];
    const body = `{"${key}":[${[...empty, ...items].join(",")}]}`;
    pending.push({ client, key, body, attempts: 0, due: world.now(), expires: world.now() + lives_ms });
  }

  /** Delivers what is due; resolves when everything that was due has been tried. */
  function flush(): Promise<void> {
    working = working.then(async () => {
      for (;;) {
        const notice = pending.find((one) => one.due <= world.now());
        if (!notice) break;
        pending = pending.filter((one) => one !== notice);
        await attempt(notice);
      }
      arm();
    });
    return working;
  }

  async function attempt(notice: Notice): Promise<void> {
    const { callback_url } = settings();
    if (callback_url === null) return;
    const headers = {
      "content-type": "application/json;charset=UTF-8",
      "user-agent": "Garmin Health API",
      accept: "text/plain, application/json, application/*+json, */*",
      "garmin-client-id": notice.client,
    };
    const signal = AbortSignal.timeout(ANSWER_MS);
    const taken = await world
      .fetch(new Request(callback_url, { method: "POST", headers, body: notice.body, signal }))
      .then(async (answer) => {
        await answer.body?.cancel();
        return answer.ok;
      })
      .catch(() => false);
    if (taken) return;
    const pause = Math.min(PAUSE_MS * 2 ** notice.attempts, LONGEST_PAUSE_MS) / world.speed;
    const due = world.now() + Math.max(1000, pause);
    if (due < notice.expires) pending.push({ ...notice, attempts: notice.attempts + 1, due });
  }

  function arm(): void {
    if (timer) clearTimeout(timer);
    timer = null;
    if (pending.length === 0) return;
    const wait = Math.min(...pending.map((one) => one.due)) - world.now();
    timer = setTimeout(() => void flush(), Math.max(250, wait));
    timer.unref?.();
  }

  const of = ({ client, person, user, refresh }: Registration) => {
    const life = lifeOf(world, person)!;
    // After the move to OAuth 2 the token is left out.
    const token = user && !refresh ? { userAccessToken: user.token } : {};
    return { client, life, who: { userId: userIdOf(life), ...token } };
  };

  function callback(pull: Omit<Pull, "taken">, query: Record<string, string | number>): string {
    const token = crypto.randomUUID();
    pulls.set(token, { ...pull, taken: false });
    const url = new URL(`${API}/${pull.path}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
    url.searchParams.set("token", token);
    return url.href;
  }

  /** Records of one type to one application, in whichever way it wants them. */
  function tell(registration: Registration, type: SummaryType, summaries: Summary[]): void {
    const how = delivery(settings(), type.path);
    if (how === "off" || summaries.length === 0 || !registration.permissions.includes(type.permission)) return;
    const { client, who } = of(registration);
    if (how === "ping") {
      const now = seconds(world.now());
      const pull = {
        registration,
        path: type.path,
        once: false,
        expires: world.now() + WEEK_MS,
        make: () => summaries.map((one) => ({ ...who, ...one.body() })),
      };
      const window = { uploadStartTimeInSeconds: now - 60, uploadEndTimeInSeconds: now };
      post(client, type.key, [stringify({ ...who, callbackURL: callback(pull, window) })]);
      return;
    }
    const most = type.path === "activityDetails" ? MOST_BYTES_OF_DETAILS : MOST_BYTES;
    let items: string[] = [];
    let bytes = 0;
    for (const summary of summaries) {
      const item = stringify({ ...who, ...summary.body() });
      if (bytes > 0 && bytes + item.length > most) {
        post(client, type.key, items);
        [items, bytes] = [[], 0];
      }
      items.push(item);
      bytes += item.length;
    }
    post(client, type.key, items);
  }

  /** Files are announced only: one download each, within a day. A leg's file is that of the whole. */
  function tellFiles(registration: Registration, of_: Entry[], file: (life: Life, entry: Entry) => Uint8Array): void {
    if (delivery(settings(), "activityFiles") === "off" || !registration.permissions.includes("ACTIVITY_EXPORT"))
      return;
    const { client, life, who } = of(registration);
    const items = of_
      .filter((entry) => entry.parent === null && !entry.activity.manual)
      .map((entry) => {
        const pull = {
          registration,
          path: "activityFile",
          once: true,
          expires: world.now() + DAY_MS,
          make: () => file(life, entry),
        };
        return stringify({
          ...who,
          summaryId: `${entry.id}-file`,
          fileType: "FIT",
          callbackURL: callback(pull, { id: entry.id }),
          activityType: entry.type,
          deviceName: entry.device,
          startTimeInSeconds: seconds(entry.activity.start),
          activityId: entry.id,
          activityName: nameOf(entry),
          manual: false,
        });
      });
    if (items.length > 0) post(client, "activityFiles", items, DAY_MS);
  }

  return {
    flush,
    tell,
    tellFiles,
    goodbye(registration: Registration): void {
      const { client, who } = of(registration);
      post(client, "deregistrations", [stringify(who)]);
    },
    permissionsChanged(registration: Registration): void {
      const { client, who, life } = of(registration);
      const changeTimeInSeconds = seconds(world.now());
      const summaryId = `x${userIdOf(life).slice(0, 7)}-${changeTimeInSeconds.toString(16)}`;
      const { permissions } = registration;
      post(client, "userPermissionsChange", [stringify({ ...who, summaryId, permissions, changeTimeInSeconds })]);
    },
    /** What a ping's token stands for, for the one it was given to; "gone" where it was used up or is too old. */
    pull(token: string, path: string, registration: Registration): Pull | "gone" | null {
      const found = pulls.get(token);
      if (found?.path !== path || found.registration.client !== registration.client) return null;
      if (found.registration.person !== registration.person) return null;
      if (found.expires <= world.now() || (found.once && found.taken)) return "gone";
      found.taken = true;
      return found;
    },
    waiting: () => pending.length,
    reset() {
      pending = [];
      pulls = new Map();
      if (timer) clearTimeout(timer);
      timer = null;
    },
  };
}

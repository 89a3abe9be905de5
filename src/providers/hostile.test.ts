import { existsSync, readdirSync, readFileSync } from "node:fs";
import { URL } from "node:url";
import { expect, it } from "vitest";
import type { Batch } from "../domain/batch.ts";
import { isDate } from "../domain/time.ts";
import { PROVIDERS } from "./index.ts";
import type { Json, Position, Provider, PushItem, Stream, Window } from "./provider.ts";

/** What a member may be instead: of another kind, or of its own and too large, too long, in no calendar, a name that objects have. */
const KINDS: unknown[] = [null, 0, "x", true, [], {}, [null]];
const NUMBERS: unknown[] = [-1, 0.0001, 1e12, 1e13, 9e15, 1e300, -1e300, "9".repeat(400), "99999"];
// biome-ignore format: a table
const TEXTS: unknown[] = [
  "", "constructor", "99999", "+275760-09-12T23:59:59Z", "+275760-09-12 23:59:59", "+012345-01-01T00:00:00Z",
  "0000-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "2024-02-30T00:00:00Z", "9999-12-31", "99:99", 9e15,
  `PT${"9".repeat(400)}S`, `${"9".repeat(400)}s`, `${"9".repeat(30)}s`, "9".repeat(400),
];
const aimedAt = (value: unknown): unknown[] =>
  typeof value === "number" ? NUMBERS : typeof value === "string" ? TEXTS : [];
const KEYS = ["__proto__", "constructor", "", "1e300", "-5", "99:99"];

type Body = { body: unknown; variant: string };
type Shape = Record<string, unknown>;
const isObject = (value: unknown): value is Shape => value !== null && typeof value === "object";

/** Of what is only of another kind so much is tried, other with another seed. */
const [SEED, SHARE] = [1, 0.1];
/** mulberry32 */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What recorded answers and notices are made of: the file, or what it wraps, lists cut short; and the same without dates of their own. */
function* bodiesOf(value: unknown, depth = 2): Generator<Body> {
  const body = typeof value === "string" && /^[[{]/.test(value) ? JSON.parse(value) : value;
  if (!isObject(body)) return;
  yield { body: short(body), variant: "" };
  if (JSON.stringify(body).includes("calendarDate")) {
    yield { body: short(body, "calendarDate"), variant: "dateless" };
  }
  if (depth > 0) for (const member of Object.values(body).slice(0, 12)) yield* bodiesOf(member, depth - 1);
}
function short(value: unknown, without = ""): unknown {
  if (Array.isArray(value)) return value.slice(0, 2).map((item) => short(item, without));
  if (!isObject(value)) return value;
  const members = Object.entries(value).filter(([key]) => key !== without);
  return Object.fromEntries(members.slice(0, 60).map(([key, member]) => [key, short(member, without)]));
}
function fixturesOf(id: string): Body[] {
  // Each API of a provider that has several has a folder of its own, `garmin_personal`.
  const names = readdirSync(new URL(".", import.meta.url)).filter((name) => name === id || name.startsWith(`${id}_`));
  const folders = names.map((name) => new URL(`${name}/fixtures/`, import.meta.url)).filter(existsSync);
  return folders.flatMap((folder) => {
    const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
    return files.flatMap((name) => [...bodiesOf(JSON.parse(readFileSync(new URL(name, folder), "utf8")))]);
  });
}

const NOW = Date.UTC(2026, 9, 1);
const account = { provider_user_id: "1", public_id: "u", learned: {}, granted_scopes: [] };
const at: Position = { window: { from: NOW - 3 * 86_400_000, to: NOW }, cursor: null, account, offsetAt: () => 3600 };
const answer = (body: unknown) => ({ status: 200, headers: new Headers(), body });

/** Whether anything came of it; what cannot be stored or asked for is thrown. */
type Reader = [name: string, read: (body: unknown) => boolean];

function ofStream([name, stream]: [string, Stream]): Reader {
  const once = (body: unknown, cursor: Json) => {
    const id = String((body as Shape | null)?.id ?? (body as Shape | null)?.activityId ?? "1");
    return stream.kind === "list"
      ? stream.read(answer(body), { ...at, cursor })
      : stream.read(answer(body), id, account, cursor);
  };
  const isTold = (page: ReturnType<typeof once>): boolean => !("kind" in page) && checked(page.batch);
  return [
    name,
    (body) => {
      const page = once(body, null);
      if ("kind" in page) return false;
      const some = isTold(page) || page.profile !== undefined;
      // Days one by one have nothing of this one in their cursor.
      if (!isObject(page.next) || Object.keys(page.next).length === 0) return some;
      if (stream.kind === "list") stream.request({ ...at, cursor: page.next });
      isTold(once(body, page.next));
      return true;
    },
  ];
}

function ofPush({ push, streams }: Provider): Reader[] {
  if (!push) return [];
  const read = (element: unknown, key: string | null): boolean => {
    push.account(element, key);
    const items = push.read(element, key, { now: NOW, offsetAt: at.offsetAt });
    for (const item of items) follow(item, element, streams);
    return items.some((item) => item.is !== "data" || checked(item.batch));
  };
  if (push.elements !== "arrays") return [["push", (body) => read(body, null)]];
  const all = (body: unknown) => Object.entries(isObject(body) ? body : {}).filter(([, list]) => Array.isArray(list));
  return [["push", (body) => all(body).some(([key, list]) => (list as unknown[]).some((one) => read(one, key)))]];
}
function follow(item: PushItem, element: unknown, streams: Provider["streams"]): void {
  if (item.is === "data") checked(item.batch);
  if (item.is === "window") {
    expectFinite(item.window);
    (streams[item.stream] as { request(at: Position): unknown }).request({ ...at, window: item.window as Window });
  }
  if (item.is !== "fetch") return;
  const page = item.read(answer([element]));
  if ("batch" in page) checked(page.batch);
}

function expectFinite(value: unknown): void {
  if (typeof value === "number" && !Number.isFinite(value)) throw new Error(`${value}`);
  if (isObject(value)) for (const member of Object.values(value)) expectFinite(member);
}
/** Whether it has anything. */
function checked(batch: Batch): boolean {
  const { samples, elements: _, rejections: __, ...records } = batch;
  expectFinite(records);
  for (const { utc_offset_s, ...column } of samples) {
    expectFinite(column);
    expectFinite(utc_offset_s.filter((offset) => !Number.isNaN(offset)));
  }
  const dates = [...batch.days.map(({ date }) => date), ...batch.nights.map(({ fields }) => fields.date)];
  const bad = dates.find((date) => date !== undefined && !isDate(date));
  if (bad !== undefined) throw new Error(`the date ${bad}`);
  return samples.length > 0 || Object.values(records).some((list) => list.length > 0);
}

type Try = { place: string; aimed: boolean; set(): void; unset(): void };
/** Each member of a body, as something else, and members that no answer has; what is done can be undone. */
function* triesOf(holder: Shape, key: string, place: string): Generator<Try> {
  const value = holder[key];
  const own = aimedAt(value);
  for (const other of [...KINDS, ...own]) {
    yield {
      place,
      aimed: own.includes(other),
      set: () => void (holder[key] = other),
      unset: () => void (holder[key] = value),
    };
  }
  if (!isObject(value)) return;
  for (const name of Object.keys(value)) yield* triesOf(value, name, `${place}/${Array.isArray(value) ? "*" : name}`);
  if (Array.isArray(value)) return;
  for (const name of KEYS.filter((name) => !Object.hasOwn(value, name))) {
    const member = { value: Object.values(value)[0] ?? 1, enumerable: true, configurable: true, writable: true };
    const set = () => void Object.defineProperty(value, name, member);
    yield { place: `${place}/+`, aimed: false, set, unset: () => void delete value[name] };
  }
}

const WITH_STREAMS = PROVIDERS.filter(({ streams }) => Object.keys(streams).length > 0);
it.each(WITH_STREAMS.map((provider) => [provider.id, provider] as const))(
  "%s: whatever an answer or a notice holds, nothing is thrown and what comes of it can be stored",
  (id, provider) => {
    const readers = [...Object.entries(provider.streams).map(ofStream), ...ofPush(provider)];
    const bodies = fixturesOf(id);
    const random = randomFrom(SEED);
    const faults = new Map<string, string>();
    for (const [name, read] of readers) {
      const tried = new Set<string>();
      for (const { body, variant } of bodies.filter(({ body }) => read(body))) {
        const root = { body };
        const seen = new Set<string>();
        for (const { place, aimed, set, unset } of triesOf(root, "body", "")) {
          if (tried.has(variant + place)) continue;
          seen.add(variant + place);
          if (!aimed && random() > SHARE) continue;
          set();
          try {
            read(root.body);
          } catch (error) {
            faults.set(`${name} ${place}`, String(error));
          }
          unset();
        }
        for (const place of seen) tried.add(place);
      }
    }
    expect([...faults]).toEqual([]);
  },
);

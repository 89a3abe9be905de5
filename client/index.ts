/**
 * qt-connect for a customer's backend: `createClient({ base_url, key })`. Lists are async iterators that fetch the next page when it is
 * needed; a problem (RFC 9457) is thrown as `ApiError`. No dependency but `fetch`; docs/api.md has examples.
 */
import type {
  WireActivity,
  WireBucket,
  WireDay,
  WireDeletion,
  WireEvent,
  WirePoint,
  WireProblem,
  WireProfile,
  WireSeries,
  WireSleep,
  WireTrack,
} from "../src/domain/wire.ts";

export type Activity = WireActivity;
export type Bucket = WireBucket;
export type Day = WireDay;
export type Deletion = WireDeletion;
export type Event = WireEvent;
export type Point = WirePoint;
export type Profile = WireProfile;
export type Sleep = WireSleep;
export type Track = WireTrack;

export interface ClientOptions {
  /** Where qt-connect lives, e.g. `https://connect.example.com`. */
  base_url: string;
  /** `qt_…` with the scope `read`. */
  key: string;
  fetch?: (request: Request) => Promise<Response>;
}

/** `start` and `end` are `[start, end)`: RFC 3339 instants, or dates of the person. */
export interface Range {
  start?: string;
  end?: string;
  provider?: string;
}
export interface ListOptions extends Range {
  /** RFC 3339, inclusive; orders by time of change. */
  updated_since?: string;
  /** Rows a request, 1 to 500. */
  limit?: number;
}
export interface ActivityOptions extends ListOptions {
  sport?: string;
  duplicates?: "merged" | "all";
}
export interface EventOptions extends ListOptions {
  kind?: string;
}
export interface DeletionOptions {
  updated_since?: string;
  provider?: string;
  kind?: string;
  limit?: number;
}
export type Resolution = "1m" | "5m" | "1h" | "1d";
export interface SeriesOptions extends Range {
  /** Points a request, 1 to 50000. */
  limit?: number;
}

/** What the server says of a request it refuses. `code` is stable. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  /** Seconds to wait where the server says so, else null. */
  readonly retry_after_s: number | null;

  constructor(status: number, problem: Partial<WireProblem>, retryAfter: string | null) {
    super(`${status} ${problem.code ?? "unknown"}: ${problem.detail ?? ""}`);
    this.name = "ApiError";
    this.status = status;
    this.code = problem.code ?? "unknown";
    this.detail = problem.detail ?? "";
    this.retry_after_s = retryAfter === null ? null : Number(retryAfter);
  }
}

/** A line of the export: `record` names what it is. */
export type ExportLine =
  | ({ record: "profile" } & Profile)
  | ({ record: "activity" } & Activity)
  | ({ record: "track" } & Track)
  | ({ record: "sleep" } & Sleep)
  | ({ record: "daily" } & Day)
  | ({ record: "event" } & Event)
  | ({ record: "deletion" } & Deletion)
  | {
      record: "series";
      metric: string;
      unit: string;
      provider: string;
      /** Source and grain; a plain read of the series counts one of them. */
      stream: string;
      /** UTC day. */
      date: string;
      data: Point[];
    };
type LastLine = { record: "end"; lines: number; next_cursor: string | null };

type Query = Record<string, string | number | undefined>;

export function createClient({ base_url, key, fetch = (request) => globalThis.fetch(request) }: ClientOptions) {
  async function get(path: string, query: Query = {}): Promise<Response> {
    const url = new URL(`/api/v1${path}`, base_url);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const response = await fetch(new Request(url, { headers: { "x-api-key": key } }));
    if (response.ok) return response;
    const problem: Partial<WireProblem> = await response.json<Partial<WireProblem>>().catch(() => ({}));
    throw new ApiError(response.status, problem, response.headers.get("retry-after"));
  }
  const one = async <Value>(path: string): Promise<Value> => (await get(path)).json<Value>();

  async function* pages<Row>(path: string, query: object): AsyncGenerator<Row, void, undefined> {
    let cursor: string | undefined;
    do {
      const response = await get(path, { ...(query as Query), cursor });
      const page = await response.json<{ data: Row[]; next_cursor: string | null }>();
      yield* page.data;
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);
  }

  return {
    profile: () => one<Profile>("/profile"),
    activities: (options: ActivityOptions = {}) => pages<Activity>("/activities", options),
    activity: (id: string) => one<Activity>(`/activities/${encodeURIComponent(id)}`),
    track: (id: string) => one<Track>(`/activities/${encodeURIComponent(id)}/track`),
    sleep: (options: ListOptions = {}) => pages<Sleep>("/sleep", options),
    daily: (options: ListOptions = {}) => pages<Day>("/daily", options),
    events: (options: EventOptions = {}) => pages<Event>("/events", options),
    deletions: (options: DeletionOptions = {}) => pages<Deletion>("/deletions", options),
    /** Raw samples, ascending. */
    series: (metric: string, options: SeriesOptions = {}) =>
      pages<Point>(`/series/${encodeURIComponent(metric)}`, options),
    /** Buckets of UTC time, ascending. */
    buckets: (metric: string, resolution: Resolution, options: SeriesOptions = {}) =>
      pages<Bucket>(`/series/${encodeURIComponent(metric)}`, { ...options, resolution }),
    /** One answer of a series as it is, with `unit` and `provider`. */
    seriesPage: async (
      metric: string,
      options: SeriesOptions & { resolution?: Resolution | "raw"; cursor?: string } = {},
    ) => (await get(`/series/${encodeURIComponent(metric)}`, options as Query)).json<WireSeries>(),
    /** Everything. Throws where the stream was cut before its last line. */
    async *export(): AsyncGenerator<ExportLine, void, undefined> {
      let cursor: string | undefined;
      do {
        let last: LastLine | undefined;
        for await (const line of lines((await get("/export", { cursor })).body)) {
          const parsed = JSON.parse(line) as ExportLine | LastLine;
          if (parsed.record === "end") last = parsed;
          else yield parsed;
        }
        if (!last) throw new Error("the export was cut: its last line is missing");
        cursor = last.next_cursor ?? undefined;
      } while (cursor !== undefined);
    },
  };
}

async function* lines(body: ReadableStream<Uint8Array> | null): AsyncGenerator<string> {
  if (!body) return;
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    rest += decoder.decode(value, { stream: !done });
    const whole = rest.split("\n");
    rest = whole.pop()!;
    yield* whole.filter((line) => line !== "");
    if (done) break;
  }
  if (rest !== "") yield rest;
}

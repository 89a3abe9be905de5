/** What goes wrong, before the provider sees the call or after it did its work ("processed"). */
export type FaultKind =
  /** Another answer; the provider sees nothing. */
  | { kind: "status"; status: number; body?: unknown; headers?: Record<string, string> }
  /** The provider's own 429. */
  | { kind: "rate_limited" }
  /** Silence for so long, then the connection breaks. */
  | { kind: "hang"; ms?: number }
  /** The connection breaks at once. */
  | { kind: "drop" }
  /** Processed, but slowly. */
  | { kind: "slow"; ms: number }
  /** Processed, then half of the body and a broken connection. */
  | { kind: "cut" }
  /** Processed, then half of the body as if it were all. */
  | { kind: "truncated" }
  /** Processed, then a body that is not JSON. */
  | { kind: "invalid_json"; body?: string }
  /** Processed, then the same status without a body. */
  | { kind: "empty" }
  /** Processed, and the answer is lost on the way: silence, a broken connection, or a gateway's 502. */
  | { kind: "lost"; how?: "hang" | "drop" | "status"; ms?: number };

export interface Match {
  host?: string;
  method?: string;
  /** The provider's path; `*` stands for anything, a regular expression is taken as it is. */
  path?: string | RegExp;
  /** Text that query or body must contain, such as `grant_type=refresh_token`. */
  contains?: string;
}

export type Fault = FaultKind &
  Match & {
    /** How many calls it meets; 1 by default, 0: until it is cleared. */
    count?: number;
    /** Calls that pass before it begins. */
    skip?: number;
  };

export interface Arrival {
  method: string;
  host: string;
  path: string;
  query: string;
  body: string;
}

/** No answer: the caller's connection broke. */
export class Dropped extends Error {
  override name = "Dropped";
}

const LONGEST_MS = 120_000;

export function createFaults() {
  let faults: { id: number; fault: Fault; skip: number; left: number }[] = [];
  let lastId = 0;
  const waiting = new Set<() => void>();

  /** Waits, unless the caller leaves or the faults are cleared. */
  function wait(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        waiting.delete(done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, Math.min(ms, LONGEST_MS));
      waiting.add(done);
      signal.addEventListener("abort", done);
      if (signal.aborted) done();
    });
  }

  return {
    add(fault: Fault): number {
      lastId++;
      const left = fault.count === 0 ? Number.POSITIVE_INFINITY : (fault.count ?? 1);
      faults.push({ id: lastId, fault, skip: fault.skip ?? 0, left });
      return lastId;
    },
    list: () => faults.map(({ id, fault, left }) => ({ id, left: Number.isFinite(left) ? left : null, ...fault })),
    clear(id?: number): void {
      faults = id === undefined ? [] : faults.filter((one) => one.id !== id);
      if (id === undefined) for (const end of [...waiting]) end();
    },
    /** The fault that meets this call, if any; it is used up by being taken. */
    take(arrival: Arrival): Fault | null {
      for (const one of faults) {
        if (!matches(one.fault, arrival)) continue;
        if (one.skip-- > 0) continue;
        if (--one.left <= 0) faults = faults.filter((other) => other !== one);
        return one.fault;
      }
      return null;
    },
    /** Plays a fault round the provider's work. */
    async play(
      fault: Fault,
      work: () => Promise<Response>,
      rateLimited: () => Response,
      signal: AbortSignal,
    ): Promise<Response> {
      switch (fault.kind) {
        case "status":
          return answer(fault);
        case "rate_limited":
          return rateLimited();
        case "hang":
          await wait(fault.ms ?? 30_000, signal);
          throw new Dropped("the connection hung");
        case "drop":
          throw new Dropped("the connection broke");
        case "slow":
          await wait(fault.ms, signal);
          return work();
        case "lost": {
          await work();
          if (fault.how === "status") return answer({ status: 502, body: "Bad Gateway" });
          if (fault.how !== "drop") await wait(fault.ms ?? 30_000, signal);
          throw new Dropped("the answer was lost");
        }
        default:
          return spoil(fault.kind, await work(), fault.kind === "invalid_json" ? fault.body : undefined);
      }
    },
  };
}

function matches(fault: Match, arrival: Arrival): boolean {
  const { host, method, path, contains } = fault;
  if (host !== undefined && host !== arrival.host) return false;
  if (method !== undefined && method.toUpperCase() !== arrival.method) return false;
  if (contains !== undefined && !`${arrival.query}\n${arrival.body}`.includes(contains)) return false;
  return path === undefined || pattern(path).test(arrival.path);
}

const pattern = (path: string | RegExp): RegExp =>
  path instanceof RegExp ? path : new RegExp(`^${path.split("*").map(literal).join(".*")}$`);

const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

function answer(fault: { status: number; body?: unknown; headers?: Record<string, string> }): Response {
  const text = fault.body === undefined ? "" : typeof fault.body === "string" ? fault.body : JSON.stringify(fault.body);
  const type = typeof fault.body === "object" ? "application/json; charset=utf-8" : "text/plain; charset=utf-8";
  const bodyless = fault.status === 204 || fault.status === 304;
  return new Response(bodyless ? null : text, {
    status: fault.status,
    headers: { "content-type": type, ...fault.headers },
  });
}

async function spoil(
  kind: "cut" | "truncated" | "invalid_json" | "empty",
  whole: Response,
  body?: string,
): Promise<Response> {
  const bytes = new Uint8Array(await whole.arrayBuffer());
  const half = bytes.slice(0, Math.max(1, bytes.length >> 1));
  const init = { status: whole.status, headers: new Headers(whole.headers) };
  if (kind === "empty") return new Response("", init);
  if (kind === "truncated") return new Response(half, init);
  if (kind === "invalid_json") return new Response(body ?? '<html><body>"oops', init);
  // Announces the whole length, as a server does whose connection breaks.
  init.headers.set("content-length", String(bytes.length));
  let sent = false;
  const broken = new ReadableStream<Uint8Array>({
    pull(stream) {
      if (sent) return stream.error(new Dropped("the connection broke in the middle of the body"));
      sent = true;
      stream.enqueue(half);
    },
  });
  return new Response(broken, init);
}

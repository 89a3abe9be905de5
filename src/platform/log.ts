/**
 * One JSON line an event, of allow-listed fields only: no URL, header, body, token or message of an error that may carry one.
 */
export interface LogFields {
  provider?: string;
  connection_id?: number;
  user_id?: number;
  stream?: string;
  run?: number;
  status?: number | null;
  code?: string;
  fault?: string;
  count?: number;
  rejected?: number;
  pages?: number;
  ms?: number;
  route?: string;
  error?: string;
}
const FIELDS = [
  "provider",
  "connection_id",
  "user_id",
  "stream",
  "run",
  "status",
  "code",
  "fault",
  "count",
  "rejected",
  "pages",
  "ms",
  "route",
  "error",
] as const satisfies (keyof LogFields)[];

export type Log = (event: string, fields?: LogFields) => void;

export const log: Log = (event, fields = {}) => {
  const line: Record<string, unknown> = { event };
  for (const name of FIELDS) if (fields[name] !== undefined) line[name] = fields[name];
  console.log(JSON.stringify(line));
};

/** What may be said of an unexpected error: its class and where, since messages of D1, Drizzle or fetch carry parameters and URLs. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const { name, message, stack = "" } = error;
  // The stack begins with the message, whose lines may look like frames.
  const start = stack.indexOf(message);
  const frames = start < 0 ? "" : stack.slice(start + message.length);
  const [, called, file] = /^\s+at (?:async )?(?:([\w.<>#[\] ]+?) \()?[^\n]*?([\w.-]+:\d+:\d+)\)?$/m.exec(frames) ?? [];
  return [/^\w+$/.test(name) ? name : "Error", called, file].filter(Boolean).join(" ").slice(0, 200);
}

/** History of the partner programme is asked for, and comes as pushes; docs/providers/garmin.md, "Backfill". */
import { z } from "zod";
import type { Fault } from "../../platform/errors.ts";
import type { Answer, ListStream, Page, Position, Window } from "../provider.ts";
import { page, unreadable } from "../reading.ts";
import { instantOf } from "../shapes.ts";
import { DAY_S } from "../streams.ts";

/** Any other body – a page of HTML, nothing – says nothing. */
const refusal = z.object({ errorMessage: z.string().catch("") }).catch({ errorMessage: "" });
export const PARTNER = "https://apis.garmin.com";
export const API = `${PARTNER}/wellness-api/rest`;
const HISTORICAL = "HISTORICAL_DATA_EXPORT";

/** Where a window was cut to the earliest instant that Garmin allows, s. */
type Cut = { from: number; tries: number } | null;
const MOST_CUTS = 3;

/** An *ask*: its answer is empty, and the data come as any other delivery; at most `days` in one call. */
const history =
  (scope: string, days: number) =>
  (title: string, path: string): ListStream => ({
    kind: "list",
    title,
    auth: ["oauth1", "oauth2"],
    scopes: [scope, HISTORICAL],
    every_s: null,
    overlap_s: 0,
    max_window_s: days * DAY_S,
    // A month before the connection; how long that month was Garmin says itself.
    history: { depth_s: 31 * DAY_S },
    pace_s: 60,
    request({ window, cursor }) {
      const from = (cursor as Cut)?.from ?? Math.floor(window.from / 1000);
      const query = { summaryStartTimeInSeconds: String(from), summaryEndTimeInSeconds: String(endOf(window)) };
      return { url: `${API}/backfill/${path}`, query, accept: [400, 403, 409], as: "text" };
    },
    read: readHistory,
  });

const endOf = ({ to }: Window): number => Math.floor(to / 1000);

/** Accepted, or asked for before: then it is on its way. Before the earliest instant: from there once more. */
function readHistory(answer: Answer, at: Position): Page | Fault {
  if (answer.status < 300 || answer.status === 409) return page();
  if (answer.status === 403) return readFault(answer) ?? { kind: "scope_missing", scope: HISTORICAL };
  const earliest = instantOf(/before min start time of (\S+)/.exec(messageOf(answer))?.[1] ?? "");
  if (earliest === null) return readFault(answer) ?? unreadable("", "refused with 400");
  const from = Math.ceil(earliest / 1000);
  const tries = ((at.cursor as Cut)?.tries ?? 0) + 1;
  return { ...page(), earliest, next: from < endOf(at.window) && tries <= MOST_CUTS ? { from, tries } : null };
}

const messageOf = ({ body }: Answer): string => refusal.parse(body).errorMessage;

export function readFault(answer: Answer): Fault | undefined {
  const message = messageOf(answer);
  // The person switched this kind of data off; the others go on.
  if (answer.status === 412) return { kind: "scope_missing", scope: null };
  if (answer.status === 403 && /unknown\s*(user\s*access\s*token|uat|user)/i.test(message)) return { kind: "ended" };
  // What the operator's settings in Garmin's portal do not allow; time alone does not mend it.
  if (answer.status === 400 && /endpoint not enabled|InvalidPullToken/i.test(message)) return { kind: "forbidden" };
  return undefined;
}

const health = history("HEALTH_EXPORT", 90);
const activity = history("ACTIVITY_EXPORT", 30);

/** One for each summary type; women's health is not read. */
// biome-ignore format: a table
export const streams = {
  activities: activity("activities", "activities"), activity_details: activity("activity details", "activityDetails"),
  move_iq: activity("noticed movement", "moveiq"), dailies: health("days", "dailies"), sleeps: health("nights", "sleeps"),
  hrv: health("heart rate variability", "hrv"), stress_details: health("stress and body battery", "stressDetails"),
  pulse_ox: health("blood oxygen", "pulseOx"), respiration: health("respiration", "respiration"),
  user_metrics: health("fitness", "userMetrics"), body_comps: health("body composition", "bodyComps"),
  skin_temperature: health("skin temperature", "skinTemp"), blood_pressures: health("blood pressure", "bloodPressures"),
  health_snapshots: health("health snapshots", "healthSnapshot"), epochs: health("quarter hours", "epochs"),
};

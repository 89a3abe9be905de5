/** What is asked of the partner programme's API: permissions, and history – which comes as pushes. docs/providers/garmin.md, "Backfill". */
import { emptyBatch } from "../../domain/batch.ts";
import type { Fault } from "../../platform/errors.ts";
import type { Answer, ListStream, Page, Position } from "../provider.ts";
import * as schema from "./schema.ts";

export const PARTNER_HOST = "apis.garmin.com";
export const API = `https://${PARTNER_HOST}/wellness-api/rest`;
const PARTNER: ListStream["auth"] = ["oauth1", "oauth2"];
const DAY_S = 86_400;
const HISTORICAL = "HISTORICAL_DATA_EXPORT";

/** What the person ticked on Garmin's consent page and may change in Garmin Connect at any time. */
export const permissions = {
  request: () => ({ url: `${API}/user/permissions` }),
  read: ({ body }: Answer): string[] | null => schema.readPermissions(body),
};

/** Asked for in one call, s (Garmin: 90 days of health, 30 of activities). */
const MOST_S = { HEALTH_EXPORT: 90 * DAY_S, ACTIVITY_EXPORT: 30 * DAY_S };
/** A month before the connection; how long that month was Garmin says itself. */
const DEPTH_S = 31 * DAY_S;

/** Where a window was cut to the earliest instant that Garmin allows, s. */
interface Cut {
  from: number;
  tries: number;
}
const MOST_CUTS = 3;

/** An *ask*: its answer is empty, and the data come as any other delivery. */
function history(title: string, path: string, scope: keyof typeof MOST_S): ListStream {
  return {
    kind: "list",
    title,
    auth: PARTNER,
    scopes: [scope, HISTORICAL],
    every_s: null,
    overlap_s: 0,
    max_window_s: MOST_S[scope],
    history: { depth_s: DEPTH_S },
    pace_s: 60,
    request(at) {
      const { from, to } = asked(at);
      return {
        url: `${API}/backfill/${path}`,
        query: { summaryStartTimeInSeconds: String(from), summaryEndTimeInSeconds: String(to) },
        accept: [400, 403, 409],
        as: "text",
      };
    },
    read: readHistory,
  };
}

function asked(at: Pick<Position, "window" | "cursor">): { from: number; to: number } {
  const cut = at.cursor as Cut | null;
  return {
    from: cut?.from ?? Math.floor(at.window.from / 1000),
    to: Math.floor(at.window.to / 1000),
  };
}

/** Accepted, or asked for before: then it is on its way. Before the earliest instant: from there once more. */
function readHistory(answer: Answer, at: Position): Page | Fault {
  const done: Page = { batch: emptyBatch(), next: null };
  if (answer.status < 300 || answer.status === 409) return done;
  const message = messageOf(answer.body);
  if (answer.status === 403)
    return isUnknownUser(message) ? { kind: "ended" } : { kind: "scope_missing", scope: HISTORICAL };
  const told = /before min start time of (\S+)/.exec(message)?.[1];
  const earliest = told === undefined ? Number.NaN : Date.parse(told);
  if (Number.isNaN(earliest))
    return refusedRequest(message) ?? { kind: "unreadable", pointer: "", reason: "refused with 400" };
  const from = Math.ceil(earliest / 1000);
  const tries = ((at.cursor as Cut | null)?.tries ?? 0) + 1;
  const { to } = asked(at);
  return { ...done, earliest, next: from < to && tries <= MOST_CUTS ? { from, tries } : null };
}

/** Refusals are JSON; a page of HTML says nothing. */
export function messageOf(body: unknown): string {
  return schema.refusal.parse(body).errorMessage;
}

/** The person's consent is gone. */
export const isUnknownUser = (message: string): boolean => /unknown\s*(user\s*access\s*token|uat|user)/i.test(message);

/** What the operator's settings in Garmin's portal do not allow; time alone does not mend it. */
export function refusedRequest(message: string): Fault | null {
  return /endpoint not enabled|InvalidPullToken/i.test(message) ? { kind: "forbidden" } : null;
}

const HEALTH = "HEALTH_EXPORT";
const ACTIVITY = "ACTIVITY_EXPORT";

/** One for each summary type; women's health is not read. */
export const streams = {
  activities: history("activities", "activities", ACTIVITY),
  activity_details: history("activity details", "activityDetails", ACTIVITY),
  move_iq: history("noticed movement", "moveiq", ACTIVITY),
  dailies: history("days", "dailies", HEALTH),
  sleeps: history("nights", "sleeps", HEALTH),
  hrv: history("heart rate variability", "hrv", HEALTH),
  stress_details: history("stress and body battery", "stressDetails", HEALTH),
  pulse_ox: history("blood oxygen", "pulseOx", HEALTH),
  respiration: history("respiration", "respiration", HEALTH),
  user_metrics: history("fitness", "userMetrics", HEALTH),
  body_comps: history("body composition", "bodyComps", HEALTH),
  skin_temperature: history("skin temperature", "skinTemp", HEALTH),
  blood_pressures: history("blood pressure", "bloodPressures", HEALTH),
  health_snapshots: history("health snapshots", "healthSnapshot", HEALTH),
  epochs: history("quarter hours", "epochs", HEALTH),
};

/** Query parameters of reading routes. Unknown ones are ignored, a bad one is a 400 problem that names it. */
import { validator } from "hono-openapi";
import { z } from "zod";
import { dateMs, isDate, zonedInstant } from "../../domain/time.ts";
import { Problem } from "../../platform/errors.ts";
import type { Bound } from "../../store/paging.ts";

// A `+` that was not encoded arrives as a space.
const RFC_3339 = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?)([Zz]|[-+ ]\d{2}:\d{2})$/;

/** What lies further off is brought here: nothing was recorded there, and dates stay four digits long. */
const FIRST = "1900-01-01";
const LAST = "2999-12-31";

/** An RFC 3339 instant or a date; null where the text is neither. */
export function parseBound(text: string): Bound | null {
  if (isDate(text)) return { date: text < FIRST ? FIRST : text > LAST ? LAST : text };
  const [, date, clock, offset] = RFC_3339.exec(text) ?? [];
  if (!date || !isDate(date)) return null;
  const at = Date.parse(`${date}T${clock}${offset!.replace(" ", "+").toUpperCase()}`);
  return Number.isNaN(at) ? null : { at: Math.min(Math.max(at, dateMs(FIRST)), dateMs(LAST)) };
}

/** A date begins at the person's midnight. */
export const instantOf = (bound: Bound | undefined, timeZone: string): number | undefined =>
  bound === undefined ? undefined : "at" in bound ? bound.at : zonedInstant(timeZone, dateMs(bound.date));

const bound = (description: string) =>
  z
    .string()
    .transform((text, check) => {
      const value = parseBound(text);
      if (value) return value;
      check.addIssue({
        code: "custom",
        message: "must be an RFC 3339 instant such as 2026-03-01T07:30:00+01:00, or a date such as 2026-03-01",
      });
      return z.NEVER;
    })
    .optional()
    .meta({ description, example: "2026-03-01" });

const name = (description: string, pattern = /^[a-z0-9_]{1,80}$/) =>
  z.string().regex(pattern, "must be a name such as `oura` or `running`").optional().meta({ description });

const limit = (most: number, usual: number) =>
  z.coerce
    .number(`must be a whole number from 1 to ${most}`)
    .int(`must be a whole number from 1 to ${most}`)
    .min(1, `must be a whole number from 1 to ${most}`)
    .max(most, `must be a whole number from 1 to ${most}`)
    .default(usual)
    .meta({ description: `At most so many of \`data\`.` });

const cursor = z.string().max(4000, "is not a cursor").optional().meta({
  description: "`next_cursor` of the page before; the other parameters stay as they were.",
});

const start = bound("Instant or the person's local date, inclusive.");
const end = bound("Instant or the person's local date, exclusive.");
const updated_since = bound(
  "Only what changed at or after this instant, oldest change first. Inclusive: poll with the greatest `updated_at` seen.",
);
const provider = name("Only this provider's, e.g. `strava`.");
const page = { cursor, limit: limit(500, 100) };

export const pageQuery = z.object(page);
export const listQuery = z.object({ start, end, updated_since, provider, ...page });
export const activitiesQuery = z.object({
  start,
  end,
  updated_since,
  provider,
  sport: name("FIT profile name, e.g. `running`."),
  duplicates: z.enum(["merged", "all"], "must be `merged` or `all`").default("merged").meta({
    description: "`merged` leaves out an activity that another provider's record stands for.",
  }),
  ...page,
});
export const eventsQuery = z.object({ start, end, updated_since, provider, kind: kindName(), ...page });
export const exportQuery = z.object({ cursor });
export const deletionsQuery = z.object({ updated_since, provider, kind: kindName(), ...page });
export const seriesQuery = z.object({
  start,
  end,
  provider: name("Whose samples; without it those of the provider that has the newest within the time asked for."),
  resolution: z
    .enum(["raw", "1m", "5m", "1h", "1d"], "must be one of raw, 1m, 5m, 1h, 1d")
    .default("raw")
    .meta({ description: "`raw` samples, or buckets of UTC time." }),
  cursor,
  limit: limit(50_000, 50_000),
});

function kindName() {
  return z
    .string()
    .min(1, "must not be empty")
    .max(80, "is too long")
    .optional()
    .meta({ description: "Only this kind." });
}

/** Parses the query; throws Problem `bad_parameter`. */
export const query = <Schema extends z.ZodType>(schema: Schema) =>
  validator("query", schema, (result) => {
    if (result.success) return;
    const [issue] = result.error;
    const parameter = String(issue?.path?.[0] ?? "");
    throw new Problem(400, "bad_parameter", `\`${parameter}\` ${issue?.message ?? "is not valid"}.`, { parameter });
  });

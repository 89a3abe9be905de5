/**
 * The format for anyone's own script – Shortcuts, Tasker, a cron job –, for either phone (docs/ingest.md, "Your own script"). Names and
 * units are ours (domain/records, domain/metrics), so nothing is converted but what says its unit.
 */
import { z } from "zod";
import { addSample, element, emptyBatch, type Kind } from "../../domain/batch.ts";
import { type Metric, metricOf } from "../../domain/metrics.ts";
import { sleepType } from "../../domain/nights.ts";
import { activityFields, type SleepFields, sleepFields } from "../../domain/records.ts";
import { isSport } from "../../domain/sports.ts";
import { isDate, localDate, utcDate } from "../../domain/time.ts";
import { inMetricUnit } from "../../domain/units.ts";
import { type Gathered, readElements } from "../elements.ts";
import type { Format, Hints } from "../format.ts";
import { shortHash } from "../hash.ts";
import { isEntry } from "../json.ts";

const name = z.string().min(1).max(120);
const instant = z.iso
  .datetime({ offset: true })
  .meta({ description: "RFC 3339 with the offset of where the person was; `Z` says nothing of that." });
const metric = name.meta({
  description: "A metric of this API, e.g. `steps`, `heart_rate_bpm`, `weight_kg`; others are kept as `x_<name>`.",
});
const unit = z.string().max(40).meta({ description: "Left out: the metric's own." }).optional();
const source = z.string().max(200).meta({ description: "The device or app that measured." }).optional();

const sample = z.object({ metric, time: instant, value: z.number(), unit, source }).meta({
  id: "OwnSample",
  description: "A measure at an instant, or what has added up in the minute or hour that begins then.",
});
const day = z
  .object({ metric, date: z.string().refine(isDate, "not a date"), value: z.number(), unit, source })
  .meta({ id: "OwnDay", description: "A value of a whole local day. The same day and source again replaces it." });
const activity = activityFields
  .pick({
    name: true,
    moving_s: true,
    distance_m: true,
    energy_kcal: true,
    ascent_m: true,
    descent_m: true,
    avg_heart_rate_bpm: true,
    max_heart_rate_bpm: true,
    avg_speed_mps: true,
    max_speed_mps: true,
    avg_power_w: true,
    max_power_w: true,
    avg_cadence_rpm: true,
    steps: true,
    device: true,
    is_manual: true,
    is_indoor: true,
    rpe: true,
  })
  .partial()
  .extend({
    id: z.string().min(1).max(200).optional(),
    start_time: instant,
    end_time: instant,
    sport: z.string().meta({ description: "FIT's name, e.g. `running`; another is kept in `extra`." }),
    sub_sport: z.string().optional(),
  })
  .meta({ id: "OwnActivity" });
const night = sleepFields
  .pick({
    in_bed_s: true,
    asleep_s: true,
    awake_s: true,
    light_s: true,
    deep_s: true,
    rem_s: true,
    unstaged_s: true,
    score: true,
    avg_heart_rate_bpm: true,
    min_heart_rate_bpm: true,
    avg_hrv_rmssd_ms: true,
    avg_respiration_brpm: true,
    avg_spo2_pct: true,
  })
  .partial()
  .extend({
    id: z.string().min(1).max(200).optional(),
    start_time: instant,
    end_time: instant,
    source,
    stages: z
      .array(
        z.object({
          stage: z.enum(["awake", "light", "deep", "rem", "unstaged"]),
          start_time: instant,
          end_time: instant,
        }),
      )
      .max(5000)
      .meta({ description: "With stages the seconds are counted from them." })
      .optional(),
  })
  .meta({ id: "OwnNight" });

export const ownBody = z
  .object({
    source: z.enum(["apple_health", "google_fit"]).meta({ description: "Whose data these are. Write it first." }),
    samples: z.array(sample).optional(),
    days: z.array(day).optional(),
    activities: z.array(activity).optional(),
    nights: z.array(night).optional(),
  })
  .meta({ id: "OwnBody", description: "For your own script. As NDJSON, one such object a line." });

const LISTS = ["samples", "days", "activities", "nights"] as const;
const KINDS: Readonly<Record<string, Kind>> = {
  samples: "series",
  days: "daily",
  activities: "activity",
  nights: "sleep",
};
const LONGEST_NIGHT_MS = 86_400_000;
const LONGEST_ACTIVITY_MS = 30 * 86_400_000;

/** `provider`: the `source` whose bodies it reads. */
export const ownJson = (provider: string): Format => ({
  name: `own_json_${provider}`,
  title: `your own script ({"source": "${provider}", "samples": […], "days": […], "activities": […], "nights": […]})`,
  recognise: (outline) =>
    isEntry(outline) && outline.source === provider && outline.schema === undefined && !Array.isArray(outline.records),
  read(hints) {
    const gathered: Gathered = { soon: emptyBatch(), late: emptyBatch(), waiting: 0, settle() {} };
    let isOurs = false;
    return readElements(gathered, {
      treat(path, type) {
        if (path.length === 0) return type === "object" ? "descend" : "skip";
        return path.length === 1 && type === "array" && (LISTS as readonly unknown[]).includes(path[0]) ? null : "skip";
      },
      value(path, value, pointer) {
        if (path.length === 2) {
          const refused = ADD[path[0] as (typeof LISTS)[number]](gathered, value, hints);
          if (refused) reject(gathered, KINDS[path[0] as string]!, pointer, refused);
        } else if (path[0] === "source") isOurs = value === provider;
      },
      kindAt: (path) => (path.length === 2 ? (KINDS[path[0] as string] ?? null) : null),
      isFound: () => isOurs,
    });
  },
});

interface Wrong {
  path: readonly PropertyKey[];
  message: string;
}
const reject = (gathered: Gathered, kind: Kind, pointer: string, { path, message }: Wrong) =>
  void gathered.soon.rejections.push({
    kind,
    pointer: pointer + path.map((key) => `/${String(key)}`).join(""),
    reason: message,
  });

/** By list: adds the element, or says what is wrong with it. */
const ADD: Record<(typeof LISTS)[number], (gathered: Gathered, value: unknown, hints: Hints) => Wrong | null> = {
  samples(gathered, value, hints) {
    const read = sample.safeParse(value);
    if (!read.success) return first(read.error);
    const { time, utc_offset_s } = moment(read.data.time, hints);
    const of = measured(read.data.metric);
    const number = inUnit(of, read.data);
    if (typeof number === "object") return number;
    const at = element(gathered.soon, "series");
    addSample(gathered.soon, of.name, read.data.source ?? "", time, number, utc_offset_s, at);
    return null;
  },
  days(gathered, value) {
    const read = day.safeParse(value);
    if (!read.success) return first(read.error);
    const of = measured(read.data.metric);
    const number = inUnit(of, read.data);
    if (typeof number === "object") return number;
    gathered.late.days.push({
      date: read.data.date,
      metric: of.daily ?? of.name,
      source: read.data.source ?? "",
      value: number,
      element: element(gathered.late, "daily"),
    });
    return null;
  },
  activities(gathered, value, hints) {
    const read = activity.safeParse(value);
    if (!read.success) return first(read.error);
    const { id, start_time, end_time, sport, sub_sport = "generic", ...fields } = read.data;
    const start = moment(start_time, hints);
    const length = moment(end_time, hints).time - start.time;
    const wrong = wrongLength(length, LONGEST_ACTIVITY_MS);
    if (wrong) return wrong;
    const known = isSport(sport, sub_sport);
    gathered.late.activities.push({
      external_id: id ?? `w-${shortHash([start.time, length, sport, sub_sport].join("|"))}`,
      part: "list",
      fields: {
        ...fields,
        sport: known ? sport : "generic",
        sub_sport: known ? sub_sport : "generic",
        start_time: start.time,
        utc_offset_s: start.utc_offset_s,
        elapsed_s: length / 1000,
        ...(!known && { extra: { sport: sport.slice(0, 200), sub_sport: sub_sport.slice(0, 200) } }),
      },
      element: element(gathered.late, "activity"),
    });
    return null;
  },
  nights(gathered, value, hints) {
    const read = night.safeParse(value);
    if (!read.success) return first(read.error);
    const { id, start_time, end_time, source: from, stages, ...told } = read.data;
    const start = moment(start_time, hints);
    const end = moment(end_time, hints);
    const length = end.time - start.time;
    const wrong = wrongLength(length, LONGEST_NIGHT_MS);
    if (wrong) return wrong;
    const counted = stages && stages.length > 0 ? stagesOf(stages, start.time, end.time, hints) : null;
    const fields = { ...told, ...counted };
    const type = sleepType(fields.asleep_s ?? null, length / 1000);
    const offset = end.utc_offset_s ?? start.utc_offset_s ?? hints.offsetAt(utcDate(end.time));
    const date = localDate(end.time, offset);
    gathered.late.nights.push({
      external_id: id ?? (type === "main" ? `night:${date}` : `nap:${start.time}`),
      part: "list",
      rank: 0,
      replaces: "overlapping",
      staged_only: true,
      fields: {
        in_bed_s: length / 1000,
        ...fields,
        type,
        date,
        start_time: start.time,
        end_time: end.time,
        utc_offset_s: start.utc_offset_s,
        ...(from !== undefined && { extra: { source: from } }),
      },
      element: element(gathered.late, "sleep"),
    });
    return null;
  },
};

function first({ issues: [issue] }: z.ZodError): Wrong {
  return { path: issue?.path ?? [], message: issue?.message ?? "not as documented" };
}

function moment(told: string, hints: Hints): { time: number; utc_offset_s: number | null } {
  const time = Date.parse(told);
  const [, sign, hours, minutes] = /([+-])(\d\d):?(\d\d)$/.exec(told) ?? [];
  if (sign === undefined) return { time, utc_offset_s: null };
  const size = Number(hours) * 3600 + Number(minutes) * 60;
  const utc_offset_s = sign === "-" ? 0 - size : size;
  hints.knowOffset?.(time, utc_offset_s);
  return { time, utc_offset_s };
}

/** A metric of ours by its name, else one of the script's own. */
function measured(told: string): Metric {
  const known = metricOf(told);
  if (known.unit !== "") return known;
  const slug = told
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_")
    .replaceAll(/^_+|_+$/g, "");
  return metricOf(slug.startsWith("x_") ? slug : `x_${slug || shortHash(told)}`);
}

function inUnit(of: Metric, { value, unit: told }: { value: number; unit?: string | undefined }): number | Wrong {
  const number = told === undefined ? value : inMetricUnit(value, told, of.unit);
  if (number === null) return { path: ["unit"], message: `unit "${told}"` };
  if (number === 0 && of.kind === "instantaneous" && of.min > 0) return { path: ["value"], message: "0 is no reading" };
  return number >= of.min && number <= of.max ? number : { path: ["value"], message: "out of range" };
}

function wrongLength(length: number, most: number): Wrong | null {
  if (length <= 0) return { path: [], message: "ends before it starts" };
  return length > most ? { path: [], message: `longer than ${most / 86_400_000} days` } : null;
}

type Stages = NonNullable<z.infer<typeof night>["stages"]>;

/** Stages clipped to the night and to each other, and what they add up to. */
function stagesOf(told: Stages, start: number, end: number, hints: Hints): Partial<SleepFields> {
  const pieces: { stage: Stages[number]["stage"]; from: number; to: number }[] = [];
  const sorted = told
    .map(({ stage, start_time, end_time }) => ({
      stage,
      from: moment(start_time, hints).time,
      to: Math.min(moment(end_time, hints).time, end),
    }))
    .sort((a, b) => a.from - b.from || a.to - b.to || (a.stage < b.stage ? -1 : 1));
  for (const piece of sorted) {
    const from = Math.max(piece.from, pieces.at(-1)?.to ?? start);
    if (from < piece.to) pieces.push({ ...piece, from });
  }
  const seconds = (...names: string[]) =>
    pieces.reduce((sum, { stage, from, to }) => (names.includes(stage) ? sum + to - from : sum), 0) / 1000;
  const staged = seconds("light", "deep", "rem") > 0;
  const slept = staged || seconds("unstaged") > 0;
  return {
    asleep_s: slept ? seconds("light", "deep", "rem", "unstaged") : null,
    awake_s: seconds("awake"),
    light_s: staged ? seconds("light") : null,
    deep_s: staged ? seconds("deep") : null,
    rem_s: staged ? seconds("rem") : null,
    unstaged_s: slept ? seconds("unstaged") : null,
    stages: pieces.map(({ stage, from, to }) => [(from - start) / 1000, stage, (to - from) / 1000]),
  };
}

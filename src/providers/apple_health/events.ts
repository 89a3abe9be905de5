/**
 * What is neither measure nor workout nor night: state of mind, symptoms, medication, ECG, cycle, notifications. The app's words are
 * kept as they are, in the phone's language (docs/providers/apple_health.md, "Other kinds").
 */
import { type Batch, element } from "../../domain/batch.ts";
import { shortHash } from "../hash.ts";
import { type Entry, given, idOf, isEntry, isNumber, type Refusal, refusal } from "../json.ts";
import { type Offsets, readDate } from "./dates.ts";
import { largeExtra, longField, longText } from "./limits.ts";

interface Kind {
  kind: string;
  /** Where its name, its value and the rest are told. */
  name: string[];
  value: string[];
  extra: string[];
}

/** By the key of the array. An ECG's curve is not kept: its times are unreliable and it is 15,000 points. */
export const EVENT_KINDS: ReadonlyMap<string, Kind> = new Map([
  [
    "stateOfMind",
    {
      kind: "state_of_mind",
      name: ["kind"],
      value: ["valence"],
      extra: ["labels", "associations", "valenceClassification", "metadata"],
    },
  ],
  ["symptoms", { kind: "symptom", name: ["name"], value: ["severity"], extra: ["userEntered", "source"] }],
  ["cycleTracking", { kind: "cycle", name: ["name"], value: ["value"], extra: ["isCycleStart", "source"] }],
  [
    "medications",
    {
      kind: "medication",
      name: ["nickname", "displayText"],
      value: ["status"],
      extra: ["displayText", "scheduledDate", "form", "dosage", "isArchived", "codings"],
    },
  ],
  [
    "ecg",
    {
      kind: "ecg",
      name: ["classification"],
      value: ["averageHeartRate"],
      extra: ["severity", "numberOfVoltageMeasurements", "samplingFrequency", "source"],
    },
  ],
  [
    "heartRateNotifications",
    {
      kind: "heart_rate_notification",
      name: ["heartNotification"],
      value: ["threshold"],
      extra: ["heartRate", "heartRateVariation"],
    },
  ],
]);

const isEmpty = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Object.keys(value).length === 0;

/** Adds the event; or says why it is none. */
export function addEvent(batch: Batch, array: string, value: unknown, offsets: Offsets): Refusal | null {
  const of = EVENT_KINDS.get(array)!;
  if (!isEntry(value)) return refusal("", "not an object");
  const long = longText(value);
  if (long) return long;
  const startKey = ["start", "date", "scheduledDate"].find((key) => given(value, key) !== undefined) ?? "start";
  const start = readDate(given(value, startKey), offsets);
  if (start === null || start.bare) return refusal(`/${startKey}`, "not a date");
  let end: number | null = null;
  if (given(value, "end") !== undefined) {
    const told = readDate(given(value, "end"), offsets);
    if (told === null || told.bare) return refusal("/end", "not a date");
    end = told.time;
  }
  const nameKey = of.name.find((key) => given(value, key) !== undefined);
  const name = nameKey === undefined ? null : worded(value, nameKey);
  const longName = nameKey === undefined ? null : longField(nameKey, name);
  if (longName) return longName;
  const measured = given(value, ...of.value);
  const extra: Record<string, unknown> = {};
  for (const key of of.extra) {
    const told = given(value, key);
    if (told !== undefined && !isEmpty(told)) extra[key] = told;
  }
  // A value that is more than a word or a number is kept whole.
  const plain = isNumber(measured) || typeof measured === "string";
  if (measured !== undefined && !plain) extra[of.value[0]!] = measured;
  const large = largeExtra(Object.entries(extra));
  if (large) return large;
  batch.events.push({
    external_id: idOf(value) ?? `e-${shortHash([of.kind, start.time, end ?? "", name ?? ""].join("|"))}`,
    fields: {
      kind: of.kind,
      start_time: start.time,
      end_time: end,
      utc_offset_s: start.utc_offset_s,
      name,
      value: plain ? measured : null,
      extra: Object.keys(extra).length > 0 ? extra : null,
    },
    element: element(batch, "event"),
  });
  return null;
}

function worded(entry: Entry, key: string): string {
  const told = given(entry, key);
  return typeof told === "string" ? told : JSON.stringify(told);
}

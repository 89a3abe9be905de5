/** What all records have in common, however an exporter spells it. */
import type { Hints } from "../format.ts";
import { type Entry, given, isEntry, textOf } from "../json.ts";
import { readMoment, readOffset } from "./times.ts";

export const START_KEYS = ["startTime", "start_time", "time", "start"];
export const END_KEYS = ["endTime", "end_time", "end"];

export interface Commons {
  /** As told, or null. */
  id: string | null;
  /** The app that wrote it; empty where nobody says. */
  origin: string;
  /** Unix ms. */
  modified: number | null;
  /** Health Connect's word of how it came about. */
  recording: string | null;
  device: string | null;
  /** Of its start and its end, s. */
  offset: number | null;
  end_offset: number | null;
  /** Where a missing time is told to be missing. */
  start_key: string;
  end_key: string;
}

const RECORDING: Readonly<Record<string, string>> = {
  "1": "actively_recorded",
  "2": "automatically_recorded",
  "3": "manual_entry",
};

const ID_CHARS = 512;

export function commonsOf(entry: Entry, hints: Hints): Commons {
  const told = given(entry, "metadata");
  const metadata = isEntry(told) ? told : entry;
  const id = given(metadata, "id") ?? given(entry, "recordId", "record_id");
  const text = typeof id === "string" && id !== "" ? id : Number.isSafeInteger(id) ? String(id) : null;
  const recording = given(metadata, "recordingMethod", "recording_method");
  const word =
    recording === undefined
      ? null
      : String(recording)
          .toLowerCase()
          .replace(/^recording_method_/, "");
  const device = given(metadata, "device");
  const modified = given(metadata, "lastModifiedTime", "last_modified_time") ?? given(entry, "lastModifiedTime");
  return {
    id: text !== null && text.length <= ID_CHARS ? text : null,
    origin: originOf(metadata) ?? originOf(entry) ?? textOf(entry, "source") ?? "",
    modified: modified === undefined ? null : (readMoment(modified, hints)?.time ?? null),
    recording: word === null ? null : (RECORDING[word] ?? (Object.values(RECORDING).includes(word) ? word : null)),
    device: isEntry(device)
      ? [textOf(device, "manufacturer"), textOf(device, "model")].filter((part) => part !== null).join(" ") || null
      : null,
    offset: readOffset(given(entry, "startZoneOffset", "start_zone_offset", "zoneOffset", "zone_offset")),
    end_offset: readOffset(given(entry, "endZoneOffset", "end_zone_offset")),
    start_key:
      Object.hasOwn(entry, "time") || !(Object.hasOwn(entry, "end_time") || Object.hasOwn(entry, "endTime"))
        ? "time"
        : Object.hasOwn(entry, "endTime")
          ? "startTime"
          : "start_time",
    end_key: "end_time",
  };
}

/** A package name, or `{packageName}`. */
function originOf(entry: Entry): string | null {
  const origin = given(entry, "dataOrigin", "data_origin");
  if (isEntry(origin)) return textOf(origin, "packageName", "package_name");
  return typeof origin === "string" ? origin : null;
}

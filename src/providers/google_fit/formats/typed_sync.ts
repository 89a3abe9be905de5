/** `{deviceId, syncId, records: [{type: "StepsRecord", payload}]}` (docs/providers/google_fit.md, "Typed sync"). */
import { readElements } from "../../elements.ts";
import type { Format } from "../../format.ts";
import { given, isEntry, textOf } from "../../json.ts";
import { createRecords } from "../records.ts";
import { isRecordsPath } from "./records_array.ts";

export const typedSync: Format = {
  name: "typed_sync",
  title: "Typed sync (records with a Health Connect type and payload)",
  recognise: (outline) =>
    isEntry(outline) &&
    Array.isArray(outline.records) &&
    outline.records.some((record) => isEntry(record) && typeof record.type === "string"),
  read(hints) {
    const records = createRecords(hints);
    return readElements(records, {
      treat: isRecordsPath,
      value(path, value, pointer) {
        if (path.length !== 2) return;
        if (!isEntry(value)) return records.reject("series", pointer, { field: "", reason: "not an object" });
        const type = textOf(value, "type");
        if (type === null) return records.reject("series", pointer, { field: "/type", reason: "record type unknown" });
        const payload = given(value, "payload");
        const { payload: _, type: __, ...commons } = value;
        records.add(type, isEntry(payload) ? { ...payload, ...withoutNull(commons) } : value, pointer);
      },
      kindAt: (path) => (path.length === 2 ? "series" : null),
    });
  },
};

/** What the envelope does not tell, the payload may. */
const withoutNull = (entry: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== null));

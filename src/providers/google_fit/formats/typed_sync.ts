/** `{deviceId, syncId, records: [{type: "StepsRecord", payload}]}` (docs/providers/google_fit.md, "Typed sync"). */
import { given, isEntry, refusal, textOf } from "../../json.ts";
import { recordsArray } from "./records_array.ts";

export const typedSync = recordsArray({
  name: "typed_sync",
  title: "Typed sync (records with a Health Connect type and payload)",
  key: "type",
  add(records, record, pointer) {
    const type = textOf(record, "type");
    if (type === null) return refusal("/type", "record type unknown");
    const payload = given(record, "payload");
    const { payload: _, type: __, ...commons } = record;
    records.add(type, isEntry(payload) ? { ...payload, ...withoutNull(commons) } : record, pointer);
    return null;
  },
});

/** What the envelope does not tell, the payload may. */
const withoutNull = (entry: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== null));

/** Bodies whose elements lie in an array `records` at the top: Health Connect's records under different wrappings. */
import { readElements } from "../../elements.ts";
import type { Format, Path, Treatment } from "../../format.ts";
import { type Entry, isEntry, type Refusal, refusal } from "../../json.ts";
import { createRecords, type Records } from "../records.ts";

interface Wrapping extends Pick<Format, "name" | "title"> {
  /** The key that every record of this format has as text. */
  key: string;
  /** Adds one record; why not, where it cannot be read. */
  add(records: Records, record: Entry, pointer: string): Refusal | null;
}

export const recordsArray = ({ name, title, key, add }: Wrapping): Format => ({
  name,
  title,
  recognise: (outline) =>
    isEntry(outline) &&
    Array.isArray(outline.records) &&
    outline.records.some((record) => isEntry(record) && typeof record[key] === "string"),
  read(hints) {
    const records = createRecords(hints);
    return readElements(records, {
      treat: isRecordsPath,
      value(path, value, pointer) {
        if (path.length !== 2) return;
        const refused = isEntry(value) ? add(records, value, pointer) : refusal("", "not an object");
        if (refused) records.reject("series", pointer, refused);
      },
      kindAt: (path) => (path.length === 2 ? "series" : null),
    });
  },
});

function isRecordsPath(path: Path, type: "object" | "array"): Treatment | null {
  if (path.length === 0) return type === "object" ? "descend" : "skip";
  return path.length === 1 && path[0] === "records" && type === "array" ? null : "skip";
}

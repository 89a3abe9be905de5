/** `{records: [{record_type, value, unit, start_time_ms, end_time_ms}]}` (docs/providers/google_fit.md, "Flat records"). */
import { metricOf } from "../../../domain/metrics.ts";
import { inMetricUnit } from "../../../domain/units.ts";
import { type Entry, given, isNumber, type Refusal, refusal, textOf } from "../../json.ts";
import { MEASURES, typeKey } from "../measures.ts";
import { commonsOf } from "../record.ts";
import { kindOf, type Records, unknownName } from "../records.ts";
import { readMoment } from "../times.ts";
import { recordsArray } from "./records_array.ts";

export const flatRecords = recordsArray({
  name: "flat_records",
  title: "Flat records (record_type, value, unit, start_time_ms)",
  key: "record_type",
  add: addFlat,
});

function addFlat(records: Records, record: Entry, pointer: string): Refusal | null {
  const { hints } = records;
  const type = textOf(record, "record_type");
  if (type === null) return refusal("/record_type", "record type unknown");
  const start = readMoment(given(record, "start_time_ms"), hints);
  if (start === null) return refusal("/start_time_ms", "not a date");
  const value = given(record, "value");
  const key = typeKey(type);
  if (kindOf(key) !== "series") {
    // Nights, workouts and cycles have no number; they are read as any other record.
    records.add(key, { ...record, startTime: start.time, endTime: given(record, "end_time_ms") }, pointer);
    return null;
  }
  if (!isNumber(value)) return refusal("/value", "not a number");
  const unit = textOf(record, "unit");
  if (unit === null) return refusal("/unit", "no unit");
  let end = null;
  if (given(record, "end_time_ms") !== undefined) {
    end = readMoment(record.end_time_ms, hints);
    if (end === null) return refusal("/end_time_ms", "not a date");
  }
  const measure = MEASURES.get(key)?.[0];
  const { origin } = commonsOf(record, hints);
  const common = { start, end, origin, pointer, field: "/value" };
  if (!measure) {
    records.addValue({ ...common, metric: unknownName(type), value });
    return null;
  }
  const ours = inMetricUnit(value, unit, metricOf(measure.metric).unit);
  if (ours === null) return refusal("", `unit "${unit.slice(0, 60)}"`);
  records.addValue({ ...common, metric: measure.metric, value: ours });
  return null;
}

/** HC Webhook (`mcnaveen/health-connect-webhook`): an object of arrays, one a type (docs/providers/google_fit.md). */
import { readElements } from "../../elements.ts";
import type { Format } from "../../format.ts";
import { isEntry } from "../../json.ts";
import { isKnown, typeKey } from "../measures.ts";
import { createRecords, kindOf } from "../records.ts";

const TYPES = [
  "steps",
  "sleep",
  "heart_rate",
  "heart_rate_variability",
  "distance",
  "active_calories",
  "total_calories",
  "weight",
  "height",
  "blood_pressure",
  "blood_glucose",
  "oxygen_saturation",
  "body_temperature",
  "skin_temperature",
  "respiratory_rate",
  "resting_heart_rate",
  "exercise",
  "hydration",
  "nutrition",
  "basal_metabolic_rate",
  "body_fat",
  "lean_body_mass",
  "vo2_max",
  "bone_mass",
  "menstruation_flow",
  "menstruation_period",
  "intermenstrual_bleeding",
  "ovulation_test",
  "cervical_mucus",
  "sexual_activity",
  "basal_body_temperature",
];

export const hcWebhook: Format = {
  name: "hc_webhook",
  title: "HC Webhook (Health Connect Webhook, JSON)",
  recognise(outline, whole) {
    if (!isEntry(outline)) return false;
    if (Object.hasOwn(outline, "timestamp") && Object.hasOwn(outline, "app_version")) return true;
    if (TYPES.some((type) => Array.isArray(outline[type]))) return true;
    const keys = Object.keys(outline);
    return (
      !whole && keys.length > 0 && keys.every((key) => key === "timestamp" || key === "app_version" || key === "test")
    );
  },
  read(hints) {
    const records = createRecords(hints);
    let envelope = false;
    return readElements(records, {
      treat(path, type) {
        if (path.length === 0) return type === "object" ? "descend" : "skip";
        return path.length === 1 && type === "array" ? null : "skip";
      },
      value(path, value, pointer) {
        const [key] = path as [string];
        if (path.length === 2) records.add(key, value, pointer);
        else if (key === "test") records.isTest = value === true;
        else if (key === "timestamp" || key === "app_version") envelope = true;
        else if (isKnown(typeKey(key)) && value !== null) {
          records.reject(kindOf(typeKey(key)), pointer, { field: "", reason: "not an array" });
        }
      },
      kindAt: (path) => (path.length === 2 ? kindOf(typeKey(path[0] as string)) : null),
      // A post without news has no array at all.
      isFound: () => envelope,
      isTest: () => records.isTest,
    });
  },
};

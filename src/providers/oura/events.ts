/** Tags and rest mode, in the person's own words. */
import { document, present } from "./reading.ts";
import * as schema from "./schema.ts";

export const tag = document("event", schema.tag, (t, into) => {
  into.batch.events.push({
    external_id: t.id,
    fields: {
      kind: "tag",
      start_time: t.start_time.time,
      end_time: t.end_time?.time ?? null,
      utc_offset_s: t.start_time.offset,
      name: t.custom_name || t.tag_type_code || null,
      value: t.comment || null,
      extra: present({ tag_type_code: t.tag_type_code, start_day: t.start_day, end_day: t.end_day }),
    },
    element: into.of,
  });
});

/** From the instant where it is told, else from the day's midnight; without an end it lasts. */
export const restMode = document("event", schema.restMode, (r, into, offsetAt) => {
  const midnight = Date.parse(`${r.start_day}T00:00:00Z`) - offsetAt(r.start_day) * 1000;
  into.batch.events.push({
    external_id: r.id,
    fields: {
      kind: "rest_mode",
      start_time: r.start_time?.time ?? midnight,
      end_time: r.end_time?.time ?? null,
      utc_offset_s: r.start_time?.offset ?? null,
      name: null,
      value: null,
      extra: present({ start_day: r.start_day, end_day: r.end_day, episodes: r.episodes }),
    },
    element: into.of,
  });
});

import { type Encoder, Profile } from "@garmin/fitsdk";

/** The fields that recordings have. */
const RECORDED = new Set([
  "timestamp",
  "positionLat",
  "positionLong",
  "enhancedAltitude",
  "heartRate",
  "cadence",
  "power",
  "enhancedSpeed",
  "distance",
  "temperature",
]);

interface Fields {
  fields: Record<string, { name: string }>;
}

/**
 * Encodes samples. The library looks for each field of each message among all that the profile knows, which is nearly all the time it
 * takes: meanwhile the profile knows those of a recording only.
 */
export function writeRecords(encoder: Encoder, samples: Iterable<Record<string, unknown>>): void {
  const number = Profile.MesgNum.RECORD as number;
  const profile = (Profile.messages as unknown as Record<number, Fields>)[number]!;
  const all = profile.fields;
  profile.fields = Object.fromEntries(Object.entries(all).filter(([, { name }]) => RECORDED.has(name)));
  try {
    for (const sample of samples) encoder.onMesg(number, sample as Parameters<Encoder["onMesg"]>[1]);
  } finally {
    profile.fields = all;
  }
}

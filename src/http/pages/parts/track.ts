/** The course of an activity as a few charts of a readable number of points. Pure. */
import type { Track, TrackChannel } from "../../../domain/records.ts";
import type { ChartOf } from "./chart.tsx";

const POINTS = 300;

interface Shown {
  title: string;
  unit: string;
  digits: number;
  channel: TrackChannel;
  /** What is stored → what is shown. */
  convert?(value: number): number;
}
const SHOWN: Shown[] = [
  { title: "Heart rate", unit: "bpm", digits: 0, channel: "heart_rate_bpm" },
  { title: "Elevation", unit: "m", digits: 0, channel: "altitude_m" },
  { title: "Speed", unit: "km/h", digits: 1, channel: "speed_mps", convert: (mps) => mps * 3.6 },
  { title: "Power", unit: "W", digits: 0, channel: "power_w" },
];

/** Means of up to 300 stretches of equal time; a stretch without a value is a gap. */
export function trackCharts({ time, channels }: Track): ChartOf[] {
  const end = time.at(-1) ?? 0;
  if (end <= 0) return [];
  const buckets = Math.min(POINTS, time.length);
  const width = end / buckets;
  const minutes = Array.from({ length: buckets }, (_, i) => ((i + 0.5) * width) / 60_000);
  return SHOWN.flatMap(({ title, unit, digits, channel, convert }) => {
    const column = channels[channel];
    if (!column?.some((value) => value !== null)) return [];
    const sums = new Float64Array(buckets);
    const counts = new Uint32Array(buckets);
    column.forEach((value, i) => {
      if (value === null) return;
      const bucket = Math.min(buckets - 1, Math.floor(time[i]! / width));
      sums[bucket]! += value;
      counts[bucket]!++;
    });
    const values = Array.from(sums, (sum, i) => {
      if (counts[i] === 0) return null;
      const mean = sum / counts[i]!;
      return convert ? convert(mean) : mean;
    });
    const known = values.filter((value) => value !== null);
    const say = new Intl.NumberFormat("en", { maximumFractionDigits: digits });
    return [
      {
        title,
        summary: `between ${say.format(Math.min(...known))} and ${say.format(Math.max(...known))} ${unit}`,
        kind: "line" as const,
        axis: "minutes" as const,
        x: minutes,
        series: [{ label: title, values }],
        unit,
        digits,
        rows: 30,
      },
    ];
  });
}

/**
 * What a person costs (docs/scale.md): a phone that sends today's growing values every hour, for two weeks; rows written, as D1 bills
 * them, and bytes kept a day. `npm run bench:day`.
 */
import { openPhone } from "./phone.ts";

const DAYS = 14;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** In the sample's own zone, which the app writes. */
const ZONE_MS = HOUR_MS;

let state = 1;
const random = (below: number): number => {
  state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
  return (state >> 8) % below;
};

const local = (time: number): string =>
  `${new Date(time + ZONE_MS).toISOString().slice(0, 19).replace("T", " ")} +0100`;

interface Metric {
  name: string;
  units: string;
  every_s: number;
  value(): number;
}
/** A watch that is worn: heart rate every five seconds, movement by the minute, the night's and morning's measures now and then. */
const METRICS: Metric[] = [
  { name: "heart_rate", units: "count/min", every_s: 5, value: () => 55 + random(90) },
  { name: "step_count", units: "count", every_s: 60, value: () => random(120) },
  { name: "active_energy", units: "kcal", every_s: 60, value: () => random(900) / 100 },
  { name: "walking_running_distance", units: "km", every_s: 60, value: () => random(90) / 1000 },
  { name: "respiratory_rate", units: "count/min", every_s: 1800, value: () => 12 + random(60) / 10 },
  { name: "heart_rate_variability", units: "ms", every_s: 7200, value: () => 30 + random(600) / 10 },
  { name: "blood_oxygen_saturation", units: "%", every_s: 3600, value: () => 95 + random(5) },
];

/** All samples of a day, in the order of their time. */
function samplesOf(day: number): { metric: Metric; time: number; json: string }[] {
  return METRICS.flatMap((metric) =>
    Array.from({ length: DAY_MS / 1000 / metric.every_s }, (_, i) => {
      const time = day + i * metric.every_s * 1000;
      const value = metric.value();
      const told = metric.name === "heart_rate" ? `"Min":${value},"Avg":${value},"Max":${value}` : `"qty":${value}`;
      return { metric, time, json: `{"date":"${local(time)}",${told},"source":"Watch"}` };
    }),
  );
}

const phone = await openPhone();
try {
  const size = async () => (await phone.DB.prepare("SELECT 1").all()).meta.size_after;
  const first = Date.UTC(2026, 2, 1) - ZONE_MS;
  await phone.post(Buffer.from('{"data":{"metrics":[]}}'));
  const rows: number[] = [];
  const before = await size();
  let sent = 0;
  let received = 0;
  let slowest = 0;
  for (let n = 0; n < DAYS; n++) {
    const day = first + n * DAY_MS;
    const samples = samplesOf(day);
    received += samples.length;
    let written = 0;
    for (let hour = 1; hour <= 24; hour++) {
      const until = day + hour * HOUR_MS;
      const metrics = METRICS.map(({ name, units }) => {
        const data = samples.filter(({ metric, time }) => metric.name === name && time < until);
        return `{"name":"${name}","units":"${units}","data":[${data.map(({ json }) => json).join(",")}]}`;
      });
      const body = Buffer.from(`{"data":{"metrics":[${metrics.join(",")}]}}`);
      sent += body.length;
      const post = await phone.post(body);
      written += post.rows;
      slowest = Math.max(slowest, post.s);
    }
    rows.push(written);
  }
  const bytes = ((await size()) - before) / DAYS;
  const perDay = rows.reduce((sum, one) => sum + one, 0) / DAYS;
  console.table({
    "samples a day": Math.round(received / DAYS),
    "MB sent a day": (sent / DAYS / 1e6).toFixed(1),
    "rows written a day": Math.round(perDay),
    "kB kept a day": Math.round(bytes / 1000),
    "slowest post, s": slowest.toFixed(2),
    "people in 10 GB with a year each": Math.floor(10e9 / (bytes * 365)),
    "US$ a month for rows written (1 a million)": ((perDay * 30) / 1e6).toFixed(4),
  });
} finally {
  await phone.close();
}

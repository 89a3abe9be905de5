/**
 * All that docs/ingest.md claims, side by side in one run: bodies of 7, 28 and just under 100 MB parsed only (a), stored a row a sample
 * (b), and stored by us (c); rows, bytes and memory; posts that grow; reading back. Four minutes, and some hundred MB of memory.
 */
import { loadavg } from "node:os";
import { heartRate, hourly, median, memory, openPhone } from "./phone.ts";

type Phone = Awaited<ReturnType<typeof openPhone>>;

const RUNS = 5;
const MB = 1024 * 1024;
/** The cap of a body. */
const SIZES = [7 * MB, 28 * MB, 104_857_600];
/** Ours by the time of `await request.json()`, by size, for whole numbers and for averages. */
const GOALS = { whole: [1.3, 1, 1], averages: [1.7, 1.7, 1.7] };
const DAY_MS = 86_400_000;

interface Claim {
  what: string;
  measured: string;
  goal: string;
  met: boolean;
}

/** Whether all goals are met. */
export async function measureAll(): Promise<boolean> {
  const claims: Claim[] = [];
  const claim = (what: string, measured: number, goal: number, unit = "", most = true) =>
    claims.push({
      what,
      measured: `${measured.toFixed(2)}${unit}`,
      goal: `${most ? "≤" : "≥"} ${goal}${unit}`,
      met: most ? measured <= goal : measured >= goal,
    });
  console.log(`load before: ${loadavg().map((load) => load.toFixed(1))}`);

  await remember(claim);

  const phone = await openPhone();
  try {
    await compare(phone, claim);
    await grow(phone, claim);
    await readBack(phone, claim);
  } finally {
    await phone.close();
  }
  console.log(`load after: ${loadavg().map((load) => load.toFixed(1))}`);
  console.table(claims);
  return claims.every(({ met }) => met);
}

/**
 * Resident memory of workerd while one body comes, each in a process of its own. By itself V8 lets lie what nothing presses it to
 * collect; what a body needs shows where isolates may have little more heap than the code alone takes (15 MB of the 28).
 */
async function remember(claim: Note): Promise<void> {
  const [small, , large] = SIZES as [number, number, number];
  const free = [await residentOf(small), await residentOf(large)] as const;
  const kept: number[] = [];
  for (let run = 0; run < 3; run++) kept.push((await residentOf(large, "--max-heap-size=28")).more);
  console.log(`workerd before any body: ${free[1].before.toFixed(0)} MB`);
  console.log(`its peak: ${free.map(({ peak }) => `${peak.toFixed(0)} MB`).join(" for 7 MB, ")} for 100 MB`);
  console.log(
    `beyond before, for 100 MB: ${free[1].more.toFixed(0)} MB, kept to a heap of 28 MB ${kept.map((mb) => mb.toFixed(0))}`,
  );
  if (!Number.isFinite(kept[0])) return;
  claim("memory of 100 MB by that of 7 MB", free[1].peak / free[0].peak, 1.3);
  claim("memory that 100 MB need", median(kept), 32, " MB");
}

/** MB; NaN where it cannot be read. */
async function residentOf(bytes: number, flags = ""): Promise<{ before: number; peak: number; more: number }> {
  process.env.MINIFLARE_WORKERD_V8_FLAGS = flags;
  const phone = await openPhone();
  try {
    await phone.post(heartRate(Date.UTC(2020, 0, 1), false, { samples: 1000 }).bytes);
    const body = heartRate(Date.UTC(2021, 0, 1), false, { bytes });
    const before = memory()?.now ?? Number.NaN;
    memory()?.forget();
    await phone.post(body.bytes);
    const peak = memory()?.peak ?? Number.NaN;
    return { before, peak, more: peak - before };
  } finally {
    await phone.close();
    process.env.MINIFLARE_WORKERD_V8_FLAGS = "";
  }
}

type Note = (what: string, measured: number, goal: number, unit?: string, most?: boolean) => void;

async function compare(phone: Phone, claim: Note): Promise<void> {
  const table: Record<string, string | number>[] = [];
  let year = 1970;
  for (const averages of [false, true]) {
    for (const [i, bytes] of SIZES.entries()) {
      const parsed: number[] = [];
      const ours: number[] = [];
      let rows = 0;
      let first = 0;
      let body = heartRate(Date.UTC(year, 0, 1), averages, { bytes });
      for (let run = -1; run < RUNS; run++) {
        // Alternating, so that a busy minute of the machine meets both.
        body = heartRate(Date.UTC(year, 0, 1), averages, { bytes });
        year++;
        const parse = await phone.parse(body.bytes);
        const post = await phone.post(body.bytes);
        // The first of each is for the compiler, and told apart.
        if (run < 0) {
          first = post.s;
          continue;
        }
        parsed.push(parse);
        ours.push(post.s);
        rows = post.rows;
      }
      const [a, c] = [median(parsed), median(ours)];
      const b = averages ? null : await phone.rows(body.bytes);
      const name = `${Math.round(bytes / MB)} MB, ${averages ? "averages" : "whole numbers"}`;
      table.push({
        body: name,
        samples: body.samples,
        "(a) json() s": a.toFixed(2),
        "(b) rows s": b ? b.s.toFixed(2) : "",
        "(c) ours s": c.toFixed(2),
        "first (c) s": first.toFixed(2),
        "(c)/(a)": (c / a).toFixed(2),
        "(b)/(c)": b ? (b.s / c).toFixed(1) : "",
        "rows (b)": b ? b.rows : "",
        "rows (c)": rows,
      });
      claim(`${name}: ours by json()`, c / a, (averages ? GOALS.averages : GOALS.whole)[i]!);
      if (b) {
        claim(`${name}: rows a sample by ours, time`, b.s / c, 5, "", false);
        claim(`${name}: rows a sample by ours, rows`, b.rows / rows, 1000, "", false);
      }
    }
    const { results } = await phone.DB.prepare(
      "SELECT sum(length(data)) AS bytes, sum(count) AS samples FROM series WHERE date >= ?1",
    )
      .bind(averages ? "1990-01-01" : "1900-01-01")
      .all<{ bytes: number; samples: number }>();
    const { bytes, samples } = results[0]!;
    if (averages) console.log(`averages: ${(bytes / samples).toFixed(2)} bytes a sample`);
    else claim("bytes of a whole-number sample", bytes / samples, 3);
    year = 1990;
  }
  console.table(table);
}

/** The same day ten times, each with more. */
async function grow(phone: Phone, claim: Note): Promise<void> {
  const start = Date.UTC(2015, 5, 1, 1);
  let most = 0;
  for (let post = 1; post <= 10; post++) {
    const { rows } = await phone.post(heartRate(start, false, { samples: post * 7200 }).bytes);
    most = Math.max(most, rows);
  }
  // One row of samples, one day.
  claim("rows of a growing post", most, 2 * 2 + 4);
}

async function readBack(phone: Phone, claim: Note): Promise<void> {
  const start = Date.UTC(2016, 5, 1);
  await phone.post(heartRate(start, false, { samples: (8 * DAY_MS) / 1000 }).bytes);
  const hours = (5 * 366 * DAY_MS) / 3_600_000;
  await phone.post(hourly("respiratory_rate", Date.UTC(2000, 0, 1), hours));
  const median5 = async (path: string) => {
    const times: number[] = [];
    for (let run = 0; run < 5; run++) times.push(1000 * (await phone.read(path)));
    return median(times);
  };
  const week = "start=2016-06-01T00:00:00Z&end=2016-06-08T00:00:00Z";
  claim("7 days of seconds at 1m", await median5(`/api/v1/series/heart_rate_bpm?resolution=1m&${week}`), 100, " ms");
  const years = "start=2000-01-01T00:00:00Z&end=2005-01-01T00:00:00Z";
  claim("five years at 1d", await median5(`/api/v1/series/respiration_brpm?resolution=1d&${years}`), 50, " ms");
}

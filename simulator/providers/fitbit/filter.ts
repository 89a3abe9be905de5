import { badFilter, invalid } from "./errors.ts";
import type { Point } from "./shape.ts";
import type { DataType, Shape } from "./types.ts";

/** What a filter lets through, and instants outside which nothing passes, ms. */
export interface Filter {
  from: number;
  to: number;
  passes(point: Point): boolean;
}

interface Member {
  /** Instants in RFC 3339, or the wall clock's time (as if UTC). */
  clock: "physical" | "civil";
  of(point: Point): number;
}

const physical = (of: Member["of"]): Member => ({ clock: "physical", of });
const civil = (of: Member["of"]): Member => ({ clock: "civil", of });
const startWall = (point: Point) => point.start + point.offset_s * 1000;
const endWall = (point: Point) => point.end + point.end_offset_s * 1000;

/** Members by which each shape can be filtered: exercises by civil time alone, nights by the waking side alone. */
const MEMBERS: Record<Shape, Record<string, Member>> = {
  exercise: { "interval.civil_start_time": civil(startWall) },
  sleep: { "interval.end_time": physical(({ end }) => end), "interval.civil_end_time": civil(endWall) },
  interval: { "interval.start_time": physical(({ start }) => start), "interval.civil_start_time": civil(startWall) },
  sample: { "sample_time.physical_time": physical(({ start }) => start), "sample_time.civil_time": civil(startWall) },
  daily: { date: civil(({ start }) => start) },
};

const HALF_DAY_MS = 14 * 3_600_000;
const TERM = /^\s*([a-z0-9_.]+)\s*(>=|<=|=|<|>|!=)\s*"([^"]*)"\s*$/;
const PHYSICAL = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const CIVIL = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?)?$/;

/** AIP-160 as far as it is taken: `>=` and `<`, joined by AND. */
export function readFilter(type: DataType, text: string | undefined): Filter | Response {
  const terms = (text ?? "").trim() === "" ? [] : text!.split(" AND ");
  const members = MEMBERS[type.shape];
  const prefix = `${type.id.replaceAll("-", "_")}.`;
  const wrong: { member: string; at: number }[] = [];
  const tests: ((point: Point) => boolean)[] = [];
  let [from, to] = [0, Number.POSITIVE_INFINITY];
  let column = 0;
  for (const term of terms) {
    const match = TERM.exec(term);
    if (!match) return invalid(`Invalid data point filter: ${term}`);
    const [, name, operator, value] = match as unknown as [string, string, string, string];
    const member = name.startsWith(prefix) ? members[name.slice(prefix.length)] : undefined;
    if (!member) wrong.push({ member: name, at: column });
    else if (operator !== ">=" && operator !== "<") return invalid(`Invalid data point filter: operator ${operator}`);
    else {
      const right = member.clock === "physical" ? PHYSICAL : type.shape === "daily" ? /^\d{4}-\d\d-\d\d$/ : CIVIL;
      const parsed = Date.parse(
        member.clock === "physical" ? value : value.length === 10 ? `${value}T00:00:00Z` : `${value}Z`,
      );
      if (!right.test(value) || Number.isNaN(parsed))
        return invalid(`Invalid data point filter: "${value}" is no value of ${name}.`);
      const slack = member.clock === "civil" ? HALF_DAY_MS : 0;
      if (operator === ">=") from = Math.max(from, parsed - slack);
      else to = Math.min(to, parsed + slack);
      tests.push((point) => (operator === ">=" ? member.of(point) >= parsed : member.of(point) < parsed));
    }
    column += term.length + " AND ".length;
  }
  if (wrong.length > 0) return badFilter(wrong);
  return { from, to, passes: (point) => tests.every((test) => test(point)) };
}

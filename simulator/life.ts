import { type Activity, activitiesOn } from "./activity.ts";
import { localDay, monthsBefore, offsetAt } from "./calendar.ts";
import type { Person } from "./person.ts";
import type { Sport } from "./plan.ts";
import { type Summary, summaryOf } from "./summary.ts";

/** What an edit may change. */
export type Patch = Partial<Omit<Activity, "key" | "track">>;

/** An activity to add by hand: the rest is filled as for an ordinary one. */
export interface Addition extends Patch {
  sport: Sport;
  /** Ms UTC. */
  start: number;
  duration_s: number;
}

/** A person's history as it stands: what the dates bring, with additions, edits and deletions on top. */
export interface Life {
  person: Person;
  /** First day of the history; kept over restarts. */
  since: number;
  /** Everything over and uploaded at an instant, oldest first. */
  activities(now: number): Activity[];
  /** What the body did on a local day, uploaded or not, and whatever became of it since; copies left out. */
  on(day: number): Activity[];
  summary(activity: Activity): Summary;
  /** What was deleted by `remove`. */
  removed(): Activity[];
  add(addition: Addition): Activity;
  edit(key: string, patch: Patch): Activity | null;
  remove(key: string): boolean;
  reset(): void;
}

/** The end is only known from the recording: an activity of the last days is measured, an older one is surely over. */
export const isSurelyThere = (activity: Activity, now: number): boolean =>
  activity.start + (activity.duration_s + activity.upload_after_s + 12 * 3600) * 1000 < now;

/** The same person is one for all simulators of a process: days, nights and what else is kept of it are made once. */
const known = new Map<string, { person: Person; days: Map<number, Activity[]> }>();

export function lifeOf(given: Person, startedAt: number, since?: number): Life {
  const { person, days } = knownAs(given);
  const first = since ?? monthsBefore(localDay(person.home.zone, startedAt), person.months);
  const added = new Map<string, Activity>();
  const edited = new Map<string, Activity>();
  const deleted = new Set<string>();
  const summary = (activity: Activity) => summaryOf(person, activity);
  const isThere = (activity: Activity, now: number) =>
    isSurelyThere(activity, now) ||
    activity.start + (summary(activity).elapsed_s + activity.upload_after_s) * 1000 <= now;

  function dayOfLife(day: number): Activity[] {
    let made = days.get(day);
    if (!made) days.set(day, (made = activitiesOn(person, day)));
    return made;
  }

  function planned(now: number): Activity[] {
    if (person.months === 0) return [];
    const made: Activity[] = [];
    // A traveller east of home is a day ahead at most.
    const last = localDay(person.home.zone, now) + 1;
    for (let day = first; day <= last; day++) made.push(...dayOfLife(day));
    return made;
  }

  const find = (key: string): Activity | undefined => {
    if (!/^\d{4}-\d\d-\d\d\//.test(key)) return undefined;
    const date = key.slice(0, 10);
    return added.get(key) ?? edited.get(key) ?? dayOfLife(Date.parse(date) / 86_400_000).find((a) => a.key === key);
  };

  return {
    person,
    since: first,
    summary,
    activities: (now) =>
      [...planned(now).map((activity) => edited.get(activity.key) ?? activity), ...added.values()]
        .filter((activity) => !deleted.has(activity.key) && isThere(activity, now))
        .sort((a, b) => a.start - b.start || (a.key < b.key ? -1 : 1)),
    on(day) {
      const made = person.months === 0 || day < first ? [] : dayOfLife(day);
      return [...made.filter((one) => !edited.has(one.key)), ...edited.values(), ...added.values()].filter(
        (one) => one.copy_of === null && localDay(one.zone, one.start) === day,
      );
    },
    removed: () => [...deleted].map((key) => find(key)!),
    add(addition) {
      const zone = addition.zone ?? person.home.zone;
      const local = new Date(addition.start + offsetAt(zone, addition.start) * 1000).toISOString();
      const key = `${local.slice(0, 10)}/a${added.size}`;
      const activity = { ...ordinary(person, addition), ...addition, zone, key, track: key };
      activity.utc_offset_s = addition.utc_offset_s ?? offsetAt(zone, addition.start);
      added.set(key, activity);
      return activity;
    },
    edit(key, patch) {
      const old = find(key);
      if (!old || deleted.has(key)) return null;
      const activity = { ...old, ...patch, key, track: old.track };
      activity.utc_offset_s = patch.utc_offset_s ?? offsetAt(activity.zone, activity.start);
      (added.has(key) ? added : edited).set(key, activity);
      return activity;
    },
    remove(key) {
      if (!find(key) || deleted.has(key)) return false;
      deleted.add(key);
      return true;
    },
    reset() {
      added.clear();
      edited.clear();
      deleted.clear();
    },
  };
}

function knownAs(person: Person): { person: Person; days: Map<number, Activity[]> } {
  const key = JSON.stringify(person);
  let found = known.get(key);
  if (!found) known.set(key, (found = { person, days: new Map() }));
  return found;
}

/** Defaults of an activity that is added: an outdoor one from home, uploaded at once by the usual watch. */
function ordinary(person: Person, { sport, duration_s }: Addition): Activity {
  const still = sport === "strength" || sport === "yoga";
  return {
    key: "",
    track: "",
    sport,
    kind: "easy",
    name: "Added activity",
    description: null,
    start: 0,
    zone: person.home.zone,
    utc_offset_s: 0,
    place: person.home,
    duration_s,
    distance_m: still ? 0 : Math.round(duration_s * 3),
    effort: 0.6,
    temperature_c: 15,
    climb_m: still ? 0 : 40,
    indoor: still || sport === "swim" || sport === "virtual_ride",
    commute: false,
    manual: false,
    device: { name: "Garmin Forerunner 965", auto_pause: true, every_s: 1, power_meter: false, brand: "garmin" },
    gear: null,
    visibility: "everyone",
    hidden_start: false,
    rpe: null,
    upload_after_s: 0,
    copy_of: null,
  };
}

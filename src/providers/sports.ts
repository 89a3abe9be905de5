/** Providers' names of sports → the FIT profile's sport and sub-sport. */

export type Sport = readonly [sport: string, sub_sport: string];

/** What nobody knows, or FIT has no name for. */
export const GENERIC: Sport = ["generic", "generic"];

/**
 * A table by FIT names, `"running trail": "TRAIL_RUN FELL_RUN"`, a sport alone meaning its generic kind. `spell` makes two spellings of
 * one name the same. Undefined: a name that is not in the table.
 */
export function sportsBy(
  table: Readonly<Record<string, string>>,
  spell: (name: string) => string = (name) => name,
): (name: string | null | undefined) => Sport | undefined {
  const sports = new Map<string, Sport>();
  for (const [fit, names] of Object.entries(table)) {
    const [sport = "", sub_sport = "generic"] = fit.split(" ");
    for (const name of names.trim().split(/\s+/)) sports.set(spell(name), [sport, sub_sport]);
  }
  return (name) => (name ? sports.get(spell(name)) : undefined);
}

/** Spellings with hyphens, underscores, spaces or capitals are one. */
export const letters = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, "");

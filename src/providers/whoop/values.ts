/** What WHOOP's numbers stand for. */

export const KJ_PER_KCAL = 4.184;

/** 0 is no reading. */
export const reading = (value: number | null | undefined): number | null => value || null;

/** A score without any heart rate and without energy measured nothing: its 0 kJ are no reading. */
export const isEmpty = (score: {
  kilojoule?: number | null;
  average_heart_rate?: number | null;
  max_heart_rate?: number | null;
}): boolean => !score.kilojoule && !score.average_heart_rate && !score.max_heart_rate;

/** Without what is absent. */
export const present = (all: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null && value !== undefined));

/** What a provider's terms allow, and what the operator's policy makes of them. */
export interface Terms {
  /** Days a record may be kept after it was fetched; null: no limit. */
  cache_days: number | null;
  /** May be combined with others' data: merging, totals. */
  merge: boolean;
  /** May be handed to third parties: export to anybody but the person. */
  third_parties: boolean;
  /** May be used by AI. */
  ai: boolean;
  /** Data must go when the person disconnects. */
  delete_on_disconnect: boolean;
  /** One sentence for the settings page. */
  text: string;
}

export const UNLIMITED: Terms = {
  cache_days: null,
  merge: true,
  third_parties: true,
  ai: true,
  delete_on_disconnect: false,
  text: "",
};

export interface Policy {
  standard: "terms" | "private";
  of: Record<string, "terms" | "private">;
}

/** Whether this is a person's own instance, as far as the provider is concerned. */
export const isPrivate = (provider: { id: string }, policy: Policy): boolean =>
  (policy.of[provider.id] ?? policy.standard) === "private";

/** On a person's own instance (`private`) their data are theirs; else the provider's terms hold. */
export function effectiveTerms(provider: { id: string; terms: Terms }, policy: Policy): Terms {
  return isPrivate(provider, policy)
    ? { ...UNLIMITED, text: "Kept without limit: this is a private instance." }
    : provider.terms;
}

/** What every read respects of the terms in force. */
export interface ReadRules {
  /** Providers whose records stand apart: they hide nobody's, are hidden by nobody's, and are in no combined total. */
  unmerged: string[];
  /** By provider: what was fetched before this instant, ms, is past its permitted keep and is no longer shown. */
  fetched_since: Record<string, number>;
}

export function readRules(providers: readonly { id: string; terms: Terms }[], policy: Policy, now: number): ReadRules {
  const rules: ReadRules = { unmerged: [], fetched_since: {} };
  for (const provider of providers) {
    const terms = effectiveTerms(provider, policy);
    if (!terms.merge) rules.unmerged.push(provider.id);
    if (terms.cache_days !== null) rules.fetched_since[provider.id] = now - terms.cache_days * 86_400_000;
  }
  return rules;
}

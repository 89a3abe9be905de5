/** Two classes of error: what a provider did to us, and what we tell a caller. Any other throw is a bug. */

/** sync/settle decides what follows. */
export type Fault =
  /** Unix ms. `guessed`: nobody said until when, so each wait is longer than the one before. */
  | { kind: "rate_limited"; of: "user" | "application"; until: number; guessed?: true }
  | { kind: "unauthorized" | "gone" }
  /** `ends_after_s`: where nothing else has been answered for so long, only a new consent helps. */
  | { kind: "forbidden"; ends_after_s?: number }
  | { kind: "ended" } // the provider says that the person has withdrawn: goodbye
  | { kind: "scope_missing"; scope: string | null } // that stream only
  | { kind: "needs_person"; text: string } // consent, subscription, migration
  /** `doubtful`: it may also mean that the person has withdrawn, which `Provider.still_bound` tells. */
  | { kind: "unavailable"; status: number | null; doubtful?: true }
  | { kind: "unreadable"; pointer: string; reason: string };

export class ProviderError extends Error {
  readonly provider: string;
  readonly fault: Fault;
  constructor(provider: string, fault: Fault) {
    super(`${provider}: ${fault.kind}`); // never URL, header or body: they carry tokens
    this.name = "ProviderError";
    this.provider = provider;
    this.fault = fault;
  }
}

/** RFC 9457. `code` is stable and for programs, `detail` says what to change. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly more: Record<string, unknown>;
  constructor(status: number, code: string, detail: string, more: Record<string, unknown> = {}) {
    super(`${status} ${code}`);
    this.name = "Problem";
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.more = more;
  }
}

/** What a request carries on its way through the routes. */
import type { Context } from "../platform/context.ts";
import type { KeyScope } from "../store/keys.ts";
import type { Person } from "../store/users.ts";

export type { KeyScope };

export interface App {
  Bindings: object;
  Variables: {
    context: Context;
    /** Set by middleware/auth. */
    person: Person;
    /** The key that vouches, or null for a session. */
    key: { id: number; scopes: KeyScope[] } | null;
    /** For the CSP and inline scripts of pages. */
    secureHeadersNonce?: string;
  };
}

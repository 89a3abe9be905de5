/** Where a browser is sent to consent. The one file with arctic, which its author has deprecated. */
import { CodeChallengeMethod, generateCodeVerifier, generateState, OAuth2Client } from "arctic";
import type { OAuth2 } from "../providers/provider.ts";

export { generateCodeVerifier, generateState };

export interface Authorization {
  client_id: string;
  redirect_uri: string;
  state: string;
  /** Null where the provider knows no PKCE. */
  verifier: string | null;
}

export function authorizationUrl(auth: OAuth2, { client_id, redirect_uri, state, verifier }: Authorization): URL {
  const client = new OAuth2Client(client_id, null, redirect_uri);
  const names = auth.scopes_sent === false ? [] : auth.scopes.map(({ name }) => name);
  // arctic joins with spaces, so a list joined otherwise goes in as one.
  const scopes = names.length > 0 && auth.scope_separator !== " " ? [names.join(auth.scope_separator)] : names;
  const url =
    verifier === null
      ? client.createAuthorizationURL(auth.authorize, state, scopes)
      : client.createAuthorizationURLWithPKCE(auth.authorize, state, CodeChallengeMethod.S256, verifier, scopes);
  for (const [name, value] of Object.entries(auth.authorize_params ?? {})) url.searchParams.set(name, value);
  return url;
}

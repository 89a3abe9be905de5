import { json } from "../../json.ts";

/** Ory Hydra's standard texts. */
const TEXTS = {
  invalid_grant:
    "The provided authorization grant (e.g., authorization code, resource owner credentials) or refresh token is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client.",
  invalid_request:
    "The request is missing a required parameter, includes an invalid parameter value, includes a parameter more than once, or is otherwise malformed.",
  invalid_client:
    "Client authentication failed (e.g., unknown client, no client authentication included, or unsupported authentication method).",
  invalid_scope: "The requested scope is invalid, unknown, or malformed.",
  invalid_state:
    "The state is missing or does not have enough characters and is therefore considered too weak. Request parameter 'state' must be at least be 8 characters long to ensure sufficient entropy.",
  unsupported_response_type: "The authorization server does not support obtaining a token using this method.",
  unsupported_grant_type: "The authorization grant type is not supported by the authorization server.",
  access_denied: "The resource owner or authorization server denied the request.",
} as const;

export type OAuthError = keyof typeof TEXTS;

export const refusal = (error: OAuthError) => ({ error, error_description: TEXTS[error] });

export const oauthRefusal = (error: OAuthError): Response =>
  json(refusal(error), error === "invalid_client" ? 401 : 400);

/** A wrong or expired token and a scope that was not granted read alike. */
export const unauthorized = (): Response => new Response("Authorization was not valid", { status: 401 });
/** Data errors have no documented body. */
export const bare = (status: number, headers: Record<string, string> = {}): Response =>
  new Response(null, { status, headers });
export const deactivated = (): Response => json({ error: "deactivated_user" }, 403);

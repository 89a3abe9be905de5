import { json } from "../../json.ts";

/** Google's way of refusing: a status by name, and details that name the reason. */
export function refusal(
  code: number,
  status: string,
  message: string,
  reason?: string,
  more: unknown[] = [],
  domain = "googleapis.com",
): Response {
  const info = reason === undefined ? [] : [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason, domain }];
  const details = [...info, ...more];
  return json({ error: { code, message, status, ...(details.length > 0 && { details }) } }, code);
}

export const unauthenticated = (): Response =>
  refusal(
    401,
    "UNAUTHENTICATED",
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
  );

export const scopeInsufficient = (): Response =>
  refusal(
    403,
    "PERMISSION_DENIED",
    "Request had insufficient authentication scopes.",
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
  );

export const withheld = (): Response =>
  refusal(
    403,
    "PERMISSION_DENIED",
    "The caller does not have permission",
    "RESOURCE_PERMISSION_DENIED",
    [],
    "health.googleapis.com",
  );

export const notLinked = (): Response =>
  refusal(400, "FAILED_PRECONDITION", "The account is not linked to Google Health.", "ACCOUNT_NOT_LINKED");

export const notFound = (message = "Requested entity was not found."): Response => refusal(404, "NOT_FOUND", message);

export const invalid = (message: string): Response => refusal(400, "INVALID_ARGUMENT", message);

/** `at`: columns of the members that cannot be filtered by. */
export function badFilter(members: { member: string; at: number }[]): Response {
  const reasons = members.map(() => "INVALID_DATA_POINT_FILTER_DATA_TYPE_MEMBER");
  const details = [
    {
      "@type": "type.googleapis.com/google.rpc.ErrorInfo",
      reason: "INVALID_DATA_POINT_FILTER",
      domain: "health.googleapis.com",
      metadata: { detailedReasons: reasons.join(",") },
    },
    {
      "@type": "type.googleapis.com/google.rpc.BadRequest",
      fieldViolations: members.map(({ member, at }) => ({
        field: "filter",
        description: `Member '${member}' is not supported for filtering. (at line 1, column ${at + 1})`,
      })),
    },
  ];
  const message = `Invalid data point filter: ${reasons.join(", ")}.`;
  return json({ error: { code: 400, message, status: "INVALID_ARGUMENT", details } }, 400);
}

/** Without any header that tells of limits. */
export const exhausted = (): Response =>
  refusal(
    429,
    "RESOURCE_EXHAUSTED",
    "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute' of service 'health.googleapis.com' for consumer 'project_number:123456789'.",
    "RATE_LIMIT_EXCEEDED",
    [
      {
        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
        violations: [{ subject: "project:123456789", description: "Quota exceeded" }],
      },
    ],
  );

/** A refusal of the token service (RFC 6749). */
export const oauthError = (status: number, error: string, error_description: string): Response =>
  json({ error, error_description }, status, { "cache-control": "no-store" });

import { json } from "../../json.ts";

/** Strava's way of refusing: a message and where it hurts. */
export function refusal(
  status: number,
  message: string,
  error: [resource: string, field: string, code: string],
  headers: Record<string, string> = {},
): Response {
  const [resource, field, code] = error;
  return json({ message, errors: [{ resource, field, code }] }, status, headers);
}

export const badRequest = (resource: string, field: string, code = "invalid"): Response =>
  refusal(400, "Bad Request", [resource, field, code]);

export const unauthorized = (
  resource: string,
  field: string,
  code: string,
  headers?: Record<string, string>,
): Response => refusal(401, "Authorization Error", [resource, field, code], headers);

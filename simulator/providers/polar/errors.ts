import { json } from "../../json.ts";
import type { World } from "../../provider.ts";

/** As the schema of the API says it. */
export const refusal = (
  world: World,
  status: number,
  errorType: string,
  message: string,
  headers: Record<string, string> = {},
): Response =>
  json({ timestamp: stamp(world), status, errorType, message, corrId: crypto.randomUUID() }, status, headers);

/** As webhooks say it. */
export const webhookRefusal = (world: World, status: number, error_type: string, message: string): Response =>
  json({ error: { timestamp: stamp(world), status, error_type, message, corr_id: crypto.randomUUID() } }, status);

const stamp = (world: World): string => new Date(world.now()).toISOString().replace("Z", "");

export const unauthorized = (world: World): Response => refusal(world, 401, "UnauthorizedException", "Unauthorized.");
export const notFound = (world: World, message = "No data found for date."): Response =>
  refusal(world, 404, "NotFoundException", message);
export const consentsMissing = (world: World): Response =>
  refusal(world, 403, "MandatoryConsentException", "User has not accepted all mandatory consents.");
export const nothing = (status = 204): Response => new Response(null, { status });

export const oauthRefusal = (error: string, error_description?: string): Response =>
  json({ error, ...(error_description && { error_description }) }, error === "invalid_client" ? 401 : 400);

import { json } from "../../json.ts";

/** Refusals come with 200, as everything does. */
const MESSAGES = {
  "5006": "Access token is invalid",
  "5010": "openId is invalid",
  "5016": "Service busy",
  "1031": "Parameter error",
  "30009": "No permission",
  "1001": "error",
} as const;
export type Code = keyof typeof MESSAGES;

export const refused = (result: string): Response =>
  json({ result, message: MESSAGES[result as Code] ?? "error", ...(result === "1001" && { data: null }) });

export const good = (data?: unknown): Response =>
  json({ result: "0000", message: "OK", ...(data !== undefined && { data }) });

/** The gateway's own, before anything of the envelope; no header tells of a limit. */
export const tooMany = (): Response => new Response(null, { status: 429 });

import { json } from "../../json.ts";

/** Most refusals of the data calls have no body at all. */
export const bare = (status: number, headers: Record<string, string> = {}): Response =>
  new Response(null, { status, headers });

export const detail = (status: number, text: string): Response => json({ detail: text }, status);

/** 422, as the framework behind Oura's API words it. */
export const invalid = (where: "body" | "query", name: string, msg: string, type = "value_error"): Response =>
  json({ detail: [{ type, loc: [where, name], msg }] }, 422);

export const notFound = (): Response => detail(404, "Document not found.");

export const oauthError = (status: number, error: string, error_description?: string): Response =>
  json(error_description === undefined ? { error } : { error, error_description }, status);

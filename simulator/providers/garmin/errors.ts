import { json } from "../../json.ts";

/** Garmin's way of refusing in its data services. */
export const refusal = (status: number, errorMessage: string, headers: Record<string, string> = {}): Response =>
  json({ errorMessage }, status, headers);

/** A refusal of the OAuth 1.0a service: a page, as of a servlet container. */
export const page = (status: number, text: string): Response =>
  new Response(`<html><body><h1>HTTP Status ${status} - ${text}</h1></body></html>`, {
    status,
    headers: { "content-type": "text/html; charset=utf-8" },
  });

/** A refusal of the OAuth 2 token service (RFC 6749). */
export const oauthError = (status: number, error: string, error_description: string): Response =>
  json({ error, error_description }, status, { "cache-control": "no-store" });

export const tooMany = (): Response => refusal(429, "Too many requests: Rate limit quota violation");

/** Ids for what has none: the same thing told again gets the same one. */
import { createHash } from "node:crypto";

/** First 24 hex digits of SHA-256. */
export const shortHash = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 24);

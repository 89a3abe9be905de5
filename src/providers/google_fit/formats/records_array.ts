/** Bodies whose elements lie in an array `records` at the top. */
import type { Path, Treatment } from "../../format.ts";

export function isRecordsPath(path: Path, type: "object" | "array"): Treatment | null {
  if (path.length === 0) return type === "object" ? "descend" : "skip";
  return path.length === 1 && path[0] === "records" && type === "array" ? null : "skip";
}

/** The elements of a pushed body, one by one as they pass: objects only, since nothing else can be anybody's. */
import type { Listener, ScanLimits } from "../platform/scanner.ts";
import type { PushElements } from "../providers/provider.ts";

export const ELEMENT_LIMITS: ScanLimits = { element_bytes: 16 * 1024 * 1024, element_depth: 64 };

export interface Sink {
  /** `text` is the object's JSON; `key` that of its array, where the body is an object of arrays. */
  take(text: string, key: string | null): void;
  /** One that was too large, too deep or no text. */
  refuse(reason: string): void;
}

export function elementListener(form: PushElements, sink: Sink): Listener {
  const decoder = new TextDecoder();
  return {
    treat(path, type) {
      const top = path.length === 0;
      switch (form) {
        case "body":
          return top && type === "object" ? "value" : "skip";
        case "items":
          return !top ? "skip" : type === "array" ? "elements" : "value";
        case "arrays":
          if (top) return type === "object" ? "descend" : "skip";
          return path.length === 1 && type === "array" ? "elements" : "skip";
        default:
          form satisfies never;
          return "skip";
      }
    },
    value(path, bytes, from, to) {
      // `{}` is 2 bytes and nobody's.
      if (bytes[from] !== 0x7b || to - from < 3) return;
      sink.take(decoder.decode(bytes.subarray(from, to)), form === "arrays" ? String(path[0]) : null);
    },
    leave() {},
    refuse(_path, reason) {
      sink.refuse(reason);
    },
  };
}

/** A request's body in pieces of 64 kB and more. */

/** What a body may have, unzipped. */
export const BODY_BYTES = 104_857_600;
const PIECE = 65_536;

export interface Body {
  /** The next piece, valid until the one after it; null at the end. Rejects where the body was cut off. */
  next(): Promise<Uint8Array | null>;
  /** Lets go of what is unread. */
  cancel(): Promise<void>;
  /**
   * Reads on to the end, or to a bound, and lets go: a client that is still sending when it is refused comes to read the answer only
   * then, and sees a broken connection otherwise.
   */
  drain(): Promise<void>;
}

/** What is read for no other reason, and how long. */
const DRAIN_BYTES = 256 * 1024 * 1024;
const DRAIN_MS = 20_000;

export function readBody(stream: ReadableStream<Uint8Array> | null): Body {
  if (!stream) return { next: async () => null, cancel: async () => {}, drain: async () => {} };
  const reader = stream.getReader({ mode: "byob" });
  let buffer = new ArrayBuffer(4 * PIECE);
  let ended = false;
  const body: Body = {
    async next() {
      if (ended) return null;
      const { value } = await reader.readAtLeast(PIECE, new Uint8Array(buffer));
      if (value === undefined || value.byteLength === 0) {
        ended = true;
        return null;
      }
      buffer = value.buffer as ArrayBuffer;
      return value;
    },
    cancel: async () => {
      // What cannot be cancelled is over already.
      await reader.cancel().catch(() => {});
    },
    async drain() {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<null>((resolve) => {
        timer = setTimeout(resolve, DRAIN_MS, null);
      });
      try {
        let left = DRAIN_BYTES;
        while (left > 0) {
          const piece = await Promise.race([body.next(), late]);
          if (piece === null) break;
          left -= piece.length;
        }
      } catch {
        // The caller has gone.
      } finally {
        clearTimeout(timer);
      }
      await body.cancel();
    },
  };
  return body;
}

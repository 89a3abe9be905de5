/** A request's body in pieces of 64 kB and more, unzipped where it was zipped, and no further than the cap. */
import { Problem } from "../platform/errors.ts";

export const BODY_BYTES = 104_857_600;
const PIECE = 65_536;

export interface Body {
  /** The next piece, valid until the one after it; null at the end. Rejects where the body was cut off or is no gzip. */
  next(): Promise<Uint8Array | null>;
  /** Lets go of what is unread. */
  cancel(): Promise<void>;
}

/** Problems: 413 by the declared length, 415 for a coding nobody knows, 422 for what is no JSON by its own account. */
export async function openBody(headers: Headers, stream: ReadableStream<Uint8Array> | null): Promise<Body> {
  const refuse = async (problem: Problem): Promise<never> => {
    await stream?.cancel();
    throw problem;
  };
  const type = (headers.get("content-type") ?? "").split(";")[0]!.trim().toLowerCase();
  if (/^multipart\/|csv|^application\/(zip|xml)|^image\//.test(type)) {
    await refuse(
      new Problem(
        422,
        "unknown_format",
        `The body is ${type}. Set the app's export format to JSON (Health Auto Export: Export Format, JSON).`,
      ),
    );
  }
  const coding = (headers.get("content-encoding") ?? "identity").trim().toLowerCase();
  if (coding !== "identity" && coding !== "gzip" && coding !== "x-gzip") {
    await refuse(new Problem(415, "unsupported_encoding", "Send the body as it is, or with Content-Encoding: gzip."));
  }
  if (Number(headers.get("content-length") ?? 0) > BODY_BYTES) await refuse(tooLarge());
  if (!stream) return { next: async () => null, cancel: async () => {} };

  const plain =
    coding === "identity"
      ? stream
      : stream.pipeThrough(new DecompressionStream("gzip") as ReadableWritablePair<Uint8Array, Uint8Array>);
  const reader = plain.getReader({ mode: "byob" });
  let buffer = new ArrayBuffer(4 * PIECE);
  return {
    async next() {
      const { value } = await reader.readAtLeast(PIECE, new Uint8Array(buffer));
      if (value === undefined || value.byteLength === 0) return null;
      buffer = value.buffer as ArrayBuffer;
      return value;
    },
    cancel: async () => {
      // What cannot be cancelled is over already.
      await reader.cancel().catch(() => {});
    },
  };
}

export const tooLarge = (more: Record<string, unknown> = {}): Problem =>
  new Problem(
    413,
    "too_large",
    `A body may have ${BODY_BYTES} bytes, unzipped. Send a shorter period, or batches.`,
    more,
  );

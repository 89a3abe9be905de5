/** A phone's body, unzipped where it was zipped, and no further than the cap. */
import { BODY_BYTES, type Body, readBody } from "../platform/body.ts";
import { Problem } from "../platform/errors.ts";
import { unknownFormat } from "./formats.ts";

/** Problems: 413 by the declared length, 415 for a coding nobody knows, 422 for what is no JSON by its own account. */
export async function openBody(headers: Headers, stream: ReadableStream<Uint8Array> | null): Promise<Body> {
  const refuse = async (problem: Problem): Promise<never> => {
    await readBody(stream).drain();
    throw problem;
  };
  const type = (headers.get("content-type") ?? "").split(";")[0]!.trim().toLowerCase();
  if (/^multipart\/|csv|^application\/(zip|xml)|^image\//.test(type)) {
    await refuse(
      unknownFormat(
        `The body is ${type}. Set the app's export format to JSON (Health Auto Export: Export Format, JSON).`,
      ),
    );
  }
  const coding = (headers.get("content-encoding") ?? "identity").trim().toLowerCase();
  if (coding !== "identity" && coding !== "gzip" && coding !== "x-gzip") {
    await refuse(new Problem(415, "unsupported_encoding", "Send the body as it is, or with Content-Encoding: gzip."));
  }
  if (Number(headers.get("content-length") ?? 0) > BODY_BYTES) await refuse(tooLarge());
  if (!stream || coding === "identity") return readBody(stream);
  const plain = new DecompressionStream("gzip") as ReadableWritablePair<Uint8Array, Uint8Array>;
  return readBody(stream.pipeThrough(plain));
}

export const tooLarge = (): Problem =>
  new Problem(413, "too_large", `A body may have ${BODY_BYTES} bytes, unzipped. Send a shorter period, or batches.`);

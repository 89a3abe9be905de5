/**
 * Production limits that local D1 and workerd do not enforce (developers.cloudflare.com, D1 and Queues limits, 2026).
 * Of bytes and rows every writer stays below these by itself; of queries platform/queries keeps count.
 */
/** A bound value, a row, a string: D1 takes 2,000,000 bytes. */
export const VALUE_BYTES = 1_500_000;
/** Rows of one JSON parameter. */
export const ROWS_PER_STATEMENT = 10_000;
/** D1 queries of one invocation (50 on the Workers Free plan, which is too few); each statement of a batch is taken to count. */
export const QUERIES_PER_INVOCATION = 1_000;
/** After so many nothing more is begun: what one page leads to may take some hundred. */
export const ENOUGH_QUERIES = 600;
/** A post cannot be handed over, so it may go on for longer: what is stored of it at a time takes some dozens. */
export const MOST_POST_QUERIES = 850;
/** Statements of one D1 batch, so that a batch stays well under its 30 s. */
export const STATEMENTS_PER_BATCH = 100;
export const QUEUE_MESSAGE_BYTES = 120_000;
export const QUEUE_SEND_BATCH = 100;
/** Bytes of one `sendBatch`: a queue takes 256 kB. */
export const QUEUE_SEND_BYTES = 240_000;

/** Splits rows so that each piece, as JSON, fits one parameter. Throws RangeError where a single row does not. */
export function pieces<Row>(rows: readonly Row[], bytes = VALUE_BYTES, most = ROWS_PER_STATEMENT): string[] {
  const out: string[] = [];
  let current: string[] = [];
  let size = 2;
  for (const row of rows) {
    const json = JSON.stringify(row);
    const length = utf8Length(json) + 1;
    if (length + 2 > bytes) throw new RangeError(`a row of ${length} bytes exceeds the ${bytes} a value may have`);
    if (current.length === most || size + length > bytes) {
      out.push(`[${current.join(",")}]`);
      current = [];
      size = 2;
    }
    current.push(json);
    size += length;
  }
  if (current.length > 0) out.push(`[${current.join(",")}]`);
  return out;
}

export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}

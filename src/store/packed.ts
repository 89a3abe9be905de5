/**
 * BLOBs of D1. Bound one by one they are slow and read back as number arrays, so bulk goes as hex inside a JSON parameter and comes
 * back by `hex()`. No value may have more than 2,000,000 bytes, a hex text least of all: large ones are bound, and read in pieces.
 */
import { fromHex, toHex } from "../platform/crypto.ts";

/** The longest BLOB kept. Its row has a hundred kilobytes for the rest. */
export const PACKED_BYTES = 1_900_000;
/** Up to this a BLOB travels as hex beside its row's other values. */
const INLINE_BYTES = 600_000;
const PIECE = 700_000;

/** Three columns, of which the first alone holds nearly every BLOB. */
export const packedColumns = (column: string): string =>
  `hex(substr(${column}, 1, ${PIECE})) AS data, hex(substr(${column}, ${PIECE + 1}, ${PIECE})) AS data_2,
   hex(substr(${column}, ${2 * PIECE + 1})) AS data_3`;

export interface Packed {
  data: string;
  data_2: string;
  data_3: string;
}

export const bytesOf = ({ data, data_2, data_3 }: Packed): Uint8Array<ArrayBuffer> => fromHex(data + data_2 + data_3);

/** A row whose BLOB is its value number `at`: in a JSON parameter with others, or alone with the BLOB bound. */
export interface Rows {
  inline: unknown[][];
  alone: { row: unknown[]; blob: Uint8Array }[];
}

export function sortRows(rows: readonly unknown[][], at: number): Rows {
  const sorted: Rows = { inline: [], alone: [] };
  for (const row of rows) {
    const blob = row[at] as Uint8Array;
    if (blob.length <= INLINE_BYTES) sorted.inline.push(row.with(at, toHex(blob)));
    else sorted.alone.push({ row: row.with(at, null), blob });
  }
  return sorted;
}

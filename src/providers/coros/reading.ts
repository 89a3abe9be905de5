/** From values in COROS' JSON to fields of ours: what is no reading is absent, what is not told is left out. */
import type { z } from "zod";
import type { Batch, Kind } from "../../domain/batch.ts";

/** The pointer and reason of the first thing wrong. */
export function wrong(error: z.ZodError, at = ""): { pointer: string; reason: string } {
  const issue = error.issues[0]!;
  return { pointer: at + issue.path.map((key) => `/${String(key)}`).join(""), reason: issue.message };
}

/** `kind`: of what would have been a record or sample of its own; null where one is only the poorer for it. */
export function reject(batch: Batch, kind: Kind | null, pointer: string, reason: string): void {
  batch.rejections.push({ kind, pointer, reason });
}

/** Without what is not told, so that a part writes only what it carries. */
export function told<Fields extends object>(all: { [Name in keyof Fields]: Fields[Name] | undefined }): Fields {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Fields;
}

/** Without what is absent. */
export const present = (all: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null && value !== undefined));

type Told = number | null | undefined;

/** What is told, made into another unit; null and untold stay. */
export const by = (value: Told, convert: (value: number) => number): Told =>
  value === null || value === undefined ? value : convert(value);

/** 0 says that nothing was read. */
export const reading = (value: Told): Told => (value === null || value === undefined || value > 0 ? value : null);

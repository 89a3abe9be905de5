import { describe, expect, it } from "vitest";
import type { ListStream } from "../providers/provider.ts";
import { advance, historyStart, historySweep, liveSweep, START, shareDone, sweepOver } from "./position.ts";

const DAY = 86_400_000;
const NOW = 1_000 * DAY;
const list = (given: Partial<ListStream>): ListStream => ({
  kind: "list",
  title: "",
  scopes: [],
  every_s: 3600,
  overlap_s: 7 * 86_400,
  max_window_s: null,
  history: { depth_s: null },
  request: () => ({ url: "" }),
  read: () => ({ kind: "unreadable", pointer: "", reason: "" }),
  ...given,
});

describe("a poll", () => {
  it("begins so long before the last one ended that late uploads are caught", () => {
    expect(liveSweep(list({}), { ...START, high: NOW - DAY }, NOW, 0)).toMatchObject({ from: NOW - 8 * DAY, to: NOW });
    expect(liveSweep(list({}), START, NOW, 0)).toMatchObject({ from: NOW - 7 * DAY, to: NOW });
  });

  it("looks ahead where records may be dated so", () => {
    const stream = list({ ahead_s: 86_400 });
    expect(liveSweep(stream, { ...START, high: NOW }, NOW, 0)).toMatchObject({ from: NOW - 7 * DAY, to: NOW + DAY });
  });

  it("looks further back now and then", () => {
    const stream = list({ reread: { every_s: 86_400, back_s: 30 * 86_400 } });
    const at = (reread_at: number | null) =>
      liveSweep(stream, { ...START, high: NOW - 3_600_000, reread_at }, NOW, 0).from;
    expect(at(NOW - DAY + 1)).toBe(NOW - 3_600_000 - 7 * DAY);
    expect(at(NOW - DAY)).toBe(NOW - 30 * DAY);
  });

  it("after a long silence goes back to where the last one ended", () => {
    const stream = list({ reread: { every_s: 86_400, back_s: 30 * 86_400 } });
    expect(liveSweep(stream, { ...START, high: NOW - 90 * DAY }, NOW, 0).from).toBe(NOW - 97 * DAY);
  });

  it("asks for nothing that the terms do not allow to be kept", () => {
    expect(liveSweep(list({}), { ...START, high: NOW - DAY }, NOW, NOW - 3 * DAY).from).toBe(NOW - 3 * DAY);
  });

  it("reads the newest window first", () => {
    const stream = list({ max_window_s: 5 * 86_400 });
    const first = liveSweep(stream, { ...START, high: NOW - 5 * DAY }, NOW, 0);
    expect(first.window).toEqual({ from: NOW - 5 * DAY, to: NOW });
    const second = advance(stream, first, { next: null }, null)!;
    expect(second.window).toEqual({ from: NOW - 10 * DAY, to: NOW - 5 * DAY });
    const third = advance(stream, second, { next: null }, null)!;
    expect(third.window).toEqual({ from: NOW - 12 * DAY, to: NOW - 10 * DAY });
    expect(advance(stream, third, { next: null }, null)).toBeNull();
  });
});

describe("a history", () => {
  it("goes as deep as the provider has it, and no deeper than the terms allow", () => {
    expect(historyStart(list({}), NOW, null)).toBeNull();
    expect(historyStart(list({ history: { depth_s: 90 * 86_400 } }), NOW, null)).toBe(NOW - 90 * DAY);
    expect(historyStart(list({ history: { depth_s: 90 * 86_400 } }), NOW, 7)).toBe(NOW - 7 * DAY);
    expect(historyStart(list({}), NOW, 7)).toBe(NOW - 7 * DAY);
  });

  it("without a depth is one window to the beginning where any length may be asked for", () => {
    expect(historySweep(list({}), START, NOW, null)).toEqual(sweepOver(list({}), 0, NOW));
  });

  it("stays within its window while there are pages", () => {
    const sweep = sweepOver(list({}), 0, NOW);
    expect(advance(list({}), sweep, { next: { page: 2 } }, NOW)).toEqual({ ...sweep, cursor: { page: 2 } });
  });

  it("ends where the provider keeps nothing older", () => {
    const stream = list({ max_window_s: 30 * 86_400, history: { depth_s: 365 * 86_400 } });
    const sweep = historySweep(stream, START, NOW, NOW - 365 * DAY)!;
    const clamped = advance(stream, sweep, { next: null, earliest: NOW - 31 * DAY }, NOW)!;
    expect(clamped.window).toEqual({ from: NOW - 31 * DAY, to: NOW - 30 * DAY });
    expect(advance(stream, clamped, { next: null }, NOW)).toBeNull();
  });

  it("ends after so long a stretch without a record", () => {
    const stream = list({ max_window_s: 30 * 86_400, history: { depth_s: null, empty_s: 60 * 86_400 } });
    const first = historySweep(stream, START, NOW, null)!;
    const second = advance(stream, first, { next: null }, NOW - 10 * DAY)!;
    expect(second.window).toEqual({ from: NOW - 60 * DAY, to: NOW - 30 * DAY });
    const third = advance(stream, second, { next: null }, NOW - 10 * DAY)!;
    expect(advance(stream, third, { next: null }, NOW - 10 * DAY)).toBeNull();
  });

  it("that is finished begins again only where a deeper one is allowed", () => {
    const finished = { ...START, finished_from: NOW - 7 * DAY };
    expect(historySweep(list({}), finished, NOW - 6 * DAY, NOW - 7 * DAY)).toBeNull();
    expect(historySweep(list({}), finished, NOW - 6 * DAY, null)).toMatchObject({ from: 0, to: NOW - 7 * DAY });
  });

  it("tells its share by the time it covered, and never the whole before it is", () => {
    expect(shareDone(NOW - 25 * DAY, NOW - 100 * DAY, NOW, null)).toBe(0.25);
    expect(shareDone(NOW - 300 * DAY, null, NOW, NOW - 400 * DAY)).toBe(0.75);
    expect(shareDone(NOW - 500 * DAY, null, NOW, NOW - 400 * DAY)).toBe(0.99);
  });
});

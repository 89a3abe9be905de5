import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { URL } from "node:url";
import { describe, expect, it } from "vitest";
import type { Answer, Page, PushItem } from "../provider.ts";
import { push } from "./push.ts";

// biome-ignore lint/suspicious/noExplicitAny: a fixture is whatever was recorded
const fixture = (name: string): any =>
  JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), "utf8"));
const answer = (body: unknown, status = 200): Answer => ({ status, headers: new Headers(), body });
const NOW = Date.parse("2024-10-11T00:00:00Z");
const items = (event: unknown): PushItem[] => push.read(event, null, { now: NOW, offsetAt: () => 7200 });
const event = (event_type: string, data_type: string) => ({
  event_type,
  data_type,
  object_id: "o1",
  event_time: "2024-10-10T07:21:09+00:00",
  user_id: "u",
});
const fetched = (item: PushItem | undefined) => {
  if (item?.is !== "fetch") throw new Error("not to be fetched");
  return item;
};
const page = (result: Page | { kind: string }): Page => {
  if ("kind" in result) throw new Error(result.kind);
  return result;
};

describe("a webhook", () => {
  const { events, client_secret, vector } = fixture("webhook_events_composed");

  it("is signed over its timestamp and its bytes", () => {
    const { parts, hash, encoding, header, timestamp } = push.verify;
    expect([hash, encoding, header, parts, timestamp.header]).toEqual([
      "SHA-256",
      "hex",
      "x-oura-signature",
      ["timestamp", "body"],
      "x-oura-timestamp",
    ]);
    const sign = (key: string, text: string) => createHmac("sha256", key).update(text).digest("hex").toUpperCase();
    expect(sign(vector.secret, vector.timestamp + vector.body)).toBe(vector.signature);
    for (const { headers, raw_body, expect: outcome } of events) {
      const good = sign(client_secret, headers["x-oura-timestamp"] + raw_body) === headers["x-oura-signature"];
      expect(good).toBe(outcome === "accept");
    }
  });

  it("asks for the document it names, of the person it names", () => {
    const [sleep, score, workout, gone] = events.map(({ raw_body }: { raw_body: string }) => JSON.parse(raw_body));
    for (const one of [sleep, score, workout, gone])
      expect(push.account(one)).toBe("b0cd17fe-5809-5ab6-b338-52a93df7730f");
    expect(fetched(items(sleep)[0]).request).toEqual({
      url: "https://api.ouraring.com/v2/usercollection/sleep/230b6d18-7c0e-516f-803c-11498c1666c0",
      accept: [404],
    });
    expect(fetched(items(score)[0]).request.url).toMatch(/daily_sleep\/faa9ba84-/);
    expect(fetched(items(workout)[0]).request.url).toMatch(/workout\/46f552be-/);
    expect(items(gone)).toEqual([
      {
        is: "data",
        batch: expect.objectContaining({
          deletions: [{ kind: "activity", external_id: "46f552be-151e-5a3c-b431-dc3bb31cfae3" }],
        }),
      },
    ]);
  });

  it("leads to records; what was deleted meanwhile is deleted", () => {
    const [one] = fixture("workout").data;
    const read = fetched(items(event("create", "workout"))[0]).read;
    expect(page(read(answer(one))).batch.activities).toHaveLength(1);
    expect(page(read(answer(fixture("errors")[0].body, 404))).batch.deletions).toEqual([
      { kind: "activity", external_id: "o1" },
    ]);
    expect(read(answer("<html>"))).toMatchObject({ kind: "unreadable" });
    const night = fetched(items(event("update", "sleep"))[0]).read;
    expect(page(night(answer({ ...fixture("sleep_single"), type: "deleted" }))).batch).toMatchObject({
      nights: [],
      deletions: [{ kind: "sleep", external_id: "b4476dc3-49e7-597b-9b37-cb4df089786d" }],
    });
    expect(page(night(answer(fixture("sleep_single")))).batch.days).toHaveLength(2);
  });

  it("spells VO2 max in its own way, and is passed over where nothing is read of its kind", () => {
    expect(fetched(items(event("create", "vo2_max"))[0]).request.url).toMatch(/\/vO2_max\/o1$/);
    for (const kind of ["ring_configuration", "meal", "tag", "unheard_of"])
      expect(items(event("create", kind))).toEqual([]);
    for (const odd of [null, 1, {}, { user_id: 1 }]) {
      expect(push.account(odd)).toBeNull();
      expect(items(odd)).toEqual([]);
    }
    const path = fetched(items({ ...event("create", "workout"), object_id: "../../x" })[0]).request.url;
    expect(path).toMatch(/workout\/\.\.%2F\.\.%2Fx$/);
  });

  it("of days without an instant of theirs is followed as a list", () => {
    const to = Date.parse("2024-10-10T07:21:09Z");
    for (const [type, stream] of [
      ["daily_resilience", "daily_resilience"],
      ["sleep_time", "bedtimes"],
    ]) {
      expect(items(event("update", type!))).toEqual([
        { is: "window", stream, window: { from: to - 31 * 86_400_000, to } },
      ]);
    }
  });

  it("that a night is gone deletes it, and has the mornings read again", () => {
    const to = Date.parse("2024-10-10T07:21:09Z");
    expect(items(event("delete", "sleep"))).toEqual([
      { is: "data", batch: expect.objectContaining({ deletions: [{ kind: "sleep", external_id: "o1" }] }) },
      { is: "window", stream: "sleep", window: { from: to - 31 * 86_400_000, to } },
    ]);
  });

  it("that a day's score is gone takes back what days without one were told", () => {
    const { request, read } = fetched(items(event("delete", "daily_sleep"))[1]);
    expect(request.query).toEqual({ start_date: "2024-09-07", end_date: "2024-10-12" });
    const { days } = page(
      read(answer({ data: [{ day: "2024-10-10", score: 80, contributors: { timing: 5 } }], next_token: null })),
    ).batch;
    const of = (date: string) => days.filter((one) => one.date === date).map(({ metric, value }) => [metric, value]);
    expect(of("2024-10-10")).toEqual([
      ["sleep_score", 80],
      ["x_sleep_timing", 5],
    ]);
    expect(of("2024-10-09")).toEqual([
      ["sleep_score", null],
      ["x_sleep_timing", null],
    ]);
    expect(new Set(days.map(({ date }) => date)).size).toBe(32);
  });

  it("takes nothing back where a document cannot be read: its day is not absent", () => {
    const { read } = fetched(items(event("delete", "daily_readiness"))[1]);
    const { batch } = page(read(answer({ data: [{ day: "2024-10-10", score: "80" }], next_token: null })));
    expect(batch.rejections).toMatchObject([{ kind: "daily", pointer: "/data/0/score" }]);
    expect(batch.days).toEqual([]);
  });

  it("looks back from now where its time is none", () => {
    const window = { from: NOW - 31 * 86_400_000, to: NOW };
    for (const event_time of ["+275760-09-12T23:59:59Z", "5", null]) {
      expect(items({ ...event("update", "sleep_time"), event_time })).toEqual([
        { is: "window", stream: "bedtimes", window },
      ]);
      expect(() => items({ ...event("delete", "daily_sleep"), event_time })).not.toThrow();
    }
  });
});

describe("a subscription", () => {
  const shake = fixture("webhook_handshake_composed");

  it("gives the challenge back to who knows the token", () => {
    const query = Object.fromEntries(new URL(shake.challenge_request.url).searchParams);
    expect(push.handshake(query, "fixture-verification-token")).toEqual(shake.challenge_response);
    expect(push.handshake(query, "another")!.status).toBe(401);
    expect(push.handshake({}, "another")).toBeNull();
  });

  it("is one for each kind of event of each kind of data that is read", () => {
    const { headers: _, ...asked } = shake.subscribe_request;
    const all = push.subscription.create(asked.body.callback_url, asked.body.verification_token);
    expect(all).toContainEqual({
      method: asked.method,
      url: `https://api.ouraring.com${asked.path}`,
      json: asked.body,
      auth: { client_id: "x-client-id", client_secret: "x-client-secret" },
    });
    const kinds = all.map(({ json }) => `${json.data_type} ${json.event_type}`);
    expect(new Set(kinds).size).toBe(42);
    expect(kinds).toContain("vo2_max delete");
  });

  it("ends on an instant that is UTC without saying so", () => {
    const end = Date.parse("2026-08-09T07:15:22.118Z");
    expect(push.subscription.read(answer(shake.subscribe_response.body, 201))).toEqual({
      external_id: "be0ef528-8dad-5d9a-97c9-2621020e9afd",
      secret: null,
      expires_at: end,
    });
    expect(push.subscription.list.read(answer(fixture("webhook_subscriptions_composed")))).toMatchObject([
      { callback_url: "https://connect.example.com/api/webhooks/oura", expires_at: end },
      { external_id: "d6444047-1214-5fd3-b793-fcf9aa5e5be0" },
    ]);
    expect(push.subscription.list.read(answer({ detail: "Unauthorized" }))).toBeNull();
    expect(push.subscription.read(answer({ id: "x", expiration_time: null }))!.expires_at).toBeNull();
    expect(push.subscription.renew("x")).toMatchObject({ method: "PUT", url: expect.stringMatching(/\/renew\/x$/) });
    expect(push.subscription.remove("x").accept).toEqual([403]);
  });
});

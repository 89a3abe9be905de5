import { readFileSync } from "node:fs";
import { URL } from "node:url";
import { describe, expect, it } from "vitest";
import { type Answer, lacking, type Stream } from "../provider.ts";
import { fitbit } from "./index.ts";

// biome-ignore lint/suspicious/noExplicitAny: a fixture is whatever was recorded
const fixture = (name: string): any =>
  JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), "utf8"));
const answer = (body: unknown, status = 200, headers: Record<string, string> = {}): Answer => ({
  status,
  headers: new Headers(headers),
  body,
});
const NOW = Date.parse("2026-09-26T12:00:00Z");
const { push } = fitbit;
const read = (element: unknown) => push.read(element, null, { now: NOW, offsetAt: () => 0 });
const ms = Date.parse;

describe("access", () => {
  const auth = fitbit.auth[0]!;

  it("asks for a consent that outlives the browser, by scopes that a person may leave out", () => {
    expect(auth.authorize_params).toEqual({ access_type: "offline", prompt: "consent" });
    const names = auth.scopes.map(({ name }) => name);
    expect(fixture("google_token_response").scope.split(" ").sort()).toEqual([...names].sort());
    const off = (granted: string[]) =>
      Object.entries(fitbit.streams)
        .filter(([, stream]) => lacking(stream as Stream, granted).length > 0)
        .map(([name]) => name);
    expect(off(names)).toEqual([]);
    expect(off(names.filter((name) => !name.includes(".sleep.")))).toEqual(["nights", "night"]);
    expect(off(names.filter((name) => !name.includes("activity"))).sort()).toEqual([
      "active_energy_burned_total",
      "daily_vo2_max",
      "distance_total",
      "exercise",
      "exercises",
      "floors_total",
      "steps",
      "steps_total",
      "total_calories_total",
    ]);
  });

  it("keeps the refresh token that no refresh brings again", () => {
    expect(fixture("google_refresh_response_composed")).not.toHaveProperty("refresh_token");
    expect(auth.refresh).toBe("reusable");
  });

  it("gives the refresh token back, which ends all", () => {
    expect(auth.revoke({ access_token: "a", refresh_token: "r" })).toEqual([
      {
        method: "POST",
        url: "https://oauth2.googleapis.com/revoke",
        form: { token: "r" },
        auth: "none",
        accept: [400],
      },
    ]);
    expect(auth.revoke({ access_token: "a", refresh_token: null })[0]!.form).toEqual({ token: "a" });
  });

  it("knows the account by the id that notices carry", () => {
    expect(fitbit.identify.read(answer(fixture("google_identity")))).toEqual({
      provider_user_id: "1000000000000000001",
      display_name: null,
      avatar_url: null,
    });
    expect(fitbit.identify.read(answer({}))).toBeNull();
  });
});

describe("a refusal", () => {
  const errors: { from: string; status: number; body: unknown }[] = fixture("google_errors");
  const of = (from: string) => {
    const { body, status } = errors.find((one) => one.from.includes(from))!;
    return fitbit.read_fault(answer(body, status), NOW);
  };

  it("is read by its reason", () => {
    expect(of("scope not granted")).toEqual({ kind: "scope_missing", scope: null });
    expect(of("without Google Health")).toMatchObject({ kind: "needs_person" });
    expect(of("quota")).toEqual({ kind: "rate_limited", of: "user", until: NOW + 5000, guessed: true });
    for (const usual of ["bad bearer", "start-based filter", "bad refresh token", "7-day"])
      expect(of(usual)).toBeUndefined();
  });

  it("that blames the permission of all things ends nothing before a day has gone by", () => {
    const body = { error: { code: 403, message: "RESOURCE_PERMISSION_DENIED", status: "PERMISSION_DENIED" } };
    expect(fitbit.read_fault(answer(body, 403), NOW)).toEqual({ kind: "forbidden", ends_after_s: 86_400 });
    const reason = {
      error: { message: "no", status: "PERMISSION_DENIED", details: [{}, { reason: "RESOURCE_PERMISSION_DENIED" }] },
    };
    expect(fitbit.read_fault(answer(reason, 403), NOW)).toEqual({ kind: "forbidden", ends_after_s: 86_400 });
    // Ours to mend: the API is not enabled.
    const disabled = {
      error: { message: "no", status: "PERMISSION_DENIED", details: [{ reason: "SERVICE_DISABLED" }] },
    };
    expect(fitbit.read_fault(answer(disabled, 403), NOW)).toBeUndefined();
    for (const page of ["<html>", null, [], { error: "x" }])
      expect(fitbit.read_fault(answer(page, 403), NOW)).toBeUndefined();
  });

  it("that names a time is waited out as told", () => {
    expect(fitbit.read_fault(answer({}, 429, { "retry-after": "7" }), NOW)).toBeUndefined();
  });

  it("is no answer that may be read", () => {
    expect(fitbit.read_fault(answer({ error: {} }, 200), NOW)).toBeUndefined();
  });
});

describe("a notice", () => {
  it("is signed, under either name of the header, and answered with nothing", () => {
    expect(push.verify).toMatchObject({
      by: "ecdsa_p256",
      headers: ["google-health-api-signature", "x-healthapi-signature"],
    });
    expect(push.answer).toEqual({ status: 204, body: null });
    const { headers, raw_body } = fixture("google_webhook_signature_vector_composed");
    expect(push.verify.headers).toContain(Object.keys(headers)[1]!.toLowerCase());
    expect(push.account(JSON.parse(raw_body))).toBe("1000000000000000001");
  });

  it("that only verifies is welcome with our secret alone", () => {
    const greet = (authorized: boolean) =>
      push.greeting(fixture("google_webhook_verification"), new Headers(), authorized)?.status;
    expect([greet(true), greet(false)]).toEqual([201, 401]);
    expect(push.greeting(fixture("google_webhook_upsert_steps"), new Headers(), true)).toBeNull();
    expect(push.greeting([], new Headers(), true)).toBeNull();
  });

  it("asks for the stretch it names, of all that is made of its type", () => {
    const notice = fixture("google_webhook_upsert_steps");
    const window = { from: ms("2026-03-08T01:28:59Z"), to: ms("2026-03-08T01:34:01Z") };
    expect(push.account(notice)).toBe("1000000000000000001");
    expect(read(notice)).toEqual([
      { is: "window", stream: "steps_total", window },
      { is: "window", stream: "steps", window },
    ]);
  });

  it("may come in an array, with civil times alone, and tell of what is gone", () => {
    const [steps, gone] = fixture("google_webhook_batch");
    expect(read(steps)[0]).toEqual({
      is: "window",
      stream: "steps_total",
      window: { from: ms("2026-09-16T07:51:48.386Z"), to: ms("2026-09-16T07:54:28.486Z") },
    });
    // 22:00 to 06:00 anywhere on earth, and as far as nights reach.
    expect(read(gone)).toEqual([
      { is: "window", stream: "nights", window: { from: ms("2026-08-12T07:00:00Z"), to: ms("2026-08-15T07:00:00Z") } },
    ]);
    gone.data.recordId = "8808518358174752004";
    expect(read(gone)[0]).toEqual({ is: "want", kind: "night", external_id: "8808518358174752004" });
    gone.data.operation = "UPDATE";
    expect(read(gone).map((item) => item.is)).toEqual(["window"]);
  });

  it("with civil date-times or without any interval is followed all the same", () => {
    const notice = structuredClone(fixture("google_webhook_upsert_steps"));
    const [interval] = notice.data.intervals;
    notice.data.dataType = "daily-resting-heart-rate";
    notice.data.intervals = [{ civilDateTimeInterval: interval.civilDateTimeInterval }];
    expect(read(notice)).toEqual([
      {
        is: "window",
        stream: "daily_resting_heart_rate",
        window: { from: ms("2026-03-07T03:28:59Z"), to: ms("2026-03-08T05:34:01Z") },
      },
    ]);
    for (const intervals of [undefined, null, [], [null], [{}], "x"]) {
      notice.data.intervals = intervals;
      expect(read(notice)).toMatchObject([{ window: { from: NOW - 2 * 86_400_000 - 1000, to: NOW + 1000 } }]);
    }
  });

  it("of a type that is not read, or of no shape, asks for nothing", () => {
    const { data } = fixture("google_webhook_upsert_steps");
    expect(read({ data: { ...data, dataType: "hydration-log" } })).toEqual([]);
    expect(read({ data: { ...data, dataType: "constructor" } })).toEqual([]);
    const gone = { ...data, operation: "DELETE", recordId: "users/1/dataTypes/constructor/dataPoints/1" };
    expect(read({ data: { ...gone, dataType: "constructor" } })).toEqual([]);
    for (const nobodys of [null, 7, "x", {}, { data: {} }, { data: { ...data, healthUserId: null } }]) {
      expect(read(nobodys)).toEqual([]);
      expect(push.account(nobodys)).toBeNull();
    }
  });

  it("is registered by hand, for types that we read", () => {
    const [{ dataTypes }] = fixture("google_subscriber_create_composed").request.body.subscriberConfigs;
    const { data } = fixture("google_webhook_upsert_steps");
    for (const dataType of dataTypes) expect(read({ data: { ...data, dataType } })).not.toEqual([]);
    expect(push.subscription).toEqual({ per: "by_hand" });
  });
});

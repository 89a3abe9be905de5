import { readFileSync } from "node:fs";
import { URL } from "node:url";
import { describe, expect, it } from "vitest";
import { garmin } from "../garmin/index.ts";
import type { Answer, ListStream, Page, PushItem, Stream } from "../provider.ts";
import { lacking } from "../provider.ts";

// biome-ignore lint/suspicious/noExplicitAny: a fixture is whatever was recorded
const fixture = (name: string): any =>
  JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), "utf8"));
const hints = { now: Date.parse("2026-11-24T09:00:00Z"), offsetAt: () => 0 };
const { push } = garmin;
const read = (element: unknown, key: string | null): PushItem[] => push.read(element, key, hints);
const answer = (body: unknown, status = 200): Answer => ({ status, headers: new Headers(), body });
const account = { provider_user_id: "4aacafe82427c251df9c9592d0c06768", public_id: "usr_a", learned: {} };
const errors: { request: string; status: number; body: { errorMessage: string } }[] = fixture("errors");
const refusal = (words: string) => {
  const found = errors.find(({ request }) => request.includes(words))!;
  return answer(found.body, found.status);
};

describe("a delivery", () => {
  it("vouches by its path, and by our client id where it names one", () => {
    expect(push.verify).toEqual({ by: "path", header: { name: "garmin-client-id", is: "client_id" } });
    expect(Object.keys(fixture("ping_headers_composed"))).toContain("garmin-client-id");
    expect(push.elements).toBe("arrays");
  });

  it("is of the account that each item names; an empty item is nobody's", () => {
    const [{ userId }] = fixture("push_hrv").hrv;
    expect(push.account({ userId }, "hrv")).toBe("4aacafe82427c251df9c9592d0c06768");
    for (const nobodys of [{}, { userId: "" }, { userId: 7 }, null, "u", []])
      expect(push.account(nobodys, "hrv")).toBeNull();
  });

  it("of a kind that is not read asks for nothing", () => {
    for (const key of ["mct", "somethingNew", "constructor", null]) expect(read({ userId: "u" }, key)).toEqual([]);
  });

  it("says goodbye, which a call must confirm", () => {
    expect(read(fixture("deregistrations").deregistrations[0], "deregistrations")).toEqual([{ is: "goodbye" }]);
    expect(push.confirm!(account)).toEqual({ url: "https://apis.garmin.com/wellness-api/rest/user/id" });
  });

  it("tells of permissions as a list, or as a map of names", () => {
    const [change] = fixture("user_permissions_change").userPermissionsChange;
    const granted = ["ACTIVITY_EXPORT", "WORKOUT_IMPORT", "HEALTH_EXPORT", "COURSE_IMPORT", "MCT_EXPORT"];
    expect(read(change, "userPermissionsChange")).toEqual([{ is: "permissions", granted }]);
    const map = { ACTIVITY_EXPORT: true, HEALTH_EXPORT: false };
    expect(read({ userId: "u", permissions: map }, "userPermissionsChange")).toEqual([
      { is: "permissions", granted: ["ACTIVITY_EXPORT"] },
    ]);
    expect(read({ userId: "u" }, "userPermissionsChange")).toEqual([{ is: "permissions", granted: null }]);
  });
});

describe("a ping", () => {
  const [ping] = fixture("ping_epochs").epochs;

  it("is fetched from the address as given, which answers what a push would have brought", () => {
    const [item] = read(ping, "epochs") as Extract<PushItem, { is: "fetch" }>[];
    expect(item).toMatchObject({ is: "fetch", request: { url: ping.callbackURL } });
    const page = item!.read(answer(fixture("push_epochs").epochs)) as Page;
    expect(page.next).toBeNull();
    expect(page.batch.samples.find(({ metric }) => metric === "steps")).toMatchObject({ value: [93] });
    expect(item!.read(answer([]))).toMatchObject({ batch: { elements: [] } });
    expect(item!.read(answer([{ startTimeInSeconds: "x" }]))).toMatchObject({
      batch: { rejections: [{ kind: "series", pointer: "/0/startTimeInSeconds" }] },
    });
    for (const wrong of [null, {}, "<html>"]) expect(item!.read(answer(wrong))).toMatchObject({ kind: "unreadable" });
  });

  it("of another address than Garmin's own is followed nowhere", () => {
    const foreign = [
      "https://apis.garmin.com.evil.example/wellness-api/rest/epochs?token=t",
      "https://evil.example/wellness-api/rest/epochs",
      "http://apis.garmin.com/wellness-api/rest/epochs",
      "https://user:word@apis.garmin.com/wellness-api/rest/epochs",
      "https://apis.garmin.com@evil.example/",
      "https://apis.garmin.com:8443/wellness-api/rest/epochs",
      "https://connectapi.garmin.com/wellness-api/rest/epochs",
      "//apis.garmin.com/",
      "",
      "nonsense",
    ];
    for (const callbackURL of foreign) {
      for (const [element, key] of [
        [{ ...ping, callbackURL }, "epochs"],
        [{ ...fixture("ping_activity_files").activityFiles[0], callbackURL }, "activityFiles"],
      ] as const) {
        expect(read(element, key)).toMatchObject([
          { is: "data", batch: { rejections: [{ pointer: "/callbackURL" }] } },
        ]);
      }
    }
  });
});

describe("who it is and what is allowed", () => {
  const endpoints = fixture("user_endpoints");

  it("is asked for, since no token tells it", () => {
    const { userId } = endpoints["GET /wellness-api/rest/user/id"];
    expect(garmin.identify.read(answer({ userId }))).toEqual({
      provider_user_id: userId,
      display_name: null,
      avatar_url: null,
    });
    expect(garmin.identify.read(answer({}))).toBeNull();
  });

  it("comes as a bare list or within an object", () => {
    const permissions = push.permissions!;
    expect(permissions.request(account)).toEqual({ url: "https://apis.garmin.com/wellness-api/rest/user/permissions" });
    expect(permissions.read(answer(endpoints["GET /wellness-api/rest/user/permissions"]))).toContain("HEALTH_EXPORT");
    const wrapped = endpoints["GET /wellness-api/rest/user/permissions (shape read by one client)"];
    expect(permissions.read(answer(wrapped))).toEqual(["ACTIVITY_EXPORT", "HEALTH_EXPORT", "HISTORICAL_DATA_EXPORT"]);
    expect(permissions.read(answer("<html>"))).toBeNull();
  });

  it("decides what history is asked for", () => {
    expect(lacking(garmin.streams.sleeps, ["ACTIVITY_EXPORT", "HEALTH_EXPORT"])).toEqual(["HISTORICAL_DATA_EXPORT"]);
    expect(lacking(garmin.streams.activities, ["ACTIVITY_EXPORT", "HISTORICAL_DATA_EXPORT"])).toEqual([]);
  });

  it("ends at Garmin too when the person disconnects", () => {
    for (const entry of garmin.auth) {
      const requests = entry.type === "oauth2" ? entry.revoke() : entry.revoke();
      if (entry.type === "api_key") expect(requests).toEqual([]);
      else
        expect(requests).toMatchObject([
          { method: "DELETE", url: "https://apis.garmin.com/wellness-api/rest/user/registration" },
        ]);
    }
  });
});

describe("history", () => {
  const DAY = 86_400_000;
  const to = Date.parse("2026-11-24T09:00:00.400Z");
  const stream: ListStream = garmin.streams.activities;
  const at = (cursor: { from: number; tries: number } | null = null) => ({
    window: { from: to - 30 * DAY, to },
    cursor: cursor as never,
    account,
    offsetAt: () => 0,
  });

  it("is asked for in whole seconds, a month deep, at most 30 days of activities and 90 of health at once", () => {
    expect(stream.request(at())).toEqual({
      url: "https://apis.garmin.com/wellness-api/rest/backfill/activities",
      query: { summaryStartTimeInSeconds: "1792918800", summaryEndTimeInSeconds: "1795510800" },
      accept: [400, 403, 409],
      as: "text",
    });
    expect(stream).toMatchObject({ every_s: null, max_window_s: 30 * 86_400, history: { depth_s: 31 * 86_400 } });
    expect(garmin.streams.sleeps.max_window_s).toBe(90 * 86_400);
  });

  it("has a stream for each type that Garmin can be asked for, under the name of its path", () => {
    const paths = Object.values<Stream>(garmin.streams).flatMap((one) =>
      one.kind === "list" && one.every_s === null ? (one.request(at()).url.split("/backfill/")[1] ?? "") : [],
    );
    expect(paths.sort()).toEqual(
      "activities activityDetails bloodPressures bodyComps dailies epochs healthSnapshot hrv moveiq pulseOx respiration skinTemp sleeps stressDetails userMetrics".split(
        " ",
      ),
    );
  });

  it("is on its way when it was accepted, now or before", () => {
    for (const status of [202, 200, 409]) {
      const page = stream.read(status === 409 ? refusal("asked twice") : answer("", status), at());
      expect(page).toMatchObject({ batch: { elements: [] }, next: null });
      expect(page).not.toHaveProperty("earliest");
    }
  });

  it("is asked for again from the earliest instant that Garmin allows", () => {
    const earliest = Date.parse("2026-10-24T09:00:00.123Z");
    const from = Date.parse("2026-10-24T09:00:01Z") / 1000;
    const wide = { ...at(), window: { from: to - 31 * DAY, to } };
    expect(stream.read(refusal("earlier than allowed"), wide)).toMatchObject({ next: { from, tries: 1 }, earliest });
    expect(stream.request({ ...wide, cursor: { from, tries: 1 } as never }).query!.summaryStartTimeInSeconds).toBe(
      String(from),
    );
    // It will not be asked for ever, nor for a stretch that is all too early.
    expect(stream.read(refusal("earlier than allowed"), at({ from, tries: 3 }))).toMatchObject({
      next: null,
      earliest,
    });
    const early = { ...at(), window: { from: earliest - DAY, to: earliest } };
    expect(stream.read(refusal("earlier than allowed"), early)).toMatchObject({ next: null, earliest });
  });

  it("is not asked for without the person's permission", () => {
    expect(stream.read(answer("", 403), at())).toEqual({ kind: "scope_missing", scope: "HISTORICAL_DATA_EXPORT" });
    expect(stream.read(refusal("consent removed"), at())).toEqual({ kind: "ended" });
  });

  it("that the operator has not enabled waits, and other refusals are told", () => {
    expect(stream.read(refusal("not enabled"), at())).toEqual({ kind: "forbidden" });
    expect(stream.read(refusal("no time range"), at())).toMatchObject({ kind: "unreadable" });
    expect(stream.read(answer("<html>", 400), at())).toMatchObject({ kind: "unreadable" });
  });
});

describe("refusals", () => {
  const fault = (words: string) => garmin.read_fault(refusal(words));

  it("stop one type where the person switched it off", () => {
    expect(garmin.read_fault(answer({ errorMessage: "no" }, 412))).toEqual({ kind: "scope_missing", scope: null });
    expect(fault("this data type off")).toEqual({ kind: "scope_missing", scope: null });
  });

  it("end the connection where Garmin no longer knows the person", () => {
    expect(fault("consent removed")).toEqual({ kind: "ended" });
    expect(garmin.read_fault(answer("", 403))).toBeUndefined();
  });

  it("of pulls wait, and of any other kind are left to their status", () => {
    expect(fault("without a pull token")).toEqual({ kind: "forbidden" });
    for (const words of ["rate limit", "second time", "window over 24 h", "1452777797000"])
      expect(fault(words)).toBeUndefined();
    expect(garmin.read_fault(answer([]))).toBeUndefined();
  });
});

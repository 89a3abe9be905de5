import { describe, expect, it } from "vitest";
import type { Context } from "../platform/context.ts";
import { toHex } from "../platform/crypto.ts";
import type { Provider, Push, Verify } from "../providers/provider.ts";
import { rawSignature } from "./ecdsa.ts";
import { hmacOf, verified } from "./verify.ts";

const provider = { id: "invented" } as Provider;
const bytes = (text: string) => new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;

function contextAt(now: number, vars: Record<string, string> = {}, fetch?: (url: string) => unknown): Context {
  return {
    env: { SESSION_SECRET: ["a-secret-of-more-than-thirty-two-characters"], ...vars },
    now: () => now,
    log: () => {},
    fetch: async (request: Request) => Response.json(fetch?.(request.url)),
  } as unknown as Context;
}
const verdict = async (context: Context, verify: Verify, headers: Record<string, string>, body: string) =>
  (await verified(context, provider, { verify } as Push, new Headers(headers), bytes(body))).verdict;

describe("HMAC", () => {
  it("gives the digests that others give", async () => {
    const scheme = { hash: "SHA-256", parts: ["body"] } as const;
    const github = await hmacOf(
      { ...scheme, parts: [...scheme.parts] },
      "It's a Secret to Everybody",
      null,
      bytes("Hello, World!"),
    );
    expect(toHex(github)).toBe("757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17");
    const polar =
      '{"event":"EXERCISE","user_id":10000475,"entity_id":"aQlC83","timestamp":"2018-05-15T14:22:24Z","url":"https://www.polaraccesslink.com/v3/exercises/aQlC83"}';
    expect(
      toHex(
        await hmacOf({ hash: "SHA-256", parts: ["body"] }, "00000000-0000-4000-8000-0000000000ff", null, bytes(polar)),
      ),
    ).toBe("680d9199ade8e78b589726cb2391d441b941509d429e14bbb10df97e9a2fbf55");
    // An opaque timestamp stands for itself.
    const oura = await hmacOf(
      { hash: "SHA-256", parts: ["timestamp", "body"] },
      "test-secret",
      "test-timestamp",
      bytes("test-bytes"),
    );
    expect(toHex(oura)).toBe("1fa9466b814527e16cc069db6ca11ccc0592dc388137c458cea4d3e329a89647");
  });

  const oura: Verify = {
    by: "hmac",
    hash: "SHA-256",
    header: "x-oura-signature",
    encoding: "hex",
    parts: ["timestamp", "body"],
    timestamp: { header: "x-oura-timestamp", unit: "any", tolerance_s: 7200 },
    key: "client_secret",
  };
  const vars = { INVENTED_CLIENT_ID: "client", INVENTED_CLIENT_SECRET: "oura-fixture-client-secret" };
  const event =
    '{"event_type":"create","data_type":"sleep","object_id":"230b6d18-7c0e-516f-803c-11498c1666c0","event_time":"2024-10-10T07:21:09+00:00","user_id":"b0cd17fe-5809-5ab6-b338-52a93df7730f"}';
  const headers = {
    "x-oura-timestamp": "1728544899",
    "x-oura-signature": "FE5A89E055108A7FBAA5F391A969DC04E50C3D569B4763E6BA22C08EA311E0D8",
  };
  const at = 1_728_544_899_000;

  it("takes hex of either case, within the tolerance, from whoever has the key", async () => {
    expect(await verdict(contextAt(at, vars), oura, headers, event)).toBe("good");
    expect(await verdict(contextAt(at + 7_200_000, vars), oura, headers, event)).toBe("good");
    expect(await verdict(contextAt(at + 7_201_000, vars), oura, headers, event)).toBe("bad");
    expect(await verdict(contextAt(at - 7_201_000, vars), oura, headers, event)).toBe("bad");
    const lower = { ...headers, "x-oura-signature": headers["x-oura-signature"].toLowerCase() };
    expect(await verdict(contextAt(at, vars), oura, lower, event)).toBe("good");
  });

  it.each([
    ["another body", headers, `${event} `],
    ["another time", { ...headers, "x-oura-timestamp": "1728544900" }, event],
    ["no time", { "x-oura-signature": headers["x-oura-signature"] }, event],
    ["no signature", { "x-oura-timestamp": "1728544899" }, event],
    ["an empty signature", { ...headers, "x-oura-signature": "" }, event],
    ["half a signature", { ...headers, "x-oura-signature": "FE5A89E0" }, event],
    ["no hex", { ...headers, "x-oura-signature": "zz" }, event],
  ])("refuses %s", async (_, given, body) => {
    expect(await verdict(contextAt(at, vars), oura, given as Record<string, string>, body)).toBe("bad");
  });

  it("refuses all where there is no key, and reads base64 and milliseconds", async () => {
    expect(await verdict(contextAt(at), oura, headers, event)).toBe("bad");
    const whoop: Verify = {
      ...oura,
      header: "X-WHOOP-Signature",
      encoding: "base64",
      timestamp: { header: "X-WHOOP-Signature-Timestamp", unit: "ms", tolerance_s: 300 },
    };
    const body =
      '{"user_id":10129,"id":"7c1ba13d-b672-585d-9ff2-c765190f2514","type":"sleep.updated","trace_id":"13c476d0-3cbf-58f0-9950-1a12cc4adc5d"}';
    const signed = {
      "X-WHOOP-Signature": "Ow5fut+QvvakzdCJo/o1g7LJ/x7ctzY3uyMRK2/81OI=",
      "X-WHOOP-Signature-Timestamp": "1779706690123",
    };
    const own = { ...vars, INVENTED_CLIENT_SECRET: "whoop-fixture-client-secret" };
    expect(await verdict(contextAt(1_779_706_690_000, own), whoop, signed, body)).toBe("good");
    expect(
      await verdict(contextAt(1_779_706_690_000, own), whoop, { ...signed, "X-WHOOP-Signature": "%%%" }, body),
    ).toBe("bad");
  });

  it("takes RFC 3339 for a time of any unit", async () => {
    const stamp = "2024-10-10T07:21:39Z"; // 1728544899
    const digest = await hmacOf(
      oura as Extract<Verify, { by: "hmac" }>,
      vars.INVENTED_CLIENT_SECRET,
      stamp,
      bytes(event),
    );
    const given = { "x-oura-timestamp": stamp, "x-oura-signature": toHex(digest) };
    expect(await verdict(contextAt(at, vars), oura, given, event)).toBe("good");
    expect(await verdict(contextAt(at + 7_201_000, vars), oura, given, event)).toBe("bad");
  });

  it("knows two keys while they rotate, and leaves it to the path where a scheme is optional and none is known", async () => {
    const scheme: Verify = {
      by: "hmac",
      hash: "SHA-256",
      header: "x-signature",
      member: "v1",
      encoding: "hex",
      parts: ["timestamp", "'.'", "body"],
      timestamp: { header: "x-signature", member: "t", unit: "s", tolerance_s: 300 },
      key: "webhook_secret",
      optional: true,
    };
    const digest = toHex(await hmacOf({ hash: "SHA-256", parts: ["body"] }, "old", null, bytes("1728544899.{}")));
    const given = { "x-signature": `t=1728544899, v1=${digest}` };
    expect(await verdict(contextAt(at, { INVENTED_WEBHOOK_SECRET: "new,old" }), scheme, given, "{}")).toBe("good");
    expect(await verdict(contextAt(at, { INVENTED_WEBHOOK_SECRET: "new" }), scheme, given, "{}")).toBe("bad");
    expect(await verdict(contextAt(at, { INVENTED_WEBHOOK_SECRET: "new" }), scheme, {}, "{}")).toBe("bad");
    expect(await verdict(contextAt(at), scheme, {}, "{}")).toBe("unsigned");
  });
});

describe("our own credentials in headers", () => {
  const verify: Verify = { by: "headers", client_id: "client", client_secret: "secret" };
  const vars = { INVENTED_CLIENT_ID: "test-client-id", INVENTED_CLIENT_SECRET: "test-client-secret" };
  it("must both be right", async () => {
    const right = { Client: "test-client-id", Secret: "test-client-secret" };
    expect(await verdict(contextAt(0, vars), verify, right, "")).toBe("good");
    expect(await verdict(contextAt(0, vars), verify, { ...right, Secret: "x" }, "")).toBe("bad");
    expect(await verdict(contextAt(0, vars), verify, { Client: "test-client-id" }, "")).toBe("bad");
    expect(await verdict(contextAt(0), verify, { Client: "", Secret: "" }, "")).toBe("bad");
  });
});

describe("ECDSA", () => {
  const keyset = {
    primaryKeyId: 1234567890,
    key: [
      {
        keyData: {
          typeUrl: "type.googleapis.com/google.crypto.tink.EcdsaPublicKey",
          value:
            "EgYIAxACGAIaIQBEqa9vLrv8mu/hFrPBcED19bffwBXe3HKZZ2LTv6l6LCIhABFAcoYNZwQaUKemeUsWCbKk2Hav2O50tROkmXxZMxEz",
          keyMaterialType: "ASYMMETRIC_PUBLIC",
        },
        status: "ENABLED",
        keyId: 1234567890,
        outputPrefixType: "TINK",
      },
    ],
  };
  const signature =
    "AUmWAtIwRQIhAJgRBYNZ3UPR/i3hc7U1n66opAhyJvqkl14m69XC5H/uAiAZZmoBRemFXACLBwpmDPXzuAzV+Pms7Juiot04nmAm9Q==";
  const body =
    '{"data":{"version":"1","clientProvidedSubscriptionName":"2b1f6e9e-6f0e-4c8e-9b7e-000000000001","healthUserId":"1000000000000000001","operation":"UPSERT","dataType":"steps","intervals":[{"physicalTimeInterval":{"startTime":"2026-03-08T01:29:00Z","endTime":"2026-03-08T01:34:00Z"},"civilDateTimeInterval":{"startDateTime":{"date":{"year":2026,"month":3,"day":7},"time":{"hours":17,"minutes":29}},"endDateTime":{"date":{"year":2026,"month":3,"day":7},"time":{"hours":17,"minutes":34}}},"civilIso8601TimeInterval":{"startTime":"2026-03-07T17:29:00","endTime":"2026-03-07T17:34:00"}}]}}';
  let asked: string[] = [];
  /** Each test has an address of its own: keys are kept by address. */
  function keysAt(name: string, answer: () => unknown = () => keyset) {
    asked = [];
    const verify: Verify = {
      by: "ecdsa_p256",
      headers: ["GOOGLE-HEALTH-API-SIGNATURE", "X-HEALTHAPI-SIGNATURE"],
      keys: `https://www.gstatic.com/${name}.json`,
      authorization: "webhook_secret",
    };
    const at = (now: number) =>
      contextAt(now, { INVENTED_WEBHOOK_SECRET: "test-webhook-secret" }, (url) => {
        asked.push(url);
        return answer();
      });
    return { verify, at };
  }
  const headers = { Authorization: "Bearer test-webhook-secret", "GOOGLE-HEALTH-API-SIGNATURE": signature };

  it("checks Google's signature by keys that are fetched once", async () => {
    const { verify, at } = keysAt("once");
    expect(await verdict(at(0), verify, headers, body)).toBe("good");
    expect(await verdict(at(1000), verify, { ...headers, Authorization: "test-webhook-secret" }, body)).toBe("good");
    expect(await verdict(at(2000), verify, { "x-healthapi-signature": signature }, body)).toBe("good");
    expect(asked).toEqual(["https://www.gstatic.com/once.json"]);
  });

  it.each([
    ["another body", headers, `${body}\n`],
    ["a wrong Authorization", { ...headers, Authorization: "Bearer other" }, body],
    ["no signature", { Authorization: headers.Authorization }, body],
    ["no base64", { ...headers, "GOOGLE-HEALTH-API-SIGNATURE": "%%%" }, body],
    ["a cut signature", { ...headers, "GOOGLE-HEALTH-API-SIGNATURE": signature.slice(0, 40) }, body],
    ["another version", { ...headers, "GOOGLE-HEALTH-API-SIGNATURE": `AkmW${signature.slice(4)}` }, body],
  ])("refuses %s", async (name, given, text) => {
    const { verify, at } = keysAt(name.replaceAll(" ", "_"));
    expect(await verdict(at(0), verify, given as Record<string, string>, text)).toBe("bad");
  });

  it("asks to be sent again where the key is not known, and looks for it once a minute", async () => {
    let known = false;
    const { verify, at } = keysAt("rotated", () => (known ? keyset : { key: [] }));
    expect(await verdict(at(0), verify, headers, body)).toBe("unknown");
    known = true;
    expect(await verdict(at(59_000), verify, headers, body)).toBe("unknown");
    expect(asked).toHaveLength(1);
    expect(await verdict(at(61_000), verify, headers, body)).toBe("good");
    expect(asked).toHaveLength(2);
  });

  it("takes only a whole DER sequence of two numbers that fit", () => {
    const one = [0x02, 0x01, 0x01];
    expect(rawSignature(Uint8Array.from([0x30, 6, ...one, ...one]))).toHaveLength(64);
    expect(rawSignature(Uint8Array.from([0x30, 7, ...one, ...one, 0]))).toBe(null);
    expect(rawSignature(Uint8Array.from([0x30, 6, ...one, 0x02, 0x01]))).toBe(null);
    expect(rawSignature(Uint8Array.from([0x30, 6, 0x02, 0x01, 0x00, ...one]))).toBe(null);
    expect(rawSignature(Uint8Array.from([]))).toBe(null);
  });
});

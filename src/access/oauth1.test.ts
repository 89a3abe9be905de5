import { createHmac } from "node:crypto";
import fc from "fast-check";
import OAuth from "oauth-1.0a";
import { describe, expect, it } from "vitest";
import type { Context } from "../platform/context.ts";
import type { Env } from "../platform/env.ts";
import type { OAuth1, Provider } from "../providers/provider.ts";
import {
  accessToken,
  authorization,
  baseString,
  baseUri,
  confirmationUrl,
  encode,
  type Parameter,
  type Parties,
  readCallback,
  requestToken,
  signature,
} from "./oauth1.ts";

/** Signs with the parameters of a vector, which has its own nonce and time. */
const sign = (method: string, url: string, parameters: Parameter[], secrets: [client: string, token: string]) =>
  signature(baseString(method, new URL(url), parameters), ...secrets);
const hmacSha1 = (key: string, timestamp: number, nonce: string): Parameter[] => [
  ["oauth_consumer_key", key],
  ["oauth_signature_method", "HMAC-SHA1"],
  ["oauth_timestamp", String(timestamp)],
  ["oauth_nonce", nonce],
];

describe("percent-encoding", () => {
  it.each([
    ["abcXYZ019-._~", "abcXYZ019-._~"],
    ["!*'()", "%21%2A%27%28%29"],
    ["a b+c%&=/", "a%20b%2Bc%25%26%3D%2F"],
    ["ü☃😀", "%C3%BC%E2%98%83%F0%9F%98%80"],
    ["\0\x7f", "%00%7F"],
    ["\ud800", "%EF%BF%BD"], // half a character: as an address or a form would carry it
  ])("of %j is %s", (text, encoded) => expect(encode(text)).toBe(encoded));
});

describe("the base string", () => {
  it.each([
    ["http://EXAMPLE.COM:80/r%20v/X?id=123", "http://example.com/r%20v/X"],
    ["https://www.example.net:8080/?q=1", "https://www.example.net:8080/"],
    ["https://www.example.net:443", "https://www.example.net/"],
    ["http://example.com:443/a", "http://example.com:443/a"],
  ])("has of %s the address %s", (url, uri) => expect(baseUri(new URL(url))).toBe(uri));

  it("is that of RFC 5849 §3.4.1, whose names repeat, lack values and are sorted by their encoded form", () => {
    const url = "http://example.com/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b";
    const form = new URLSearchParams("c2&a3=2+q");
    const oauth: Parameter[] = [
      ["oauth_token", "kkk9d7dh3k39sjv7"],
      ...hmacSha1("9djdj82h48djs9d2", 137131201, "7d8f3e4a"),
    ];
    expect(baseString("post", new URL(url), [...form, ...oauth])).toBe(
      "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7",
    );
  });
});

describe("the signature", () => {
  const printer = "dpf43f3p2l4k3l03";
  const secret = "kd94hf93k423kf44";

  it("is that of RFC 5849 §1.2, for temporary credentials", async () => {
    const parameters: Parameter[] = [
      ...hmacSha1(printer, 137131200, "wIjqoS"),
      ["oauth_callback", "http://printer.example.com/ready"],
    ];
    expect(await sign("POST", "https://photos.example.net/initiate", parameters, [secret, ""])).toBe(
      "74KNZJeDHnMBp0EMJ9ZHt/XKycU=",
    );
  });

  it("is that of RFC 5849 §1.2, for token credentials", async () => {
    const parameters: Parameter[] = [
      ...hmacSha1(printer, 137131201, "walatlh"),
      ["oauth_token", "hh5s93j4hdidpola"],
      ["oauth_verifier", "hfdp7dh39dks9884"],
    ];
    expect(await sign("POST", "https://photos.example.net/token", parameters, [secret, "hdhd0244k9j7ao03"])).toBe(
      "gKgrFCywp7rO0OXSjdot/IHF7IU=",
    );
  });

  const photos = "http://photos.example.net/photos?file=vacation.jpg&size=original";
  it("is that of RFC 5849 §1.2, for a resource", async () => {
    const parameters: Parameter[] = [...hmacSha1(printer, 137131202, "chapoH"), ["oauth_token", "nnch734d00sl2jdk"]];
    expect(await sign("GET", photos, parameters, [secret, "pfkkdhi9sl3r4s00"])).toBe("MdpQcU8iPSUjWoN/UDMsK2sui9I=");
  });

  it("is that of OAuth Core 1.0, appendix A", async () => {
    const parameters: Parameter[] = [
      ...hmacSha1(printer, 1191242096, "kllo9940pd9333jh"),
      ["oauth_token", "nnch734d00sl2jdk"],
      ["oauth_version", "1.0"],
    ];
    expect(await sign("GET", photos, parameters, [secret, "pfkkdhi9sl3r4s00"])).toBe("tR3+Ty81lMeYAr/Fid0kMTYa/WM=");
  });

  it("of the request of RFC 5849 §3.4.1 is what computes, not what §3.1 prints", async () => {
    const url = "http://example.com/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b";
    const form = new URLSearchParams("c2&a3=2+q");
    const parameters: Parameter[] = [
      ...form,
      ["oauth_token", "kkk9d7dh3k39sjv7"],
      ...hmacSha1("9djdj82h48djs9d2", 137131201, "7d8f3e4a"),
    ];
    const signed = await sign("POST", url, parameters, ["j49sk3j29djd", "dh893hdasih9"]);
    expect(signed).toBe("r6/TJjbCOr97/+UU0NsvSne7s5g=");
    expect(signed).not.toBe("bYT5CMsGcbgUdFHObYMEfcx6bsw=");
  });

  it.each([
    ["https://api.x.com/1.1/statuses/update.json", "Ls93hJiZbQ3akF3HF3x1Bz8/zU4="],
    ["https://api.twitter.com/1.1/statuses/update.json", "hCtSmYh+iHYCEqBWrE7C7hYmtUk="],
    ["https://api.twitter.com/1/statuses/update.json", "tnnArxj06cWHq44gCs1OSKk/jLY="],
  ])("is that of X's documentation for %s", async (address, expected) => {
    const parameters: Parameter[] = [
      ...hmacSha1("xvz1evFS4wEEPTGEFPHBog", 1318622958, "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg"),
      ["oauth_token", "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb"],
      ["oauth_version", "1.0"],
      ["status", "Hello Ladies + Gentlemen, a signed OAuth request!"],
    ];
    const secrets: [string, string] = [
      "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
      "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",
    ];
    expect(await sign("POST", `${address}?include_entities=true`, parameters, secrets)).toBe(expected);
  });

  it("has the ampersand in its key without a token too", async () => {
    expect(await signature("bs", "cs", "")).toBe("egQqG5AJep5sJ7anhXju1unge2I=");
    expect(await signature("bs", "cs", "ts")).toBe("VZVjXceV7JgPq/dOTnNmEfO0Fv8=");
  });

  // The reference leaves names of a query encoded and forgets its empty values when they repeat: those cases are above.
  const text = fc.string({ unit: "binary", maxLength: 12 });
  const plain = fc.string({ unit: fc.constantFrom(..."abzAZ09-._~"), minLength: 1, maxLength: 6 });
  const value = fc.string({ unit: "binary", minLength: 1, maxLength: 12 });
  it("is the reference's over any names and values, repeated ones among them", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          method: fc.constantFrom("GET", "POST", "PUT", "DELETE"),
          path: fc.array(text, { maxLength: 3 }),
          query: fc.dictionary(plain, fc.array(value, { minLength: 1, maxLength: 3 }), { maxKeys: 4 }),
          form: fc.dictionary(text, fc.array(text, { minLength: 1, maxLength: 3 }), { maxKeys: 4 }),
          secrets: fc.tuple(text, text),
          key: text,
          token: text,
          nonce: plain,
          timestamp: fc.nat(),
        }),
        async ({ method, path, query, form, secrets, key, token, nonce, timestamp }) => {
          const pairs = (from: Record<string, string[]>, prefix: string): Parameter[] =>
            Object.entries(from).flatMap(([name, values]) => values.map((one): Parameter => [`${prefix}${name}`, one]));
          const search = pairs(query, "q").map(([name, one]) => `${name}=${encodeURIComponent(one)}`);
          const address = `https://api.example.com/${path.map(encodeURIComponent).join("/")}`;
          const url = new URL(search.length > 0 ? `${address}?${search.join("&")}` : address);
          const oauth: Parameter[] = [
            ...hmacSha1(key, timestamp, nonce),
            ["oauth_token", token],
            ["oauth_version", "1.0"],
          ];
          const reference = new OAuth({
            consumer: { key, secret: secrets[0] },
            signature_method: "HMAC-SHA1",
            hash_function: (base, by) => createHmac("sha1", by).update(base).digest("base64"),
          });
          const data = Object.fromEntries(Object.entries(form).map(([name, values]) => [`f${name}`, values]));
          const expected = reference.getSignature(
            { url: url.href, method, data },
            secrets[1],
            Object.fromEntries(oauth) as unknown as OAuth.Data,
          );
          expect(await sign(method, url.href, [...pairs(form, "f"), ...oauth], secrets)).toBe(expected);
        },
      ),
      { numRuns: 300 },
    );
  });
});

// ---- Requests ----

const NOW = Date.UTC(2026, 8, 1, 12, 0, 0, 999);
const credentials = { client_id: "c:key", client_secret: "c secret" };
const auth: OAuth1 = {
  type: "oauth1",
  request_token: "https://api.example.com/oauth/request_token",
  authorize: "https://www.example.com/confirm",
  access_token: "https://api.example.com/oauth/access_token",
  requires_callback_confirmed: false,
  callback_in_authorize: false,
  revoke: () => [],
};
const CALLBACK = "https://hub.example/api/oauth/callback/example";

/** An outside that answers in turn, and what it was asked. */
function outside(entry: OAuth1, ...answers: (Response | Error)[]) {
  const sent: Request[] = [];
  const context = {
    env: { PROVIDER_GATEWAY: "http://localhost:8788" } as Env,
    now: () => NOW,
    random: (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes)),
    fetch: async (input: RequestInfo | URL) => {
      sent.push(input as Request);
      const answer = answers[sent.length - 1]!;
      if (answer instanceof Error) throw answer;
      return answer;
    },
  } as unknown as Context;
  const provider = { id: "example", hosts: ["api.example.com"] } as Provider;
  const parties: Parties = { context, provider, auth: entry, credentials };
  return { parties, context, sent };
}
/** The header's parameters, as a server reads them. */
const parametersIn = (header: string | null): Map<string, string> =>
  new Map(
    [...header!.replace(/^OAuth /, "").matchAll(/([a-z_]+)="([^"]*)"/g)].map(([, name, value]) => [
      name!,
      decodeURIComponent(value!),
    ]),
  );
/** What a server does: computes anew over the real URL what the request should have been signed with. */
async function isSigned(request: Request, realUrl: string, tokenSecret: string): Promise<boolean> {
  const { oauth_signature, ...oauth } = Object.fromEntries(parametersIn(request.headers.get("authorization")));
  const expected = await sign(request.method, realUrl, Object.entries(oauth), [credentials.client_secret, tokenSecret]);
  return expected === oauth_signature;
}
const form = (fields: Record<string, string>, status = 200) => new Response(new URLSearchParams(fields), { status });

describe("the way to a token", () => {
  it("asks for a temporary one by header alone, signed over the provider's own address", async () => {
    const { parties, sent } = outside(auth, form({ oauth_token: "t1", oauth_token_secret: "s1", extra: "x" }));
    expect(await requestToken(parties, CALLBACK)).toEqual({
      is: "issued",
      token: { token: "t1", token_secret: "s1" },
      more: { extra: "x" },
    });
    const [request] = sent;
    expect([request!.method, request!.url]).toEqual([
      "POST",
      "http://localhost:8788/api.example.com/oauth/request_token",
    ]);
    expect(await request!.text()).toBe("");
    const { oauth_nonce, oauth_signature, ...told } = Object.fromEntries(
      parametersIn(request!.headers.get("authorization")),
    );
    expect(told).toEqual({
      oauth_consumer_key: "c:key",
      oauth_signature_method: "HMAC-SHA1",
      oauth_timestamp: String(Date.UTC(2026, 8, 1, 12) / 1000),
      oauth_version: "1.0",
      oauth_callback: CALLBACK,
    });
    expect(oauth_nonce).toMatch(/^[0-9a-f]{32}$/); // 128 bits
    expect(oauth_signature).toMatch(/^[A-Za-z0-9+/]{27}=$/);
    expect(await isSigned(request!, auth.request_token, "")).toBe(true);
  });

  it("exchanges it with the verifier, signed with its secret", async () => {
    const { parties, sent } = outside(auth, form({ oauth_token: "t2", oauth_token_secret: "s2/==" }));
    const issued = await accessToken(parties, { token: "t1", token_secret: "s1" }, "v1");
    expect(issued).toEqual({ is: "issued", token: { token: "t2", token_secret: "s2/==" }, more: {} });
    const told = parametersIn(sent[0]!.headers.get("authorization"));
    expect([told.get("oauth_token"), told.get("oauth_verifier")]).toEqual(["t1", "v1"]);
    expect(await isSigned(sent[0]!, auth.access_token, "s1")).toBe(true);
  });

  it.each([
    [false, undefined, "issued"],
    [false, "true", "issued"],
    [false, "false", "refused"],
    [true, undefined, "refused"],
    [true, "true", "issued"],
    [true, "TRUE", "refused"],
  ] as const)("required %s and told %s the confirmation of the callback is %s", async (required, told, is) => {
    const answer = form({ oauth_token: "t", oauth_token_secret: "s", ...(told && { oauth_callback_confirmed: told }) });
    const { parties } = outside({ ...auth, requires_callback_confirmed: required }, answer);
    expect((await requestToken(parties, CALLBACK)).is).toBe(is);
  });

  it.each([
    [new Response("Invalid signature", { status: 401 }), { is: "refused", status: 401 }],
    [new Response("", { status: 503 }), { is: "unavailable", status: 503 }],
    [new Response("", { status: 429 }), { is: "unavailable", status: 429 }],
    [new Error("reset"), { is: "unavailable", status: null }],
    [form({ oauth_token: "t" }), { is: "unavailable", status: 200 }],
    [new Response("<html>"), { is: "unavailable", status: 200 }],
  ])("tells refusals from outages (%#)", async (answer, outcome) => {
    expect(await requestToken(outside(auth, answer).parties, CALLBACK)).toEqual(outcome);
  });

  it("sends the browser with the token, and the callback where the provider wants it there too", () => {
    expect(confirmationUrl(auth, "t 1", CALLBACK).href).toBe("https://www.example.com/confirm?oauth_token=t+1");
    expect(confirmationUrl({ ...auth, callback_in_authorize: true }, "t1", CALLBACK).href).toBe(
      "https://www.example.com/confirm?oauth_token=t1&oauth_callback=https%3A%2F%2Fhub.example%2Fapi%2Foauth%2Fcallback%2Fexample",
    );
  });

  it.each([
    ["oauth_token=t1&oauth_verifier=v1", { is: "verifier", verifier: "v1" }],
    ["oauth_token=t1&oauth_verifier=null", { is: "declined" }],
    ["oauth_token=t1&oauth_verifier=", { is: "declined" }],
    ["oauth_token=t1", { is: "declined" }],
    ["oauth_token=t2&oauth_verifier=v1", { is: "invalid" }],
    ["oauth_verifier=v1", { is: "invalid" }],
    ["oauth_token=t1&oauth_token=t1&oauth_verifier=v1", { is: "invalid" }],
    ["oauth_token=t1&oauth_verifier=v1&oauth_verifier=v2", { is: "invalid" }],
  ])("reads the callback %s", (query, returned) => {
    expect(readCallback(new URLSearchParams(query), "t1")).toEqual(returned);
  });
});

it("signs each request anew", async () => {
  const { context } = outside(auth);
  const request = { method: "GET", url: new URL("https://api.example.com/data?a=1") };
  const token = { token: "t2", token_secret: "s2" };
  const headers = [
    await authorization(context, credentials, token, request),
    await authorization(context, credentials, token, request),
  ].map(parametersIn);
  expect(headers[0]!.get("oauth_nonce")).not.toBe(headers[1]!.get("oauth_nonce"));
  expect(headers[0]!.get("oauth_signature")).not.toBe(headers[1]!.get("oauth_signature"));
});

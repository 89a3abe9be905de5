import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { World } from "../../provider.ts";

/** What a person may grant; HISTORICAL_DATA_EXPORT is the one that nobody ticks for them. */
export const PERMISSIONS = ["ACTIVITY_EXPORT", "HEALTH_EXPORT", "MCT_EXPORT", "HISTORICAL_DATA_EXPORT"];

/** One application's registration with one person, with the tokens of either protocol. Times in epoch s. */
export interface Registration {
  client: string;
  person: string;
  permissions: string[];
  /** This connection's start. */
  at: number;
  /** Today's data went out after it. */
  greeted: boolean;
  /** The 1.0a user access token; with an end once it was exchanged. */
  user: { token: string; secret: string; ends_at: number | null } | null;
  refresh: { token: string; expires_at: number } | null;
  /** Newest last; an older one stays good until it expires. */
  access: { token: string; expires_at: number }[];
}

interface RequestToken {
  token: string;
  secret: string;
  client: string;
  callback: string;
  expires_at: number;
  /** Once the person agreed. */
  agreed: { verifier: string; person: string; permissions: string[] } | null;
}

interface Code {
  code: string;
  client: string;
  person: string;
  permissions: string[];
  redirect: string;
  challenge: string;
  expires_at: number;
}

/** A personal key: kept as its hash, one a person. */
interface PersonalKey {
  person: string;
  hash: string;
  expires_at: number;
  bearers: { token: string; expires_at: number }[];
}

interface Saved {
  /** OAuth 2 secrets by client; the first that a client shows is its secret, unless it was told. */
  secrets: Record<string, string>;
  /** 1.0a consumer secrets, where they differ. */
  consumers: Record<string, string>;
  registrations: Registration[];
  /** First connection ever, epoch ms, by "client person": it bounds backfills for good. */
  firsts: Record<string, number>;
  keys: PersonalKey[];
  person: string | null;
}

const CODE_S = 600;

export type Grants = ReturnType<typeof createGrants>;

/** Tokens, codes and keys of the simulated Garmin. */
export function createGrants(world: World) {
  const empty = (): Saved => ({ secrets: {}, consumers: {}, registrations: [], firsts: {}, keys: [], person: null });
  let saved = empty();
  let requests: RequestToken[] = [];
  let codes: Code[] = [];
  const scaled = (seconds: number, least: number) => Math.max(Math.round(seconds / world.speed), least);
  // 24 hours and 90 days, shorter in a quick world.
  const access_s = scaled(86_400, 900);
  const refresh_s = scaled(7_775_998, 86_400);
  const now = () => Math.floor(world.now() / 1000);
  const alive = (one: { expires_at: number }) => one.expires_at > now();

  /** The registration of a person, new or renewed: a reconnect ends what was there. */
  function register(client: string, person: string, permissions: string[]): Registration {
    saved.registrations = saved.registrations.filter((one) => one.client !== client || one.person !== person);
    const made: Registration = {
      client,
      person,
      permissions,
      at: now(),
      greeted: false,
      user: null,
      refresh: null,
      access: [],
    };
    saved.registrations.push(made);
    saved.firsts[`${client} ${person}`] ??= world.now();
    saved.person = person;
    return made;
  }

  function renew(registration: Registration) {
    registration.refresh = { token: `${secret(24)}==`, expires_at: now() + refresh_s };
    registration.access = [...registration.access.filter(alive), { token: secret(32), expires_at: now() + access_s }];
    world.changed();
    return {
      access_token: registration.access.at(-1)!.token,
      expires_in: access_s,
      token_type: "bearer",
      refresh_token: registration.refresh.token,
      scope: "PARTNER_WRITE PARTNER_READ CONNECT_READ CONNECT_WRITE",
      jti: crypto.randomUUID(),
      refresh_token_expires_in: refresh_s,
    };
  }

  return {
    setSecret(
      client: string,
      { client_secret, consumer_secret }: { client_secret?: string; consumer_secret?: string },
    ) {
      if (client_secret !== undefined) saved.secrets[client] = client_secret;
      if (consumer_secret !== undefined) saved.consumers[client] = consumer_secret;
      world.changed();
    },
    consumerSecret: (client: string): string | null => saved.consumers[client] ?? saved.secrets[client] ?? null,
    isClient(client: string, given: string): boolean {
      if (!client || !given) return false;
      if (saved.secrets[client] === undefined) {
        saved.secrets[client] = given;
        world.changed();
      }
      return saved.secrets[client] === given;
    },
    lastPerson: () => saved.person,

    requestToken(client: string, callback: string): RequestToken {
      const made = {
        token: crypto.randomUUID(),
        secret: secret(26),
        client,
        callback,
        expires_at: now() + CODE_S,
        agreed: null,
      };
      requests = [...requests.filter(alive), made];
      return made;
    },
    byRequestToken: (token: string | null) => requests.find((one) => one.token === token && alive(one)) ?? null,
    agree(request: RequestToken, person: string, permissions: string[]): string {
      request.agreed = { verifier: secret(8), person, permissions };
      return request.agreed.verifier;
    },
    drop(request: RequestToken): void {
      requests = requests.filter((one) => one !== request);
    },
    /** The user access token for a request token that was agreed to; both are spent by it. */
    userToken(request: RequestToken, verifier: string): { token: string; secret: string } | null {
      requests = requests.filter((one) => one !== request);
      if (!request.agreed || request.agreed.verifier !== verifier) return null;
      const registration = register(request.client, request.agreed.person, request.agreed.permissions);
      registration.user = { token: crypto.randomUUID(), secret: secret(26), ends_at: null };
      world.changed();
      return registration.user;
    },
    byUserToken: (client: string, token: string): Registration | null =>
      saved.registrations.find(
        ({ client: of, user }) =>
          of === client && user?.token === token && (user.ends_at === null || user.ends_at > now()),
      ) ?? null,
    /** An OAuth 2 pair for a 1.0a token, which then has thirty days to live. */
    exchange(registration: Registration) {
      registration.user!.ends_at ??= now() + scaled(30 * 86_400, 86_400);
      return renew(registration);
    },

    issueCode(code: Omit<Code, "code" | "expires_at">): string {
      const made = { ...code, code: secret(20), expires_at: now() + CODE_S };
      codes = [...codes.filter(alive), made];
      return made.code;
    },
    /** Codes are good once, also for a wrong exchange. Null: unknown, used, expired, or another client's. */
    redeem(client: string, given: string): Code | null {
      const code = codes.find((one) => one.code === given && one.client === client && alive(one)) ?? null;
      codes = codes.filter((one) => one !== code);
      return code;
    },
    pairFor: ({ client, person, permissions }: Code) => renew(register(client, person, permissions)),
    refresh(client: string, token: string) {
      const found = saved.registrations.find(
        ({ client: of, refresh }) => of === client && refresh?.token === token && alive(refresh),
      );
      return found ? renew(found) : null;
    },
    byAccess: (token: string): Registration | null =>
      saved.registrations.find((one) => one.access.some((access) => access.token === token && alive(access))) ?? null,

    registrations: (person?: string): Registration[] =>
      saved.registrations.filter((one) => person === undefined || one.person === person),
    isThere: (registration: Registration): boolean => saved.registrations.includes(registration),
    end(registration: Registration): void {
      saved.registrations = saved.registrations.filter((one) => one !== registration);
      world.changed();
    },
    firstAt: ({ client, person, at }: Registration): number => saved.firsts[`${client} ${person}`] ?? at * 1000,

    /** A new key of a person; the one before ends. */
    issueKey(person: string, days: number): { key: string; expires_at: number } {
      const key = secret(30);
      const expires_at = now() + days * 86_400;
      saved.keys = [
        ...saved.keys.filter((one) => one.person !== person),
        { person, hash: sha256(key), expires_at, bearers: [] },
      ];
      world.changed();
      return { key, expires_at };
    },
    keyOf: (person: string): { expires_at: number } | null => saved.keys.find((one) => one.person === person) ?? null,
    endKey(person: string): boolean {
      const before = saved.keys.length;
      saved.keys = saved.keys.filter((one) => one.person !== person);
      world.changed();
      return saved.keys.length < before;
    },
    bearerFor(key: string) {
      const found = saved.keys.find((one) => one.hash === sha256(key) && alive(one));
      if (!found) return null;
      const token = `eyJ.${secret(48)}.${secret(16)}`;
      found.bearers = [...found.bearers.filter(alive), { token, expires_at: now() + access_s }];
      world.changed();
      return { access_token: token, token_type: "Bearer", expires_in: access_s };
    },
    byBearer: (token: string): string | null =>
      saved.keys.find((one) => one.bearers.some((bearer) => bearer.token === token && alive(bearer)))?.person ?? null,

    expire(person?: string): number {
      const of = (one: { person: string }) => person === undefined || one.person === person;
      const hit = [
        ...saved.registrations.filter(of).map((one) => one.access),
        ...saved.keys.filter(of).map((one) => one.bearers),
      ].filter((tokens) => tokens.length > 0);
      for (const tokens of hit) for (const one of tokens) one.expires_at = now() - 1;
      world.changed();
      return hit.length;
    },
    reset() {
      const { secrets, consumers } = saved;
      saved = { ...empty(), secrets, consumers };
      requests = [];
      codes = [];
    },
    save: (): unknown => saved,
    load(state: unknown) {
      if (state) saved = { ...saved, ...(state as Saved) };
    },
  };
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Random text without signs that urlencoding would change. */
const secret = (bytes: number): string =>
  Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString("base64url");

import { monthsBefore } from "../../calendar.ts";
import type { Life } from "../../life.ts";
import type { World } from "../../provider.ts";
import { dice } from "../../random.ts";

/** One consent. Its tokens never change; refreshing moves the end. Times in epoch seconds. */
export interface Grant {
  client: string;
  person: string;
  access_token: string;
  refresh_token: string;
  expires_at: number;
  /** False once it was revoked, by either side: both tokens are dead, and only `bindState` still knows them. */
  bound: boolean;
}

interface Code {
  code: string;
  client: string;
  person: string;
  redirect: string;
  expires_at: number;
}

interface Saved {
  secrets: Record<string, string>;
  grants: Grant[];
  person: string | null;
}

const CODE_S = 600;
const MONTH_S = 30 * 86_400;

/** An opaque name for the account. */
export function openIdOf({ person }: Life): string {
  const draw = dice(person.seed, "coros", "openId");
  return Array.from({ length: 32 }, () => draw.int(0, 15).toString(16)).join("");
}

/** The first day that may be asked for: three months ago. */
export const earliestDay = (today: number): number => monthsBefore(today, 3);

export type Grants = ReturnType<typeof createGrants>;

export function createGrants(world: World) {
  let saved: Saved = { secrets: {}, grants: [], person: null };
  let codes: Code[] = [];
  const lifetime_s = Math.max(Math.round(MONTH_S / world.speed), 900);
  const now = () => Math.floor(world.now() / 1000);

  function unbind(gone: (grant: Grant) => boolean): number {
    const hit = saved.grants.filter((grant) => grant.bound && gone(grant));
    for (const grant of hit) grant.bound = false;
    world.changed();
    return hit.length;
  }

  return {
    lifetime_s,
    /** The first secret that a client shows is its secret. */
    isClient(client: string, given: string): boolean {
      if (!client || !given) return false;
      saved.secrets[client] ??= given;
      return saved.secrets[client] === given;
    },
    setClient(client: string, secret: string) {
      saved.secrets[client] = secret;
    },
    clients: (): [client: string, secret: string][] => Object.entries(saved.secrets),
    lastPerson: () => saved.person,
    issueCode(client: string, person: string, redirect: string): string {
      const code = `code-${secret()}`;
      codes.push({ code, client, person, redirect, expires_at: now() + CODE_S });
      saved.person = person;
      world.changed();
      return code;
    },
    /** Null: unknown, used, expired, another client's, or asked for with another address. */
    exchange(client: string, given: string, redirect: string): Grant | null {
      const code = codes.find((one) => one.code === given && one.client === client);
      if (!code || code.expires_at <= now() || code.redirect !== redirect) return null;
      codes = codes.filter((one) => one !== code);
      const { person } = code;
      const tokens = { access_token: `rg2-${secret()}`, refresh_token: `rg2-${secret()}` };
      const grant = { client, person, ...tokens, expires_at: now() + lifetime_s, bound: true };
      saved.grants.push(grant);
      world.changed();
      return grant;
    },
    /** The same tokens for thirty days from now. */
    prolong(client: string, token: string): boolean {
      const grant = saved.grants.find((one) => one.client === client && one.refresh_token === token && one.bound);
      if (!grant) return false;
      grant.expires_at = now() + lifetime_s;
      world.changed();
      return true;
    },
    byAccess: (token: string): Grant | null =>
      saved.grants.find((one) => one.access_token === token && one.bound && one.expires_at > now()) ?? null,
    /** Expired and revoked ones as well. */
    everKnown: (token: string): Grant | null => saved.grants.find((one) => one.access_token === token) ?? null,
    revoke: (token: string): boolean => unbind((grant) => grant.access_token === token) > 0,
    end: (person: string): number => unbind((grant) => grant.person === person),
    of: (person: string): Grant[] => saved.grants.filter((grant) => grant.person === person && grant.bound),
    isBound: (client: string, person: string): boolean =>
      saved.grants.some((one) => one.client === client && one.person === person && one.bound),
    expire(person?: string): number {
      const hit = saved.grants.filter((grant) => grant.bound && (person === undefined || grant.person === person));
      for (const grant of hit) grant.expires_at = now() - 1;
      world.changed();
      return hit.length;
    },
    reset() {
      saved = { secrets: {}, grants: [], person: null };
      codes = [];
    },
    save: (): unknown => saved,
    load(state: unknown) {
      if (state) saved = { ...saved, ...(state as Saved) };
    },
  };
}

function secret(): string {
  return crypto.randomUUID().replaceAll("-", "");
}

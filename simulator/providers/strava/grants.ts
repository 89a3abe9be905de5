import type { World } from "../../provider.ts";

/** One application's access to one athlete. Times in epoch seconds. */
export interface Grant {
  client: string;
  person: string;
  scopes: string[];
  refresh_token: string;
  /** Newest last; an older one stays good until it expires. */
  access: { token: string; expires_at: number }[];
}

interface Code {
  code: string;
  client: string;
  person: string;
  scopes: string[];
  expires_at: number;
}

interface Saved {
  secrets: Record<string, string>;
  grants: Grant[];
  person: string | null;
}

/** What a token answer says. */
export interface Pair {
  grant: Grant;
  access_token: string;
  expires_at: number;
}

const CODE_S = 600;

export type Grants = ReturnType<typeof createGrants>;

/** Codes and tokens of the simulated Strava; see docs/providers/strava.md, OAuth 2. */
export function createGrants(world: World) {
  let saved: Saved = { secrets: {}, grants: [], person: null };
  let codes: Code[] = [];
  // Six hours, and an hour in which the same token is not given again: shorter in a quick world.
  const lifetime_s = Math.max(Math.round(21_600 / world.speed), 900);
  const fresh_s = Math.max(Math.round(3600 / world.speed), 300);
  const now = () => Math.floor(world.now() / 1000);

  function renew(grant: Grant): Pair {
    const at = now();
    grant.refresh_token = secret();
    grant.access = [
      ...grant.access.filter((one) => one.expires_at > at),
      { token: secret(), expires_at: at + lifetime_s },
    ];
    world.changed();
    return current(grant);
  }

  const current = (grant: Grant): Pair => {
    const { token, expires_at } = grant.access.at(-1)!;
    return { grant, access_token: token, expires_at };
  };

  /** The same pair while more than an hour of it is left, else a new one; then the old refresh token is dead. */
  const pairOf = (grant: Grant): Pair =>
    (grant.access.at(-1)?.expires_at ?? 0) - now() > fresh_s ? current(grant) : renew(grant);

  const drop = (gone: Grant[]): void => {
    saved.grants = saved.grants.filter((grant) => !gone.includes(grant));
    codes = codes.filter((code) => !gone.some((one) => one.client === code.client && one.person === code.person));
    world.changed();
  };

  return {
    lifetime_s,
    /** The first secret that a client shows is its secret. */
    isClient(client: string, given: string): boolean {
      if (!client || !given) return false;
      if (saved.secrets[client] === undefined) {
        saved.secrets[client] = given;
        world.changed();
      }
      return saved.secrets[client] === given;
    },
    /** Who agreed last: the consent page offers them first. */
    lastPerson: () => saved.person,
    issueCode(client: string, person: string, scopes: string[]): string {
      const code = secret();
      codes.push({ code, client, person, scopes, expires_at: now() + CODE_S });
      saved.person = person;
      world.changed();
      return code;
    },
    /** Null: unknown, used, expired, or another client's. */
    exchange(client: string, given: string): Pair | null {
      const code = codes.find((one) => one.code === given && one.client === client && one.expires_at > now());
      if (!code) return null;
      codes = codes.filter((one) => one !== code);
      const { person, scopes } = code;
      const grant = saved.grants.find((one) => one.client === client && one.person === person);
      if (grant && grant.scopes.join() === scopes.join()) return pairOf(grant);
      if (grant) {
        // Other scopes: earlier tokens, which speak for the old ones, end.
        grant.scopes = scopes;
        grant.access = [];
        return renew(grant);
      }
      const made: Grant = { client, person, scopes, refresh_token: "", access: [] };
      saved.grants.push(made);
      return renew(made);
    },
    refresh(client: string, token: string): Pair | null {
      const grant = saved.grants.find((one) => one.client === client && one.refresh_token === token);
      return grant ? pairOf(grant) : null;
    },
    /** The grant that an access token speaks for, while it lives. */
    byAccess: (token: string): Grant | null =>
      saved.grants.find((grant) => grant.access.some((one) => one.token === token && one.expires_at > now())) ?? null,
    /** Ends the grant that either token belongs to. */
    end(token: string, client?: string): Grant | null {
      const grant = saved.grants.find(
        (one) =>
          (client === undefined || one.client === client) &&
          (one.refresh_token === token || one.access.some((access) => access.token === token)),
      );
      if (grant) drop([grant]);
      return grant ?? null;
    },
    endOf(person: string): Grant[] {
      const gone = saved.grants.filter((grant) => grant.person === person);
      drop(gone);
      return gone;
    },
    of: (person: string): Grant[] => saved.grants.filter((grant) => grant.person === person),
    expire(person?: string): number {
      const hit = saved.grants.filter((grant) => person === undefined || grant.person === person);
      for (const grant of hit) for (const access of grant.access) access.expires_at = now() - 1;
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

/** 40 hex digits, as Strava's. */
const secret = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(20)), (byte) => byte.toString(16).padStart(2, "0")).join("");

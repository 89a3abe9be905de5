import type { World } from "../../provider.ts";

/** One application's access to one person. Times in epoch seconds. */
export interface Grant {
  client: string;
  person: string;
  scopes: string[];
  /** All of them work until the grant ends, or their own time has come. */
  refresh: { token: string; expires_at: number | null }[];
  /** Newest last; each has the scopes it was given with. */
  access: { token: string; expires_at: number; scopes: string[] }[];
}

export interface Code {
  code: string;
  client: string;
  person: string;
  scopes: string[];
  redirect: string;
  /** PKCE, S256; null where none was sent. */
  challenge: string | null;
  /** `access_type=offline`, and a consent that was asked for anew or is the first. */
  offline: boolean;
  expires_at: number;
}

interface Saved {
  secrets: Record<string, string>;
  grants: Grant[];
  person: string | null;
}

const CODE_S = 600;
const WEEK_S = 7 * 86_400;

export type Grants = ReturnType<typeof createGrants>;

/** Codes and tokens of Google's OAuth, as docs/providers/fitbit.md knows it. `testing`: the consent screen is not published. */
export function createGrants(world: World, testing: () => boolean) {
  let saved: Saved = { secrets: {}, grants: [], person: null };
  let codes: Code[] = [];
  const lifetime_s = Math.max(Math.round(3599 / world.speed), 900);
  const now = () => Math.floor(world.now() / 1000);

  const isAlive = ({ expires_at }: { expires_at: number | null }) => expires_at === null || expires_at > now();

  function issue(grant: Grant, scopes: string[]) {
    const made = { token: `ya29.${secret()}`, expires_at: now() + lifetime_s, scopes };
    grant.access = [...grant.access.filter(isAlive), made];
    world.changed();
    return { access_token: made.token, expires_in: lifetime_s, scope: scopes.join(" "), token_type: "Bearer" };
  }

  const drop = (gone: Grant[]): void => {
    saved.grants = saved.grants.filter((grant) => !gone.includes(grant));
    codes = codes.filter((code) => !gone.some((one) => one.client === code.client && one.person === code.person));
    world.changed();
  };

  const find = (client: string, person: string) =>
    saved.grants.find((one) => one.client === client && one.person === person);

  return {
    /** The first secret that a client shows is its secret. */
    isClient(client: string, given: string): boolean {
      if (!client || !given) return false;
      if (saved.secrets[client] === undefined) {
        saved.secrets[client] = given;
        world.changed();
      }
      return saved.secrets[client] === given;
    },
    lastPerson: () => saved.person,
    has: (client: string, person: string): boolean => find(client, person) !== undefined,
    issueCode(code: Omit<Code, "code" | "expires_at">): string {
      const made = { ...code, code: `4/0A${secret()}`, expires_at: now() + CODE_S };
      codes.push(made);
      saved.person = code.person;
      world.changed();
      return made.code;
    },
    /** Once; null: unknown, used, expired, or another client's. */
    takeCode(client: string, given: string): Code | null {
      const code = codes.find((one) => one.code === given && one.client === client);
      codes = codes.filter((one) => one !== code);
      return code && code.expires_at > now() ? code : null;
    },
    grant({ client, person, scopes, offline }: Code): Record<string, unknown> {
      let grant = find(client, person);
      if (!grant) {
        grant = { client, person, scopes, refresh: [], access: [] };
        saved.grants.push(grant);
      }
      grant.scopes = scopes;
      const body: Record<string, unknown> = issue(grant, scopes);
      if (!offline) return body;
      const made = { token: `1//0${secret()}`, expires_at: testing() ? now() + WEEK_S : null };
      // More than a hundred: the oldest dies without a word.
      grant.refresh = [...grant.refresh, made].slice(-100);
      world.changed();
      const ends = made.expires_at === null ? {} : { refresh_token_expires_in: WEEK_S };
      const { access_token, expires_in, ...rest } = body;
      return { access_token, expires_in, refresh_token: made.token, ...ends, ...rest };
    },
    /** Without a refresh token; the old one stays. */
    refresh(client: string, token: string): Record<string, unknown> | "expired" | null {
      const grant = saved.grants.find((one) => one.client === client && one.refresh.some((it) => it.token === token));
      if (!grant) return null;
      if (!isAlive(grant.refresh.find((it) => it.token === token)!)) return "expired";
      return issue(grant, grant.scopes);
    },
    byAccess(token: string): { grant: Grant; scopes: string[] } | null {
      for (const grant of saved.grants) {
        const access = grant.access.find((one) => one.token === token && isAlive(one));
        if (access) return { grant, scopes: access.scopes };
      }
      return null;
    },
    /** Ends the grant that either token belongs to; one that is over belongs to none. */
    end(token: string): Grant | null {
      const grant = saved.grants.find((one) =>
        [...one.refresh, ...one.access].some((it) => it.token === token && isAlive(it)),
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
    all: (): Grant[] => saved.grants,
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

/** Of letters that need no escaping, as Google's. */
const secret = (): string =>
  btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(30))))
    .replaceAll("+", "-")
    .replaceAll("/", "_");

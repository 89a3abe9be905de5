import type { World } from "../../provider.ts";

/** One application's access to one member. Times in epoch seconds. */
export interface Grant {
  client: string;
  person: string;
  scopes: string[];
  refresh_token: string;
  /** Those that were good once: whoever shows one has been robbed, or is a thief. */
  spent: string[];
  access: { token: string; expires_at: number }[];
}

interface Code {
  code: string;
  client: string;
  person: string;
  scopes: string[];
  redirect_uri: string;
  expires_at: number;
}

interface Saved {
  secrets: Record<string, string>;
  grants: Grant[];
  person: string | null;
}

export interface Pair {
  grant: Grant;
  access_token: string;
  expires_in: number;
}

const CODE_S = 600;
const MOST_SPENT = 50;

export type Grants = ReturnType<typeof createGrants>;

/** Codes and tokens of the simulated Oura: a refresh token is good once, and showing a spent one ends the grant. */
export function createGrants(world: World) {
  let saved: Saved = { secrets: {}, grants: [], person: null };
  let codes: Code[] = [];
  const lifetime_s = Math.max(Math.round(86_400 / world.speed), 900);
  const now = () => Math.floor(world.now() / 1000);

  function renew(grant: Grant): Pair {
    const access_token = secret();
    if (grant.refresh_token) grant.spent = [...grant.spent, grant.refresh_token].slice(-MOST_SPENT);
    grant.refresh_token = secret();
    grant.access = [
      ...grant.access.filter((one) => one.expires_at > now()),
      { token: access_token, expires_at: now() + lifetime_s },
    ];
    world.changed();
    return { grant, access_token, expires_in: lifetime_s };
  }

  function drop(gone: Grant[]): void {
    saved.grants = saved.grants.filter((grant) => !gone.includes(grant));
    world.changed();
  }

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
    secretOf: (client: string): string => saved.secrets[client] ?? "",
    lastPerson: () => saved.person,
    issueCode(asked: Omit<Code, "code" | "expires_at">): string {
      const code = secret();
      codes.push({ ...asked, code, expires_at: now() + CODE_S });
      saved.person = asked.person;
      world.changed();
      return code;
    },
    /** A code is burnt by being shown, whoever shows it and wherever. */
    burn(given: string): Code | null {
      const code = codes.find((one) => one.code === given);
      codes = codes.filter((one) => one !== code);
      return code && code.expires_at > now() ? code : null;
    },
    /** Null: of another client, or for another address. */
    exchange(client: string, code: Code | null, redirect_uri: string): Pair | null {
      if (!code || code.client !== client || code.redirect_uri !== redirect_uri) return null;
      const { person, scopes } = code;
      drop(saved.grants.filter((one) => one.client === client && one.person === person));
      const grant: Grant = { client, person, scopes, refresh_token: "", spent: [], access: [] };
      saved.grants.push(grant);
      return renew(grant);
    },
    refresh(client: string, token: string): Pair | null {
      const grant = saved.grants.find((one) => one.client === client && one.refresh_token === token);
      if (grant) return renew(grant);
      drop(saved.grants.filter((one) => one.spent.includes(token)));
      return null;
    },
    byAccess: (token: string): Grant | null =>
      saved.grants.find((grant) => grant.access.some((one) => one.token === token && one.expires_at > now())) ?? null,
    /** Ends the grant that a token, of either kind, belongs to. */
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

const secret = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(24)), (byte) => byte.toString(16).padStart(2, "0")).join("");

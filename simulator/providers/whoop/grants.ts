import type { World } from "../../provider.ts";

/** One consent: a chain of token pairs, of which only the newest lives. Times in epoch seconds. */
export interface Grant {
  client: string;
  person: string;
  scopes: string[];
  access_token: string;
  expires_at: number;
  /** Null without `offline`. */
  refresh_token: string | null;
  /** Refresh tokens that were used; one of them again ends the chain. */
  spent: string[];
  /** The code that it came from; the same again ends the chain. */
  code: string;
}

interface Code {
  code: string;
  client: string;
  person: string;
  scopes: string[];
  redirect: string;
  expires_at: number;
}

interface Saved {
  secrets: Record<string, string>;
  grants: Grant[];
  person: string | null;
}

const CODE_S = 600;

export type Grants = ReturnType<typeof createGrants>;

/** Codes and tokens as Hydra keeps them; see docs/providers/whoop.md. */
export function createGrants(world: World) {
  let saved: Saved = { secrets: {}, grants: [], person: null };
  let codes: Code[] = [];
  const lifetime_s = Math.max(Math.round(3600 / world.speed), 900);
  const now = () => Math.floor(world.now() / 1000);

  const drop = (gone: (grant: Grant) => boolean): number => {
    const before = saved.grants.length;
    saved.grants = saved.grants.filter((grant) => !gone(grant));
    world.changed();
    return before - saved.grants.length;
  };

  return {
    lifetime_s,
    /** The first secret that a client shows is its secret. */
    isClient(client: string, given: string): boolean {
      if (!client || !given) return false;
      saved.secrets[client] ??= given;
      return saved.secrets[client] === given;
    },
    secretOf: (client: string): string | undefined => saved.secrets[client],
    lastPerson: () => saved.person,
    issueCode(client: string, person: string, scopes: string[], redirect: string): string {
      const code = secret();
      codes.push({ code, client, person, scopes, redirect, expires_at: now() + CODE_S });
      saved.person = person;
      world.changed();
      return code;
    },
    /** Null: unknown, used, expired, another client's, or asked for with another address. */
    exchange(client: string, given: string, redirect: string): Grant | null {
      if (drop((grant) => grant.client === client && grant.code === given) > 0) return null;
      const code = codes.find((one) => one.code === given && one.client === client);
      if (!code || code.expires_at <= now() || code.redirect !== redirect) return null;
      codes = codes.filter((one) => one !== code);
      const { person, scopes } = code;
      const grant: Grant = {
        client,
        person,
        scopes,
        access_token: secret(),
        expires_at: now() + lifetime_s,
        refresh_token: scopes.includes("offline") ? secret() : null,
        spent: [],
        code: given,
      };
      saved.grants.push(grant);
      world.changed();
      return grant;
    },
    /** A new pair; both old tokens are dead. A refresh token that was spent before ends the whole chain. */
    refresh(client: string, token: string, keeps: boolean): Grant | null {
      if (drop((grant) => grant.client === client && grant.spent.includes(token)) > 0) return null;
      const grant = saved.grants.find((one) => one.client === client && one.refresh_token === token);
      if (!grant) return null;
      grant.spent.push(token);
      grant.access_token = secret();
      grant.expires_at = now() + lifetime_s;
      grant.refresh_token = keeps ? secret() : null;
      world.changed();
      return grant;
    },
    /** The grant of a refresh token, used or not. */
    holding: (client: string, token: string): Grant | undefined =>
      saved.grants.find((one) => one.client === client && one.refresh_token === token),
    byAccess: (token: string): Grant | null =>
      saved.grants.find((one) => one.access_token === token && one.expires_at > now()) ?? null,
    /** All of a person's consents to an application, or to all of them. */
    end: (person: string, client?: string): number =>
      drop((grant) => grant.person === person && (client === undefined || grant.client === client)),
    of: (person: string): Grant[] => saved.grants.filter((grant) => grant.person === person),
    expire(person?: string): number {
      const hit = saved.grants.filter((grant) => person === undefined || grant.person === person);
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

/** 43 characters, as Hydra's signatures are. */
function secret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
}

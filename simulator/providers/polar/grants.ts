import type { Life } from "../../life.ts";
import type { World } from "../../provider.ts";
import { dice } from "../../random.ts";

export interface Token {
  token: string;
  client: string;
  person: string;
}

/** A person made known to an application; what was uploaded before is never shown to it. */
export interface Registration {
  client: string;
  person: string;
  member: string;
  /** Ms UTC. */
  since: number;
}

interface Code {
  code: string;
  client: string;
  person: string;
  redirect: string | null;
  expires_at: number;
}

interface Saved {
  secrets: Record<string, string>;
  tokens: Token[];
  registrations: Registration[];
  person: string | null;
}

const CODE_MS = 600_000;

export const userId = (life: Life): number => 10_000_000 + dice(life.person.seed, "polar").int(0, 49_999_999);

export type Grants = ReturnType<typeof createGrants>;

/** Codes, tokens that never expire, and registrations. */
export function createGrants(world: World) {
  let saved: Saved = { secrets: {}, tokens: [], registrations: [], person: null };
  let codes: Code[] = [];

  return {
    /** The first secret that a client shows is its secret. */
    isClient(client: string, given: string): boolean {
      if (!client || !given) return false;
      saved.secrets[client] ??= given;
      return saved.secrets[client] === given;
    },
    lastPerson: () => saved.person,
    issueCode(client: string, person: string, redirect: string | null): string {
      const code = crypto.randomUUID().replaceAll("-", "");
      codes.push({ code, client, person, redirect, expires_at: world.now() + CODE_MS });
      saved.person = person;
      world.changed();
      return code;
    },
    /** Null: unknown, used, expired, another client's, or asked for with another address. */
    exchange(client: string, given: string, redirect: string | null): Token | null {
      const code = codes.find((one) => one.code === given && one.client === client);
      if (!code || code.expires_at <= world.now() || code.redirect !== redirect) return null;
      codes = codes.filter((one) => one !== code);
      const token = { token: crypto.randomUUID(), client, person: code.person };
      saved.tokens.push(token);
      world.changed();
      return token;
    },
    byAccess: (given: string): Token | null => saved.tokens.find(({ token }) => token === given) ?? null,
    registration: ({ client, person }: Pick<Token, "client" | "person">): Registration | null =>
      saved.registrations.find((one) => one.client === client && one.person === person) ?? null,
    registrations: (person?: string): Registration[] =>
      saved.registrations.filter((one) => person === undefined || one.person === person),
    /** Null: registered already, or another account has this member id. */
    register({ client, person }: Token, member: string): Registration | null {
      const isTaken = saved.registrations.some(
        (one) => one.client === client && (one.person === person || one.member === member),
      );
      if (isTaken) return null;
      const made = { client, person, member, since: world.now() };
      saved.registrations.push(made);
      world.changed();
      return made;
    },
    /** Registration and tokens alike, of one application or of all. */
    end(person: string, client?: string): number {
      const isHit = (one: Token | Registration) =>
        one.person === person && (client === undefined || one.client === client);
      const before = saved.tokens.length;
      saved.tokens = saved.tokens.filter((one) => !isHit(one));
      saved.registrations = saved.registrations.filter((one) => !isHit(one));
      world.changed();
      return before - saved.tokens.length;
    },
    /** Registered people of an application: its limits grow with them. */
    users: (client: string): number => saved.registrations.filter((one) => one.client === client).length,
    reset() {
      saved = { secrets: {}, tokens: [], registrations: [], person: null };
      codes = [];
    },
    save: (): unknown => saved,
    load(state: unknown) {
      if (state) saved = { ...saved, ...(state as Saved) };
    },
  };
}

/** Client and secret of a Basic header; null where there is none. */
export function basicOf(header: string | undefined): [client: string, secret: string] | null {
  const encoded = /^Basic (\S+)$/i.exec(header ?? "")?.[1];
  if (!encoded) return null;
  try {
    const [client = "", secret = ""] = atob(encoded).split(/:(.*)/s);
    return [decodeURIComponent(client), decodeURIComponent(secret)];
  } catch {
    return null;
  }
}

/**
 * What a provider *is*: data and pure functions. No control flow of ours lives here, and no provider's name outside its folder.
 * A quirk is a field of these types. docs/adding-a-provider.md walks through them.
 */
import type { Batch } from "../domain/batch.ts";
import type { Terms } from "../domain/terms.ts";
import type { Fault } from "../platform/errors.ts";
import type { Format } from "./format.ts";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Names of the headers that carry our client id and secret. */
export interface ClientHeaders {
  client_id: string;
  client_secret: string;
}

/** One request to a provider. The host must be one of the provider's `hosts`; egress refuses any other. */
export interface ProviderRequest {
  method?: "GET" | "POST" | "PUT" | "DELETE"; // GET
  url: string;
  query?: Record<string, string>;
  form?: Record<string, string>;
  json?: Json;
  headers?: Record<string, string>;
  /** What vouches for the request. `token` (the default) is placed as the auth entry says. */
  auth?: "token" | "client_basic" | "client_form" | ClientHeaders | "none";
  /** `json` is parsed with integers beyond 2^53 as strings of all their digits. */
  as?: "json" | "text" | "bytes"; // json
  /** Statuses beside 2xx that `read` wants to see, e.g. 404 as "deleted", 409 as "already done". */
  accept?: number[];
  /** Cap of the answer; default 16 MiB. */
  max_bytes?: number;
}

export interface Answer {
  status: number;
  headers: Headers;
  body: unknown;
}

/** Whom a request is made for: never a token. */
export interface Account {
  /** Null before the account is identified. */
  provider_user_id: string | null;
  /** Our public id of the person, where a provider wants one (Polar's `member-id`). */
  public_id: string;
  /** What earlier answers taught of this connection: token host, API version. */
  learned: Record<string, string>;
  /** What the person granted, where it is known: for a request that would go by another scope. */
  granted_scopes?: readonly string[];
}

// ---- Protocols ----

export interface Scope {
  name: string;
  /** What the person reads of it. */
  text: string;
  /** Without it connecting makes no sense; the others may be unticked ("partial"). */
  required?: boolean;
}

/** Members of RFC 6749 §5.1 and §5.2, after `readToken` has made the answer so. */
export type TokenBody = Record<string, unknown>;

export interface OAuth2 {
  type: "oauth2";
  /** Which entry counts where a provider has several: the first whose `when` holds. */
  when?: { variable: string; is: string };
  authorize: string;
  /** What `iss` must be where the callback has one (RFC 9207); default the origin of `authorize`. */
  issuer?: string;
  /** Tried in order on 400, 401, 403, 404 only; the one that answered is remembered in `learned.token`. */
  token: string[];
  /** Where refreshing has a URL of its own (COROS). */
  refresh_url?: string;
  client_auth: "client_secret_post" | "client_secret_basic";
  pkce: boolean;
  /** What the person may grant. */
  scopes: Scope[];
  /** The authorisation URL has no such parameter: the person chooses on the provider's page (Garmin). */
  scopes_sent?: false;
  scope_separator: " " | ",";
  /** Further parameters of the authorisation URL (`access_type=offline`). */
  authorize_params?: Record<string, string>;
  refresh_params?: Record<string, string>;
  /** Where the granted scopes are told; `fixed`: nowhere, all were granted. */
  granted: "callback" | "token" | "fixed";
  /** A granted scope as told → as asked for (Oura's `extapi:` prefix). */
  read_scope?(told: string): string;
  /**
   * `rotating`: each refresh may bring a new refresh token, the old one dies. `reusable`: it stays. `prolongs`: the answer has no
   * token, the old one lives on for `lifetime_s` (COROS). `none`: tokens do not expire (Polar v3).
   */
  refresh: "rotating" | "reusable" | "prolongs" | "none";
  lifetime_s?: number;
  /** Unused refresh tokens die: one whose access token ended so long ago is used, though nothing is to be fetched. */
  idle_s?: number;
  /** Refresh this long before expiry; default 300. */
  early_s?: number;
  /** Where the access token goes; default the `Authorization: Bearer` header. */
  token_in?: { query: string };
  /** Makes an answer of the token endpoint one of RFC 6749; default as it is. */
  read_token?(status: number, body: unknown): { status: number; body: TokenBody };
  /** Requests that revoke, tried in order until one answers 2xx or a status in its `accept`; empty: there is none. */
  revoke(tokens: { access_token: string; refresh_token: string | null }, account: Account): ProviderRequest[];
}

/** RFC 5849, HMAC-SHA1, header only. */
export interface OAuth1 {
  type: "oauth1";
  when?: { variable: string; is: string };
  request_token: string;
  authorize: string;
  access_token: string;
  /** Whether `oauth_callback_confirmed=true` must be there; where it is sent it must be true in any case. */
  requires_callback_confirmed: boolean;
  /** Also sent to the authorisation page. */
  callback_in_authorize: boolean;
  /**
   * A stored grant may be exchanged for an OAuth 2 one when the operator has switched: a POST with an empty body, signed; the answer
   * is that of a token endpoint. Without `<PROVIDER>_OAUTH1_SECRET` both protocols have one client secret.
   */
  exchange?: { url: string; for: "oauth2" };
  /** What the person may grant on the provider's page; the protocol itself knows no scopes. */
  scopes?: Scope[];
  revoke(account: Account): ProviderRequest[];
}

/** A key the person copies from the provider; exchanged for a bearer, and again before that ends. */
export interface ApiKey {
  type: "api_key";
  /** Offered only where the operator's policy for the provider is `private`. */
  private_only: boolean;
  /** The page where the person makes the key. */
  where: string;
  /** For how many days the provider makes keys, to choose from; left out: they do not end, or nobody knows when. */
  lifetimes_days?: number[];
  exchange: {
    request: ProviderRequest;
    /** `prefix` stands right before the key, with its space. */
    header: { name: string; prefix: string };
    /** Of a 2xx: 401 and 403 are the end of the key, other statuses mean what they do everywhere. `expires_at` in ms. */
    read(answer: Answer, now: number): { access_token: string; expires_at: number } | Fault;
  };
  /** Exchange again this long before the bearer ends; default 300. */
  early_s?: number;
  /** Who the account is; default the provider's. `from: "token"` reads the answer of the exchange. */
  identify?: Identify;
  revoke(account: Account): ProviderRequest[];
}

export type Auth = OAuth2 | OAuth1 | ApiKey;

/** Who the account is: told with the token, or asked for. */
export interface Identity {
  provider_user_id: string;
  display_name: string | null;
  avatar_url: string | null;
}
export type Identify =
  | { from: "token"; read(token: TokenBody): Identity | null }
  | { from: "request"; request(account: Account, now: number): ProviderRequest; read(answer: Answer): Identity | null };

// ---- Limits ----

export interface Limit {
  /** Unique within the provider. */
  name: string;
  of: "application" | "user";
  requests: number;
  per_s: number;
  /** Windows start at multiples of `per_s` since the epoch; `rolling` ones with the first request. */
  starts: "aligned" | "rolling";
  /** Protocols of connections it holds for; left out: all. */
  auth?: Auth["type"][];
}
/** What an answer's headers say of a limit. */
export interface LimitReading {
  name: string;
  limit: number;
  used: number;
  /** s until the window ends, where that is told. */
  resets_s?: number;
}

// ---- Streams ----

export interface Window {
  /** ms, `[from, to)`. */
  from: number;
  to: number;
}
export interface Position {
  /** A stream without dates does not look at it. */
  window: Window;
  /** What the page before returned as `next`; null on a window's first page. */
  cursor: Json | null;
  account: Account;
  /** The offset to read a zone-less local time of that date with, s (conventions: guessed once, then kept). */
  offsetAt(date: string): number;
}
export interface Page {
  batch: Batch;
  /** How to ask for the next page of this window; null: that was the last. */
  next: Json | null;
  /** The provider keeps nothing before this instant: backfill ends here. */
  earliest?: number;
  /** Shown on the settings page; `member_since` (ms) is what the progress of a history without an end is measured by. */
  profile?: { display_name?: string | null; avatar_url?: string | null; member_since?: number | null };
}

interface StreamBase {
  /** Shown to the person: "activities". */
  title: string;
  /** Protocols of connections it is read for; left out: all. */
  auth?: Auth["type"][];
  /** Scopes without which it is not asked for; of a list one is enough. */
  scopes: (string | string[])[];
}

/** A list read by windows of time, page by page; live from the newest, history backwards. */
export interface ListStream extends StreamBase {
  kind: "list";
  /** How often it is polled; null: never (its history is asked for, its news are pushed). */
  every_s: number | null;
  /** Each poll begins this long before the last one ended, so that late uploads and edits are caught. */
  overlap_s: number;
  /** Records may be dated ahead by so much (clocks that are wrong, travel): a poll looks so far beyond now. */
  ahead_s?: number;
  /** Now and then a poll looks further back. */
  reread?: { every_s: number; back_s: number };
  /** The longest window one call may span; null: any. */
  max_window_s: number | null;
  /** Backfill: how deep (null: to the beginning), and after how long a stretch without a record it ends; null: none. */
  history: { depth_s: number | null; empty_s?: number } | null;
  /** Least time between two calls of history (asked-for backfills). */
  pace_s?: number;
  /** Its times may lack a zone, so that `offsetAt` needs the guesses of its dates. */
  zoneless?: boolean;
  /** It is first read so long after connecting: by then other streams have told the offsets that its dates are guessed by. */
  first_after_s?: number;
  request(at: Position): ProviderRequest;
  /** A fault (`unreadable`) where the answer as a whole has a wrong shape; a bad item is a rejection of the page. */
  read(answer: Answer, at: Position): Page | Fault;
}

/**
 * A record (detail, streams, file) asked for by itself, from `want` rows that a list page left; newest first. As a rule one request:
 * where an answer's page has a `next`, the next one is made with it as `cursor`, and a want cut off in between begins anew.
 * `start_time` (ms): the record's, for a provider that finds it by its day.
 */
export interface WantStream extends StreamBase {
  kind: "want";
  request(external_id: string, account: Account, cursor?: Json | null, start_time?: number): ProviderRequest;
  read(answer: Answer, external_id: string, account: Account, cursor?: Json | null): Page | Fault;
}

export type Stream = ListStream | WantStream;

/** Whether the stream is read for connections of this protocol (null: of none, a phone bridge's). */
export const isReadBy = ({ auth }: Stream, kind: Auth["type"] | null): boolean =>
  auth === undefined || (kind !== null && auth.includes(kind));

/** Scopes that a stream needs and the person did not grant. */
export function lacking(stream: Stream, granted: readonly string[]): string[] {
  return stream.scopes
    .map((scope) => (typeof scope === "string" ? [scope] : scope))
    .filter((any) => !any.some((scope) => granted.includes(scope)))
    .map((any) => any[0]!);
}

// ---- Push ----

/** A signature scheme as data, read by one verifier over the raw bytes. */
export type Verify =
  /** Signs nothing: the unguessable path, and a header that must be ours where it is present. */
  | { by: "path"; header?: { name: string; is: "client_id" } }
  | {
      by: "hmac";
      hash: "SHA-256" | "SHA-1";
      header: string;
      /** Where the header holds several, `t=1,v1=ab`: the name of the signature among them. */
      member?: string;
      encoding: "hex" | "base64";
      /** What is signed, in order; strings in quotes stand for themselves. */
      parts: ("timestamp" | "body" | `'${string}'`)[];
      /** `any`: s, ms or RFC 3339. */
      timestamp?: { header: string; member?: string; unit: "s" | "ms" | "any"; tolerance_s: number };
      key: "client_secret" | "webhook_secret" | "issued";
      /** The scheme applies only where a key is known (Strava, Polar before its first answer); else the unguessable path vouches. */
      optional?: boolean;
    }
  /** Names of the headers in which our own credentials come back. */
  | { by: "headers"; client_id: string; client_secret: string }
  /**
   * `base64(0x01, key id of 4 bytes, DER)` in one of the headers, keys as a Tink keyset at that address. `Authorization` is what we told
   * when subscribing: wrong is refused, missing is not, since the signature is there.
   */
  | { by: "ecdsa_p256"; headers: string[]; keys: string; authorization: "webhook_secret" };

/**
 * What one pushed element asks for, of one account.
 * `data`: the records themselves, deletions among them. `want`: fetch this record with our token, as its want stream does. `window`:
 * read this stretch of a list. `fetch`: this very request, once (a ping's callback); its page is read at once. `goodbye`: the provider
 * says the person has gone – confirmed by `Push.confirm` before it counts. `permissions`: what the person allows has changed;
 * `Push.permissions` asks for what holds now. `expected`: a new record, whose notice may come before it: looked for a few times.
 * `stream`: the list whose news it is, so that it is told when its data last came.
 */
export type PushItem =
  | { is: "data"; batch: Batch; stream?: string }
  | { is: "want"; kind: string; external_id: string; start_time?: number; expected?: boolean }
  | { is: "window"; stream: string; window: Window }
  | { is: "fetch"; request: ProviderRequest; read(answer: Answer): Page | Fault; stream?: string }
  | { is: "goodbye" }
  | { is: "permissions"; granted: string[] | null };

export interface Subscribed {
  external_id: string;
  /** A key that the provider issued, where it is told. */
  secret: string | null;
  expires_at: number | null;
}

/** Where the elements of a body are: the body itself, the items of an array (or a lone object), or those of each array in an object. */
export type PushElements = "body" | "items" | "arrays";

export interface Push {
  verify: Verify;
  /** Challenge of a subscription handshake: the answer, or null where the request is none. */
  handshake?(query: Record<string, string>, verify_token: string): { status: number; body: Json } | null;
  /** A body that only asks whether anybody is there (Polar's PING, Google's verification): its answer; null: it is none. */
  greeting?(body: unknown, headers: Headers, authorized: boolean): { status: number; body: Json } | null;
  elements: PushElements;
  /** Whose an element is; `key` is the array's, where `elements` is "arrays". Null: nobody's, it is passed over. */
  account(element: unknown, key: string | null): string | null;
  /** What it asks for. Bad elements are rejections in a `data` batch; never throws. */
  read(element: unknown, key: string | null, hints: { now: number; offsetAt(date: string): number }): PushItem[];
  /** A call that fails once the person has gone. Without it only a signed goodbye counts. */
  confirm?(account: Account): ProviderRequest;
  /**
   * Asks for the scopes that are granted now; null: the answer does not say. Without it the notice is believed. Also asked when
   * connecting where no token tells them.
   */
  permissions?: { request(account: Account): ProviderRequest; read(answer: Answer): string[] | null };
  /** What the provider must get to be content, default 200 and an empty body; and the body of 401 and 503. */
  answer?: { status: number; body: Json; refused?: Json };
  /** `application`: one subscription for all; `user`: one a connection; `by_hand`: in the provider's portal. */
  subscription:
    | { per: "by_hand" }
    | {
        per: "application" | "user";
        /** Several where the provider wants one for each kind of event; all are ours, and live and die together. */
        create(callback_url: string, verify_token: string): ProviderRequest | ProviderRequest[];
        remove(external_id: string): ProviderRequest;
        read(answer: Answer): Subscribed | null;
        /** Those of our application that are alive at the provider, or asleep; without it nobody can tell. */
        list?: {
          request: ProviderRequest;
          read(answer: Answer): (Subscribed & { callback_url: string; is_asleep?: boolean })[] | null;
        };
        /** Makes one speak again that the provider has put to sleep, as after failures (Polar). */
        wake?(external_id: string): ProviderRequest;
        /** Makes one last longer; without it a new one takes its place. */
        renew?(external_id: string, verify_token: string): ProviderRequest;
      };
}

// ---- The provider ----

export interface Provider {
  id: string;
  name: string;
  /** For the settings page and the docs table. */
  about: {
    /** What it brings, for a person. */
    data: string;
    /** Where an operator registers an application; null for phone bridges. */
    portal: string | null;
    /** What the operator must know before, or null. */
    approval: string | null;
  };
  /** Empty: a phone bridge, whose connection appears with its first post. */
  auth: Auth[];
  /** Hosts that requests may go to; `*.example.com` stands for any below it and never gets a token. */
  hosts: string[];
  identify?: Identify;
  /** To be done once after the code exchange (Polar's user registration). */
  register?(account: Account): ProviderRequest;
  limits: Limit[];
  read_limits?(headers: Headers): LimitReading[];
  /** What an answer means where its status does not say it (200 refusals, scopes in 401s); undefined: as the status says. */
  read_fault?(answer: Answer, now: number): Fault | null | undefined;
  /** A 401 is the end of the grant (tokens that never expire). */
  final_401?: boolean;
  /**
   * A 401 to a token just issued, where `identify` – which needs no scope – is answered to it, means a scope that was not granted: it
   * stops the stream, and says nothing of the grant (Oura).
   */
  fresh_401?: "scope_missing";
  /**
   * Asks whether the person's consent still stands, where refusals do not say it (COROS): once a day at most, after a `doubtful` fault
   * or a 401 to a token just refreshed. False ends the connection; null: it does not say.
   */
  still_bound?: { request(account: Account): ProviderRequest; read(answer: Answer): boolean | null };
  terms: Terms;
  streams: Record<string, Stream>;
  push?: Push;
  /** Body shapes of phone apps, in order of recognition. */
  formats?: Format[];
  /** Link and words a provider's brand rules ask for beside its records. */
  attribution?: {
    text: string;
    /** The device that recorded it is named behind the text. */
    with_device?: true;
    link?(external_id: string): string;
  };
}

/**
 * Tables of the directory (`DB`) and of the data (the person's shard; the same database while there is one).
 * Property names are column names. Instants are unix ms; JSON is text. Ids that name people or connections are never given twice.
 */
import { sql } from "drizzle-orm";
import { blob, index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

// ---- Directory ----

export const user = sqliteTable("user", {
  id: integer().primaryKey({ autoIncrement: true }),
  public_id: text().notNull().unique(),
  display_name: text(),
  avatar_url: text(),
  /** IANA; from the browser at first sign-in. */
  time_zone: text().notNull().default("UTC"),
  shard: integer().notNull().default(0),
  /** The fence of the person: raised never, gone when the account is erased. */
  epoch: integer().notNull().default(1),
  created_at: integer().notNull(),
  /** Set while an erasure is under way; cron finishes what stands half-way. */
  erasing_at: integer(),
});

export const identity = sqliteTable(
  "identity",
  {
    provider: text().notNull(),
    provider_user_id: text().notNull(),
    user_id: integer().notNull(),
    created_at: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.provider, t.provider_user_id] }), index("identity_user").on(t.user_id)],
);

export const invite = sqliteTable("invite", {
  hash: text().primaryKey(),
  note: text(),
  /** Whom it lets back in; null: somebody new. */
  user_id: integer(),
  created_at: integer().notNull(),
  expires_at: integer().notNull(),
  used_at: integer(),
  used_by: integer(),
});

export const session = sqliteTable(
  "session",
  {
    hash: text().primaryKey(),
    user_id: integer().notNull(),
    created_at: integer().notNull(),
    seen_at: integer().notNull(),
    expires_at: integer().notNull(),
  },
  (t) => [index("session_user").on(t.user_id)],
);

export const preference = sqliteTable(
  "preference",
  { user_id: integer().notNull(), name: text().notNull(), value: text().notNull() },
  (t) => [primaryKey({ columns: [t.user_id, t.name] })],
);

export const apiKey = sqliteTable(
  "api_key",
  {
    id: integer().primaryKey({ autoIncrement: true }),
    user_id: integer().notNull(),
    hash: text().notNull().unique(),
    prefix: text().notNull(),
    name: text().notNull(),
    /** JSON list. */
    scopes: text().notNull(),
    created_at: integer().notNull(),
    last_used_at: integer(),
    expires_at: integer(),
    revoked_at: integer(),
  },
  (t) => [index("api_key_user").on(t.user_id)],
);

export const CONNECTION_STATUS = [
  "connecting",
  "active",
  "needs_reauthorization",
  "paused",
  "ending",
  "revoked",
] as const;

export const GRANT_KIND = ["oauth1", "oauth2", "api_key"] as const;

export const providerConnection = sqliteTable(
  "provider_connection",
  {
    id: integer().primaryKey({ autoIncrement: true }),
    user_id: integer().notNull(),
    provider: text().notNull(),
    provider_user_id: text(),
    status: text({ enum: CONNECTION_STATUS }).notNull(),
    /** Raised by connect, disconnect and erase; the shard's fence follows it. */
    epoch: integer().notNull().default(1),
    granted_scopes: text().notNull().default("[]"),
    /** Sealed JSON `{kind: "oauth1" | "oauth2" | "api_key", …}`; none for a phone bridge. */
    grant: text(),
    grant_kind: text({ enum: GRANT_KIND }),
    expires_at: integer(),
    /** When the person's own key ends, as far as they said. */
    key_expires_at: integer(),
    token_version: integer().notNull().default(0),
    /** Who refreshes, until when; `refresh_at` is when a refresh may be tried again. */
    lease: text(),
    lease_until: integer().notNull().default(0),
    refresh_at: integer().notNull().default(0),
    refresh_failures: integer().notNull().default(0),
    /** Of this version: `unknown`: an answer was lost; `refused`: one invalid_grant was seen; `refused_after_unknown`: both. */
    refresh_state: text(),
    /** 401s to tokens just issued: JSON list of instants within the hour. */
    refused_at: text().notNull().default("[]"),
    /** JSON: token host, API version. */
    learned: text().notNull().default("{}"),
    profile: text().notNull().default("{}"),
    connected_at: integer(),
    last_success_at: integer(),
    last_error_code: text(),
    last_error_at: integer(),
    /** What becomes of the data while `ending` or `connecting` (`restart`: cursors go, records stay); and the status to end with. */
    data: text({ enum: ["keep", "restart", "delete"] }),
    next_status: text({ enum: CONNECTION_STATUS }),
    moved_at: integer(),
    created_at: integer().notNull(),
  },
  (t) => [
    uniqueIndex("connection_user_provider").on(t.user_id, t.provider),
    uniqueIndex("connection_account").on(t.provider, t.provider_user_id),
    index("connection_moved").on(t.moved_at),
    // Grants to be exchanged once the operator has switched: rows of the old protocol only.
    index("connection_oauth1").on(t.provider, t.refresh_at).where(sql`grant_kind = 'oauth1'`),
    index("connection_oauth2").on(t.provider, t.expires_at).where(sql`grant_kind = 'oauth2'`),
  ],
);

export const oauthUsed = sqliteTable("oauth_used", { hash: text().primaryKey(), used_at: integer().notNull() });

export const budget = sqliteTable(
  "budget",
  {
    provider: text().notNull(),
    /** `application`, or `user:<connection id>`. */
    of: text().notNull(),
    name: text().notNull(),
    window_start: integer().notNull(),
    limit: integer().notNull(),
    used: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.provider, t.of, t.name] })],
);

export const subscription = sqliteTable(
  "subscription",
  {
    provider: text().notNull(),
    /** 0: the application's. */
    connection_id: integer().notNull().default(0),
    external_id: text(),
    callback_url: text().notNull(),
    /** Sealed: a key the provider issued. */
    secret: text(),
    status: text().notNull(),
    expires_at: integer(),
    checked_at: integer(),
    created_at: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.provider, t.connection_id] })],
);

export const inbox = sqliteTable(
  "inbox",
  {
    id: integer().primaryKey({ autoIncrement: true }),
    provider: text().notNull(),
    provider_user_id: text().notNull(),
    user_id: integer(),
    connection_id: integer(),
    epoch: integer(),
    body: text().notNull(),
    hash: text().notNull(),
    received_at: integer().notNull(),
    due_at: integer().notNull(),
    attempts: integer().notNull().default(0),
  },
  (t) => [index("inbox_due").on(t.due_at), index("inbox_connection").on(t.connection_id)],
);

/** The last 20 runs of a connection. */
export const run = sqliteTable(
  "run",
  {
    id: integer().primaryKey({ autoIncrement: true }),
    connection_id: integer().notNull(),
    stream: text().notNull(),
    started_at: integer().notNull(),
    ended_at: integer().notNull(),
    pages: integer().notNull(),
    received: integer().notNull(),
    written: integer().notNull(),
    rejected: integer().notNull(),
    outcome: text().notNull(),
    /** JSON: the first of what was rejected, with its pointer and reason. */
    rejections: text().notNull().default("[]"),
  },
  (t) => [index("run_connection").on(t.connection_id, t.id)],
);

/** The last 20 posts of a key: the next one takes the slot of the oldest. */
export const post = sqliteTable(
  "post",
  {
    user_id: integer().notNull(),
    api_key_id: integer().notNull(),
    slot: integer().notNull(),
    /** Of the posts of the key, from 0. */
    number: integer().notNull(),
    provider: text().notNull(),
    at: integer().notNull(),
    status: integer().notNull(),
    bytes: integer().notNull(),
    /** JSON: the counts and first rejections that were answered. */
    answer: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.user_id, t.api_key_id, t.slot] })],
);

export const dead = sqliteTable("dead", {
  id: integer().primaryKey({ autoIncrement: true }),
  connection_id: integer(),
  queue: text().notNull(),
  /** The message; it carries ids only. */
  body: text().notNull(),
  at: integer().notNull(),
});

/** Revocations still to be done at a provider that was down. */
export const revocation = sqliteTable(
  "revocation",
  {
    id: integer().primaryKey({ autoIncrement: true }),
    user_id: integer().notNull(),
    provider: text().notNull(),
    provider_user_id: text(),
    connection_id: integer().notNull(),
    grant: text().notNull(),
    learned: text().notNull().default("{}"),
    attempts: integer().notNull().default(0),
    due_at: integer().notNull(),
    created_at: integer().notNull(),
  },
  (t) => [index("revocation_due").on(t.due_at)],
);

export const audit = sqliteTable(
  "audit",
  {
    id: integer().primaryKey({ autoIncrement: true }),
    /** Kept without a name when the account is erased. */
    user_id: integer(),
    at: integer().notNull(),
    action: text().notNull(),
    provider: text(),
    detail: text(),
  },
  (t) => [index("audit_user").on(t.user_id, t.id)],
);

// ---- Data: the person's shard, WITHOUT ROWID, clustered by user ----

const kept = {
  version: integer().notNull(),
  fetched_at: integer().notNull(),
  updated_at: integer().notNull(),
};

export const activity = sqliteTable(
  "activity",
  {
    user_id: integer().notNull(),
    provider: text().notNull(),
    external_id: text().notNull(),
    sport: text().notNull(),
    sub_sport: text().notNull(),
    name: text(),
    start_time: integer().notNull(),
    utc_offset_s: integer(),
    elapsed_s: real(),
    moving_s: real(),
    distance_m: real(),
    energy_kcal: real(),
    ascent_m: real(),
    descent_m: real(),
    avg_heart_rate_bpm: real(),
    max_heart_rate_bpm: real(),
    avg_speed_mps: real(),
    max_speed_mps: real(),
    avg_power_w: real(),
    max_power_w: real(),
    avg_cadence_rpm: real(),
    steps: real(),
    device: text(),
    is_manual: integer({ mode: "boolean" }),
    is_indoor: integer({ mode: "boolean" }),
    start_lat: real(),
    start_lng: real(),
    polyline: text(),
    training_load: real(),
    rpe: real(),
    extra: text(),
    /** Public id of the record that stands for this one. */
    duplicate_of: text(),
    /** JSON: what it was made from, `{list: {hash, fields}, detail: …}`. */
    parts: text().notNull(),
    ...kept,
  },
  (t) => [
    primaryKey({ columns: [t.user_id, t.provider, t.external_id] }),
    index("activity_start").on(t.user_id, t.start_time),
    index("activity_updated").on(t.user_id, t.updated_at),
  ],
);

export const track = sqliteTable(
  "track",
  {
    user_id: integer().notNull(),
    provider: text().notNull(),
    external_id: text().notNull(),
    data: blob().notNull(),
    points: integer().notNull(),
    ...kept,
  },
  (t) => [primaryKey({ columns: [t.user_id, t.provider, t.external_id] })],
);

export const sleep = sqliteTable(
  "sleep",
  {
    user_id: integer().notNull(),
    provider: text().notNull(),
    external_id: text().notNull(),
    type: text({ enum: ["main", "nap"] }).notNull(),
    date: text().notNull(),
    start_time: integer().notNull(),
    end_time: integer().notNull(),
    utc_offset_s: integer(),
    in_bed_s: real(),
    asleep_s: real(),
    awake_s: real(),
    light_s: real(),
    deep_s: real(),
    rem_s: real(),
    unstaged_s: real(),
    latency_s: real(),
    efficiency_pct: real(),
    score: real(),
    avg_heart_rate_bpm: real(),
    min_heart_rate_bpm: real(),
    avg_hrv_rmssd_ms: real(),
    avg_respiration_brpm: real(),
    avg_spo2_pct: real(),
    stages: text(),
    extra: text(),
    /** JSON `[[source, start_time, end_time, utc_offset_s, stage], …]` where a phone sends segments. */
    segments: text(),
    rank: integer().notNull().default(0),
    parts: text().notNull(),
    ...kept,
  },
  (t) => [
    primaryKey({ columns: [t.user_id, t.provider, t.external_id] }),
    index("sleep_start").on(t.user_id, t.start_time),
    index("sleep_updated").on(t.user_id, t.updated_at),
  ],
);

export const daily = sqliteTable(
  "daily",
  {
    user_id: integer().notNull(),
    date: text().notNull(),
    provider: text().notNull(),
    /** JSON: metric to number; a function of `inputs` and `series`, never patched. */
    metrics: text().notNull(),
    /** JSON: metric to source to given value. */
    inputs: text().notNull(),
    ...kept,
  },
  (t) => [primaryKey({ columns: [t.user_id, t.date, t.provider] }), index("daily_updated").on(t.user_id, t.updated_at)],
);

/** One row a metric, stream and UTC day; see domain/samples for `data` and `local`. */
export const series = sqliteTable(
  "series",
  {
    user_id: integer().notNull(),
    metric: text().notNull(),
    provider: text().notNull(),
    stream: text().notNull(),
    date: text().notNull(),
    count: integer().notNull(),
    min: real().notNull(),
    max: real().notNull(),
    sum: real().notNull(),
    /** Instants of the first and last sample. */
    first: integer().notNull(),
    last: integer().notNull(),
    /** JSON: what each local day in it sums up to. */
    local: text().notNull(),
    data: blob().notNull(),
    ...kept,
  },
  (t) => [
    primaryKey({ columns: [t.user_id, t.metric, t.provider, t.stream, t.date] }),
    index("series_day").on(t.user_id, t.provider, t.date),
  ],
);

export const event = sqliteTable(
  "event",
  {
    user_id: integer().notNull(),
    provider: text().notNull(),
    external_id: text().notNull(),
    kind: text().notNull(),
    start_time: integer().notNull(),
    end_time: integer(),
    utc_offset_s: integer(),
    name: text(),
    /** JSON string or number. */
    value: text(),
    extra: text(),
    ...kept,
  },
  (t) => [
    primaryKey({ columns: [t.user_id, t.provider, t.external_id] }),
    index("event_start").on(t.user_id, t.start_time),
    index("event_updated").on(t.user_id, t.updated_at),
  ],
);

export const tombstone = sqliteTable(
  "tombstone",
  {
    user_id: integer().notNull(),
    kind: text().notNull(),
    provider: text().notNull(),
    external_id: text().notNull(),
    deleted_at: integer().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.user_id, t.kind, t.provider, t.external_id] }),
    index("tombstone_deleted").on(t.user_id, t.deleted_at),
  ],
);

/** A chain of work: a stream live (`activities`), its history (`activities:history`), or a kind of want. */
export const syncCursor = sqliteTable(
  "sync_cursor",
  {
    connection_id: integer().notNull(),
    stream: text().notNull(),
    user_id: integer().notNull(),
    provider: text().notNull(),
    epoch: integer().notNull(),
    queue: text({ enum: ["sync", "backfill"] }).notNull(),
    /** JSON; the engine's: window, cursor, how far it has come. */
    position: text().notNull(),
    version: integer().notNull(),
    /** Null: nothing to do until something is wanted. */
    due_at: integer(),
    lease_until: integer().notNull().default(0),
    run: integer().notNull().default(0),
    /** 1 once a consumer has swapped this run to taken. */
    taken: integer().notNull().default(0),
    attempts: integer().notNull().default(0),
    failures: integer().notNull().default(0),
    /** Why it does not run: `scope_missing`, `gap`…; null: it does. */
    stopped: text(),
    /** What went wrong last, and nothing has gone well since; `rate_limited` is a wait, no error. */
    error_code: text(),
    error_at: integer(),
    last_data_at: integer(),
    backfill_from: integer(),
    backfill_to: integer(),
    backfill_done: real(),
  },
  (t) => [
    primaryKey({ columns: [t.connection_id, t.stream] }),
    index("cursor_due").on(t.due_at),
    index("cursor_user").on(t.user_id),
  ],
);

export const want = sqliteTable(
  "want",
  {
    connection_id: integer().notNull(),
    kind: text().notNull(),
    external_id: text().notNull(),
    user_id: integer().notNull(),
    /** The record's start: newest first. */
    start_time: integer().notNull(),
    wanted: integer().notNull(),
    done: integer().notNull(),
    attempts: integer().notNull().default(0),
    due_at: integer().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.connection_id, t.kind, t.external_id] }),
    index("want_user").on(t.user_id),
    index("want_open").on(t.connection_id, t.kind, t.start_time).where(sql`done < wanted`),
  ],
);

export const gap = sqliteTable(
  "gap",
  {
    connection_id: integer().notNull(),
    stream: text().notNull(),
    from: integer().notNull(),
    to: integer().notNull(),
    user_id: integer().notNull(),
    /** JSON: how to ask for it again. */
    position: text().notNull(),
    reason: text().notNull(),
    at: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.connection_id, t.stream, t.from, t.to] })],
);

/** Every commit asserts the fences of person (`provider` '') and provider; a missing row fails it. */
export const fence = sqliteTable(
  "fence",
  { user_id: integer().notNull(), provider: text().notNull(), epoch: integer().notNull() },
  (t) => [primaryKey({ columns: [t.user_id, t.provider] })],
);

/** Raised by whoever adds, moves or removes an activity or night of that month; asserted by whoever derives from them. */
export const around = sqliteTable(
  "around",
  { user_id: integer().notNull(), month: text().notNull(), version: integer().notNull() },
  (t) => [primaryKey({ columns: [t.user_id, t.month] })],
);

/** Offsets guessed once for local times without a zone. */
export const offsetGuess = sqliteTable(
  "offset_guess",
  {
    user_id: integer().notNull(),
    provider: text().notNull(),
    stream: text().notNull(),
    date: text().notNull(),
    utc_offset_s: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.user_id, t.provider, t.stream, t.date] })],
);

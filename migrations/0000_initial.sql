CREATE TABLE `activity` (
	`user_id` integer NOT NULL,
	`provider` text NOT NULL,
	`external_id` text NOT NULL,
	`sport` text NOT NULL,
	`sub_sport` text NOT NULL,
	`name` text,
	`start_time` integer NOT NULL,
	`utc_offset_s` integer,
	`elapsed_s` real,
	`moving_s` real,
	`distance_m` real,
	`energy_kcal` real,
	`ascent_m` real,
	`descent_m` real,
	`avg_heart_rate_bpm` real,
	`max_heart_rate_bpm` real,
	`avg_speed_mps` real,
	`max_speed_mps` real,
	`avg_power_w` real,
	`max_power_w` real,
	`avg_cadence_rpm` real,
	`steps` real,
	`device` text,
	`is_manual` integer,
	`is_indoor` integer,
	`start_lat` real,
	`start_lng` real,
	`polyline` text,
	`training_load` real,
	`rpe` real,
	`extra` text,
	`duplicate_of` text,
	`parts` text NOT NULL,
	`version` integer NOT NULL,
	`fetched_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`user_id`, `provider`, `external_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `activity_start` ON `activity` (`user_id`,`start_time`);--> statement-breakpoint
CREATE INDEX `activity_updated` ON `activity` (`user_id`,`updated_at`);--> statement-breakpoint
CREATE TABLE `api_key` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`user_id` integer NOT NULL,
	`hash` text NOT NULL,
	`prefix` text NOT NULL,
	`name` text NOT NULL,
	`scopes` text NOT NULL,
	`created_at` integer NOT NULL,
	`last_used_at` integer,
	`expires_at` integer,
	`revoked_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `api_key_hash_unique` ON `api_key` (`hash`);--> statement-breakpoint
CREATE INDEX `api_key_user` ON `api_key` (`user_id`);--> statement-breakpoint
CREATE TABLE `around` (
	`user_id` integer NOT NULL,
	`month` text NOT NULL,
	`version` integer NOT NULL,
	PRIMARY KEY(`user_id`, `month`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `audit` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`user_id` integer,
	`at` integer NOT NULL,
	`action` text NOT NULL,
	`provider` text,
	`detail` text
);
--> statement-breakpoint
CREATE INDEX `audit_user` ON `audit` (`user_id`,`id`);--> statement-breakpoint
CREATE TABLE `budget` (
	`provider` text NOT NULL,
	`of` text NOT NULL,
	`name` text NOT NULL,
	`window_start` integer NOT NULL,
	`limit` integer NOT NULL,
	`used` integer NOT NULL,
	PRIMARY KEY(`provider`, `of`, `name`)
);
--> statement-breakpoint
CREATE TABLE `daily` (
	`user_id` integer NOT NULL,
	`date` text NOT NULL,
	`provider` text NOT NULL,
	`metrics` text NOT NULL,
	`inputs` text NOT NULL,
	`version` integer NOT NULL,
	`fetched_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`user_id`, `date`, `provider`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `daily_updated` ON `daily` (`user_id`,`updated_at`);--> statement-breakpoint
CREATE TABLE `dead` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`connection_id` integer,
	`queue` text NOT NULL,
	`body` text NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `event` (
	`user_id` integer NOT NULL,
	`provider` text NOT NULL,
	`external_id` text NOT NULL,
	`kind` text NOT NULL,
	`start_time` integer NOT NULL,
	`end_time` integer,
	`utc_offset_s` integer,
	`name` text,
	`value` text,
	`extra` text,
	`version` integer NOT NULL,
	`fetched_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`user_id`, `provider`, `external_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `event_start` ON `event` (`user_id`,`start_time`);--> statement-breakpoint
CREATE INDEX `event_updated` ON `event` (`user_id`,`updated_at`);--> statement-breakpoint
CREATE TABLE `fence` (
	`user_id` integer NOT NULL,
	`provider` text NOT NULL,
	`epoch` integer NOT NULL,
	PRIMARY KEY(`user_id`, `provider`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `gap` (
	`connection_id` integer NOT NULL,
	`stream` text NOT NULL,
	`from` integer NOT NULL,
	`to` integer NOT NULL,
	`user_id` integer NOT NULL,
	`position` text NOT NULL,
	`reason` text NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`connection_id`, `stream`, `from`, `to`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `identity` (
	`provider` text NOT NULL,
	`provider_user_id` text NOT NULL,
	`user_id` integer NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`provider`, `provider_user_id`)
);
--> statement-breakpoint
CREATE INDEX `identity_user` ON `identity` (`user_id`);--> statement-breakpoint
CREATE TABLE `inbox` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`provider` text NOT NULL,
	`provider_user_id` text NOT NULL,
	`user_id` integer,
	`connection_id` integer,
	`epoch` integer,
	`body` text NOT NULL,
	`hash` text NOT NULL,
	`received_at` integer NOT NULL,
	`due_at` integer NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE INDEX `inbox_due` ON `inbox` (`due_at`);--> statement-breakpoint
CREATE INDEX `inbox_connection` ON `inbox` (`connection_id`);--> statement-breakpoint
CREATE TABLE `invite` (
	`hash` text PRIMARY KEY NOT NULL,
	`note` text,
	`user_id` integer,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`used_at` integer,
	`used_by` integer
);
--> statement-breakpoint
CREATE TABLE `oauth_used` (
	`hash` text PRIMARY KEY NOT NULL,
	`used_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `offset_guess` (
	`user_id` integer NOT NULL,
	`provider` text NOT NULL,
	`stream` text NOT NULL,
	`date` text NOT NULL,
	`utc_offset_s` integer NOT NULL,
	PRIMARY KEY(`user_id`, `provider`, `stream`, `date`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `post` (
	`user_id` integer NOT NULL,
	`api_key_id` integer NOT NULL,
	`slot` integer NOT NULL,
	`number` integer NOT NULL,
	`provider` text NOT NULL,
	`at` integer NOT NULL,
	`status` integer NOT NULL,
	`bytes` integer NOT NULL,
	`answer` text NOT NULL,
	PRIMARY KEY(`user_id`, `api_key_id`, `slot`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `preference` (
	`user_id` integer NOT NULL,
	`name` text NOT NULL,
	`value` text NOT NULL,
	PRIMARY KEY(`user_id`, `name`)
);
--> statement-breakpoint
CREATE TABLE `provider_connection` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`user_id` integer NOT NULL,
	`provider` text NOT NULL,
	`provider_user_id` text,
	`status` text NOT NULL,
	`epoch` integer DEFAULT 1 NOT NULL,
	`granted_scopes` text DEFAULT '[]' NOT NULL,
	`grant` text,
	`grant_kind` text,
	`expires_at` integer,
	`key_expires_at` integer,
	`token_version` integer DEFAULT 0 NOT NULL,
	`lease` text,
	`lease_until` integer DEFAULT 0 NOT NULL,
	`refresh_at` integer DEFAULT 0 NOT NULL,
	`refresh_failures` integer DEFAULT 0 NOT NULL,
	`refresh_state` text,
	`refused_at` text DEFAULT '[]' NOT NULL,
	`learned` text DEFAULT '{}' NOT NULL,
	`profile` text DEFAULT '{}' NOT NULL,
	`connected_at` integer,
	`last_success_at` integer,
	`last_error_code` text,
	`last_error_at` integer,
	`data` text,
	`next_status` text,
	`moved_at` integer,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `connection_user_provider` ON `provider_connection` (`user_id`,`provider`);--> statement-breakpoint
CREATE UNIQUE INDEX `connection_account` ON `provider_connection` (`provider`,`provider_user_id`);--> statement-breakpoint
CREATE INDEX `connection_moved` ON `provider_connection` (`moved_at`);--> statement-breakpoint
CREATE INDEX `connection_oauth1` ON `provider_connection` (`provider`,`refresh_at`) WHERE grant_kind = 'oauth1';--> statement-breakpoint
CREATE INDEX `connection_oauth2` ON `provider_connection` (`provider`,`expires_at`) WHERE grant_kind = 'oauth2';--> statement-breakpoint
CREATE TABLE `revocation` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`user_id` integer NOT NULL,
	`provider` text NOT NULL,
	`provider_user_id` text,
	`connection_id` integer NOT NULL,
	`grant` text NOT NULL,
	`learned` text DEFAULT '{}' NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`due_at` integer NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `revocation_due` ON `revocation` (`due_at`);--> statement-breakpoint
CREATE TABLE `run` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`connection_id` integer NOT NULL,
	`stream` text NOT NULL,
	`started_at` integer NOT NULL,
	`ended_at` integer NOT NULL,
	`pages` integer NOT NULL,
	`received` integer NOT NULL,
	`written` integer NOT NULL,
	`rejected` integer NOT NULL,
	`outcome` text NOT NULL,
	`rejections` text DEFAULT '[]' NOT NULL
);
--> statement-breakpoint
CREATE INDEX `run_connection` ON `run` (`connection_id`,`id`);--> statement-breakpoint
CREATE TABLE `series` (
	`user_id` integer NOT NULL,
	`metric` text NOT NULL,
	`provider` text NOT NULL,
	`stream` text NOT NULL,
	`date` text NOT NULL,
	`count` integer NOT NULL,
	`min` real NOT NULL,
	`max` real NOT NULL,
	`sum` real NOT NULL,
	`first` integer NOT NULL,
	`last` integer NOT NULL,
	`local` text NOT NULL,
	`data` blob NOT NULL,
	`version` integer NOT NULL,
	`fetched_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`user_id`, `metric`, `provider`, `stream`, `date`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `series_day` ON `series` (`user_id`,`provider`,`date`);--> statement-breakpoint
CREATE TABLE `session` (
	`hash` text PRIMARY KEY NOT NULL,
	`user_id` integer NOT NULL,
	`created_at` integer NOT NULL,
	`seen_at` integer NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `session_user` ON `session` (`user_id`);--> statement-breakpoint
CREATE TABLE `sleep` (
	`user_id` integer NOT NULL,
	`provider` text NOT NULL,
	`external_id` text NOT NULL,
	`type` text NOT NULL,
	`date` text NOT NULL,
	`start_time` integer NOT NULL,
	`end_time` integer NOT NULL,
	`utc_offset_s` integer,
	`in_bed_s` real,
	`asleep_s` real,
	`awake_s` real,
	`light_s` real,
	`deep_s` real,
	`rem_s` real,
	`unstaged_s` real,
	`latency_s` real,
	`efficiency_pct` real,
	`score` real,
	`avg_heart_rate_bpm` real,
	`min_heart_rate_bpm` real,
	`avg_hrv_rmssd_ms` real,
	`avg_respiration_brpm` real,
	`avg_spo2_pct` real,
	`stages` text,
	`extra` text,
	`segments` text,
	`rank` integer DEFAULT 0 NOT NULL,
	`parts` text NOT NULL,
	`version` integer NOT NULL,
	`fetched_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`user_id`, `provider`, `external_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `sleep_start` ON `sleep` (`user_id`,`start_time`);--> statement-breakpoint
CREATE INDEX `sleep_updated` ON `sleep` (`user_id`,`updated_at`);--> statement-breakpoint
CREATE TABLE `subscription` (
	`provider` text NOT NULL,
	`connection_id` integer DEFAULT 0 NOT NULL,
	`external_id` text,
	`callback_url` text NOT NULL,
	`secret` text,
	`status` text NOT NULL,
	`expires_at` integer,
	`checked_at` integer,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`provider`, `connection_id`)
);
--> statement-breakpoint
CREATE TABLE `sync_cursor` (
	`connection_id` integer NOT NULL,
	`stream` text NOT NULL,
	`user_id` integer NOT NULL,
	`provider` text NOT NULL,
	`epoch` integer NOT NULL,
	`queue` text NOT NULL,
	`position` text NOT NULL,
	`version` integer NOT NULL,
	`due_at` integer,
	`lease_until` integer DEFAULT 0 NOT NULL,
	`run` integer DEFAULT 0 NOT NULL,
	`taken` integer DEFAULT 0 NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`failures` integer DEFAULT 0 NOT NULL,
	`stopped` text,
	`error_code` text,
	`error_at` integer,
	`last_data_at` integer,
	`backfill_from` integer,
	`backfill_to` integer,
	`backfill_done` real,
	PRIMARY KEY(`connection_id`, `stream`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `cursor_due` ON `sync_cursor` (`due_at`);--> statement-breakpoint
CREATE INDEX `cursor_user` ON `sync_cursor` (`user_id`);--> statement-breakpoint
CREATE TABLE `tombstone` (
	`user_id` integer NOT NULL,
	`kind` text NOT NULL,
	`provider` text NOT NULL,
	`external_id` text NOT NULL,
	`deleted_at` integer NOT NULL,
	PRIMARY KEY(`user_id`, `kind`, `provider`, `external_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `tombstone_deleted` ON `tombstone` (`user_id`,`deleted_at`);--> statement-breakpoint
CREATE TABLE `track` (
	`user_id` integer NOT NULL,
	`provider` text NOT NULL,
	`external_id` text NOT NULL,
	`data` blob NOT NULL,
	`points` integer NOT NULL,
	`version` integer NOT NULL,
	`fetched_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`user_id`, `provider`, `external_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `user` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`public_id` text NOT NULL,
	`display_name` text,
	`avatar_url` text,
	`time_zone` text DEFAULT 'UTC' NOT NULL,
	`shard` integer DEFAULT 0 NOT NULL,
	`epoch` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`erasing_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `user_public_id_unique` ON `user` (`public_id`);--> statement-breakpoint
CREATE TABLE `want` (
	`connection_id` integer NOT NULL,
	`kind` text NOT NULL,
	`external_id` text NOT NULL,
	`user_id` integer NOT NULL,
	`start_time` integer NOT NULL,
	`wanted` integer NOT NULL,
	`done` integer NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`due_at` integer NOT NULL,
	PRIMARY KEY(`connection_id`, `kind`, `external_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `want_user` ON `want` (`user_id`);--> statement-breakpoint
CREATE INDEX `want_open` ON `want` (`connection_id`,`kind`,`start_time`) WHERE done < wanted;
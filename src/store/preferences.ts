/** Small choices of a person that have no column of their own. */
import type { Context } from "../platform/context.ts";
import { directory } from "./database.ts";
import type { Person } from "./users.ts";

/** `time_zone`: who said it, the browser at first sign-in or the person. */
export type Preference = "time_zone";

export async function preferenceOf(context: Context, person: Person, name: Preference): Promise<string | null> {
  const row = await directory(context)
    .prepare("SELECT value FROM preference WHERE user_id = ?1 AND name = ?2")
    .bind(person.id, name)
    .first<{ value: string }>();
  return row?.value ?? null;
}

export async function prefer(context: Context, person: Person, name: Preference, value: string): Promise<void> {
  await directory(context)
    .prepare(
      `INSERT INTO preference(user_id, name, value) SELECT id, ?2, ?3 FROM user WHERE id = ?1 AND erasing_at IS NULL
       ON CONFLICT(user_id, name) DO UPDATE SET value = excluded.value`,
    )
    .bind(person.id, name, value)
    .run();
}

/**
 * `npm run invite`: a one-time link that lets somebody in. Speaks to a running Worker as its operator (scripts/operator.ts).
 *
 *   npm run invite -- --note "Kim, Berlin" --days 7
 *   npm run invite -- --person usr_…       somebody who has an account and no way in any more
 *   npm run invite -- list
 *   npm run invite -- remove <id>
 */
import { parseArgs } from "node:util";
import { command, operatorOfHere } from "./operator.ts";

interface Invitation {
  id: string;
  note: string | null;
  expires_at: string;
  used_at: string | null;
  person: string | null;
}

await command(import.meta.filename, async () => {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { note: { type: "string" }, days: { type: "string" }, person: { type: "string" } },
  });
  const [what = "create", id] = positionals;
  const ask = operatorOfHere();
  if (what === "create") {
    const { note, days, person } = values;
    const wish = { note, person, ...(days !== undefined && { days: Number(days) }) };
    const { url, expires_at } = await ask<{ url: string; expires_at: string }>("POST", "/invitations", wish);
    console.log(`${url}\nIt works once, until ${expires_at}.`);
  } else if (what === "list") {
    for (let cursor: string | null = ""; cursor !== null; ) {
      const route: string = `/invitations?limit=500${cursor && `&cursor=${encodeURIComponent(cursor)}`}`;
      const page: { data: Invitation[]; next_cursor: string | null } = await ask("GET", route);
      for (const { id, note, used_at, person, expires_at } of page.data) {
        const state = used_at ? `used ${used_at} by ${person ?? "somebody gone"}` : `until ${expires_at}`;
        console.log(`${id}  ${state}  ${note ?? ""}`.trimEnd());
      }
      cursor = page.next_cursor;
    }
  } else if (what === "remove" && id) await ask("DELETE", `/invitations/${encodeURIComponent(id)}`);
  else throw new Error("Say nothing, list, or remove <id>.");
});

/** A running Worker as its operator sees it: by BASE_URL and OPERATOR_TOKEN of the environment, else of `.dev.vars`. */
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, URL } from "node:url";
import { readVariables } from "./variables.ts";

/** Throws with the Worker's own words where it refuses. */
export type Ask = <Answer>(method: string, route: string, body?: object) => Promise<Answer>;

export const operatorAt =
  (address: string, token: string): Ask =>
  async <Answer>(method: string, route: string, body?: object) => {
    const answer = await fetch(new URL(`/api/operator${route}`, address), {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    if (answer.ok) return (text && JSON.parse(text)) as Answer;
    throw new Error(detailOf(text) ?? `it answered ${answer.status}`);
  };

function detailOf(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { detail?: string }).detail;
  } catch {
    return undefined;
  }
}

export function operatorOfHere(): Ask {
  const file = path.join(fileURLToPath(new URL("..", import.meta.url)), ".dev.vars");
  const { BASE_URL, OPERATOR_TOKEN } = { ...(existsSync(file) ? readVariables(file) : {}), ...process.env };
  if (!BASE_URL || !OPERATOR_TOKEN) throw new Error("Set BASE_URL and OPERATOR_TOKEN, as the Worker has them.");
  return operatorAt(BASE_URL, OPERATOR_TOKEN);
}

/** Runs a command where the file is the one that was started; what it throws is said in a line. */
export async function command(file: string, main: () => Promise<void>): Promise<void> {
  if (file !== process.argv[1]) return;
  await main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}

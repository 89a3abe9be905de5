/** `.dev.vars`: written from the example with generated secrets, never overwritten. */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { CLOUD } from "./portal.ts";

export type Variables = Record<string, string | undefined>;

/** Values that differ from the example on a machine of one's own. The simulator takes any client id and secret. */
function generated(): Variables {
  return {
    SESSION_SECRET: randomBytes(32).toString("base64"),
    ENCRYPTION_KEYS: `k1:${randomBytes(32).toString("base64")}`,
    OPERATOR_TOKEN: randomBytes(32).toString("hex"),
    ...Object.fromEntries(
      CLOUD.flatMap((name) => [
        [`${name}_CLIENT_ID`, "simulated"],
        [`${name}_CLIENT_SECRET`, randomBytes(20).toString("hex")],
      ]),
    ),
  };
}

/** The example with `values` put in; comments stay. A value whose line is missing is an error of the example's. */
export function fillIn(example: string, values: Variables): string {
  return Object.entries(values).reduce((text, [name, value]) => {
    const line = new RegExp(`^${name}=.*$`, "m");
    if (!line.test(text)) throw new Error(`.dev.vars.example has no line for ${name}`);
    return text.replace(line, () => `${name}=${value}`);
  }, example);
}

/** Writes `file` if there is none; says whether it did. Only its owner may read it. */
export function writeVariables(file: string, example: string): boolean {
  if (existsSync(file)) return false;
  writeFileSync(file, fillIn(readFileSync(example, "utf8"), generated()), { mode: 0o600 });
  return true;
}

export const readVariables = (file: string): Variables => parseEnv(readFileSync(file, "utf8"));

/** `npm start`: the whole thing on this machine, without accounts or credentials. PORT and SIM_PORT choose other ports. */
import path from "node:path";
import { URL } from "node:url";
import "./assets.ts";
import { launch, type Running, root } from "./launch.ts";
import { operatorAt } from "./operator.ts";
import { readVariables, writeVariables } from "./variables.ts";
import { registerAll } from "./webhooks.ts";

const say = (line: string) => console.log(`  ${line}`);
const variablesFile = path.join(root, ".dev.vars");
const state = path.join(root, ".wrangler");

let running: Running | undefined;
let stopping = false;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, async () => {
    // A second Ctrl-C, or one before there is anything to stop properly: the exit handler of launch ends the children.
    if (stopping || !running) process.exit(130);
    stopping = true;
    console.log("\n  Stopping …");
    await running.stop();
    process.exit(0);
  });
}

try {
  console.log("\n  qt-connect is starting …");
  if (writeVariables(variablesFile, path.join(root, ".dev.vars.example"))) say("Wrote .dev.vars with new secrets.");
  const variables = readVariables(variablesFile);
  running = await launch({
    port: portOf(process.env.PORT, "PORT") ?? 8787,
    simulatorPort: portOf(process.env.SIM_PORT, "SIM_PORT") ?? portIn(variables.PROVIDER_GATEWAY) ?? 8788,
    persist: path.join(state, "state"),
    variablesFile,
    variables,
    speed: Number(process.env.SIM_SPEED) || 60,
    tick_ms: 3000,
    log: path.join(state, "start.log"),
    say,
  });
  const { address, simulator } = running;
  if (simulator && variables.OPERATOR_TOKEN) {
    for (const [provider, why] of await registerAll(operatorAt(address, variables.OPERATOR_TOKEN))) {
      say(`${provider} does not push: ${why}`);
    }
  }
  console.log(`
  ────────────────────────────────────────────────────────────
    Open  ${address}
    ${simulator ? "and choose “Sign in with Strava (simulated)”." : "It talks to the real providers."}

${simulator ? `    Simulated providers   ${simulator}\n` : ""}    API documentation     ${address}/docs
    Log                   .wrangler/start.log
    Stop                  Ctrl-C
  ────────────────────────────────────────────────────────────
`);
  await running.ended;
} catch (error) {
  console.error(`\n  ${error instanceof Error ? error.message : error}\n`);
  await running?.stop();
  process.exit(1);
}

function portOf(text: string | undefined, name: string): number | null {
  if (!text) return null;
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new Error(`${name} must be a port number.`);
}

function portIn(address: string | undefined): number | null {
  try {
    return Number(new URL(address ?? "").port) || null;
  } catch {
    return null;
  }
}

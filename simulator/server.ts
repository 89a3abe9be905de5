/**
 * The simulator as a Node server on the loopback addresses: `node simulator/server.ts`.
 * SIM_PORT (8788), SIM_SPEED (1), SIM_SEED (1), SIM_STATE (a JSON file that keeps grants over restarts).
 */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import { createAdaptorServer, type HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { createSimulator } from "./app.ts";
import { Dropped } from "./faults.ts";

const port = number("SIM_PORT", 8788);
const speed = number("SIM_SPEED", 1);
const file = process.env.SIM_STATE || null;

const simulator = createSimulator({
  seed: process.env.SIM_SEED || 1,
  speed,
  saved: file ? read(file) : undefined,
  save: file ? keeper(file) : undefined,
});

async function answer(request: Request, env: HttpBindings): Promise<Response> {
  try {
    return await simulator.app.fetch(request);
  } catch (error) {
    if (!(error instanceof Dropped)) throw error;
    env.outgoing.destroy();
    return RESPONSE_ALREADY_SENT;
  }
}

const servers = [await listen("127.0.0.1")];
const six = await listen("::1").catch((error: NodeJS.ErrnoException) => {
  if (error.code === "EADDRINUSE") fail(error);
  return null;
});
if (six) servers.push(six);
const where = six ? "127.0.0.1 and ::1" : "127.0.0.1 (::1 is not available here)";
console.log(`Simulated providers on http://localhost:${port} (${where}), speed ${speed}`);

// New activities appear as their day goes by: subscribers hear of them.
setInterval(() => void simulator.control.tick(), 15_000).unref();

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    for (const server of servers) server.close();
    process.exit(0);
  });
}

function listen(host: string): Promise<Server> {
  const server = createAdaptorServer({ fetch: answer as Parameters<typeof createAdaptorServer>[0]["fetch"] }) as Server;
  const listening = new Promise<Server>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host, ipv6Only: host === "::1" }, () => resolve(server));
  });
  return host === "127.0.0.1" ? listening.catch(fail) : listening;
}

function fail(error: NodeJS.ErrnoException): never {
  const taken = `Port ${port} is taken. Stop what uses it, or choose another with SIM_PORT.`;
  console.error(error.code === "EADDRINUSE" ? taken : `The simulator cannot listen on port ${port}: ${error.message}`);
  process.exit(1);
  throw error;
}

function number(name: string, usual: number): number {
  const value = Number(process.env[name] || usual);
  if (Number.isFinite(value) && value > 0) return value;
  console.error(`${name} must be a positive number; ${usual} is used.`);
  return usual;
}

function read(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

/** Writes at most every 50 ms, whole or not at all. */
function keeper(path: string): (state: unknown) => void {
  let pending: unknown;
  let timer: NodeJS.Timeout | null = null;
  const write = () => {
    timer = null;
    writeFileSync(`${path}.new`, JSON.stringify(pending), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  };
  process.on("exit", () => timer && write());
  return (state) => {
    pending = state;
    timer ??= setTimeout(write, 50);
  };
}

/**
 * Starts the simulator and the Worker on this machine and keeps the cron ticking; `npm start` and the browser tests use it.
 * The simulator is spoken to as `localhost`, the Worker as `127.0.0.1`: two sites, as in life.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  type WriteStream,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath, URL } from "node:url";
import { portalOf } from "./portal.ts";
import type { Variables } from "./variables.ts";

export const root = fileURLToPath(new URL("..", import.meta.url));

export interface Wishes {
  /** Ports to begin with; a taken one gives way to the next free one. */
  port: number;
  simulatorPort: number;
  /** Directory of the local database. */
  persist: string;
  /** The file with the Worker's variables, and what is in it. */
  variablesFile: string;
  variables: Variables;
  /** How fast the simulated providers' limits and lifetimes run; 1 is real. */
  speed: number;
  tick_ms: number;
  /** Of children: what is said, in full. */
  log: string;
  say(line: string): void;
}

export interface Running {
  address: string;
  /** Null where the variables name real providers. */
  simulator: string | null;
  /** Ends all; safe to call twice. */
  stop(): Promise<void>;
  /** Rejects when one of the two ends by itself. */
  ended: Promise<never>;
}

const QUIET = { WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false" };
const CRON = "/cdn-cgi/handler/scheduled?cron=*/5+*+*+*+*";

export async function launch(wishes: Wishes): Promise<Running> {
  const { variables, persist, say } = wishes;
  mkdirSync(path.dirname(wishes.log), { recursive: true });
  const log = createWriteStream(wishes.log);
  const children: ChildProcess[] = [];
  let stopping: Promise<void> | null = null;
  const stop = () => (stopping ??= Promise.all(children.map(end)).then(() => void log.end()));
  const onExit = () => {
    for (const child of children) signal(child, "SIGKILL");
  };
  process.once("exit", onExit);

  try {
    const simulated = Boolean(variables.PROVIDER_GATEWAY);
    const simulatorPort = simulated
      ? await freePort("The simulator's", wishes.simulatorPort, { hosts: ["127.0.0.1", "::1"], not: wishes.port }, say)
      : 0;
    const port = await freePort("The Worker's", wishes.port, { hosts: ["127.0.0.1"], not: simulatorPort }, say);
    const address = `http://127.0.0.1:${port}`;
    const simulator = simulated ? `http://localhost:${simulatorPort}` : null;

    if (simulated) {
      const env = {
        SIM_PORT: String(simulatorPort),
        SIM_SPEED: String(wishes.speed),
        SIM_STATE: path.join(persist, "simulator.json"),
        ...portalOf(variables, address),
      };
      mkdirSync(persist, { recursive: true });
      children.push(start("simulator", ["simulator/server.ts"], env, log, say));
    }
    migrate(persist, say);

    // A port that moved moves the address; one that somebody chose (a tunnel to real providers) stays.
    const chosen = !simulated && variables.BASE_URL && !variables.BASE_URL.includes("//127.0.0.1:");
    const moved = [
      ...(chosen ? [] : ["--var", `BASE_URL:${address}`]),
      ...(simulator ? ["--var", `PROVIDER_GATEWAY:${simulator}`] : []),
    ];
    const worker = start(
      "worker",
      [
        wrangler,
        "dev",
        "--ip",
        "127.0.0.1",
        "--port",
        String(port),
        "--inspector-port",
        "0",
        "--persist-to",
        persist,
      ].concat("--show-interactive-dev-session=false", "--env-file", wishes.variablesFile, moved),
      QUIET,
      log,
      say,
    );
    children.push(worker);

    const ended = Promise.race(children.map(failure));
    ended.catch(() => {});
    await Promise.race([answering(`${address}/healthz`, wishes.log), ended]);
    const ticking = tick(address, wishes.tick_ms, () => stopping !== null);
    ticking.catch(() => {});
    return { address, simulator, stop, ended };
  } catch (error) {
    await stop();
    throw error;
  }

  /** Rejects when a child ends that was not told to. */
  function failure(child: ChildProcess): Promise<never> {
    return new Promise((_, reject) => {
      child.once("exit", (code) => {
        const which = path.basename(child.spawnargs[1] ?? "", ".ts");
        if (!stopping) reject(new Error(`${which} ended with ${code}; what it said is in ${wishes.log}`));
      });
    });
  }
}

const wrangler = path.join(root, "node_modules/wrangler/bin/wrangler.js");

/** In a process group of its own, so that Ctrl-C reaches us first and nothing is left behind. */
function start(
  name: string,
  args: string[],
  env: Record<string, string>,
  log: WriteStream,
  say: (line: string) => void,
) {
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: process.platform !== "win32",
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      log.write(text);
      for (const line of text.split("\n")) if (/\bERROR\b|Uncaught/.test(line)) say(`${name}: ${line.trim()}`);
    });
  }
  return child;
}

function signal(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.exitCode !== null || child.signalCode !== null || !child.pid) return;
  if (process.platform === "win32") {
    spawnSync("taskkill", ["/pid", String(child.pid), "/t", "/f"]);
    return;
  }
  try {
    process.kill(-child.pid, name);
  } catch {}
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  signal(child, "SIGTERM");
  await Promise.race([gone, wait(5000, undefined, { ref: false }).then(() => signal(child, "SIGKILL"))]);
}

/** Applies the migrations unless these very ones were applied to this database before: asking wrangler takes seconds. */
function migrate(persist: string, say: (line: string) => void): void {
  const directory = path.join(root, "migrations");
  const hash = createHash("sha256");
  for (const file of readdirSync(directory)
    .filter((name) => name.endsWith(".sql"))
    .sort()) {
    hash.update(file).update(readFileSync(path.join(directory, file)));
  }
  const applied = hash.digest("hex");
  const mark = path.join(persist, "migrations.sha256");
  const known = existsSync(path.join(persist, "v3/d1")) && existsSync(mark) && readFileSync(mark, "utf8");
  if (known === applied) return;
  say("Preparing the local database …");
  const result = spawnSync(
    process.execPath,
    [wrangler, "d1", "migrations", "apply", "DB", "--local", "--persist-to", persist],
    { cwd: root, env: { ...process.env, ...QUIET, CI: "1" }, encoding: "utf8" },
  );
  if (result.status !== 0) throw new Error(`The migrations failed:\n${result.stdout}\n${result.stderr}`);
  writeFileSync(mark, applied);
}

/** `not`: the other's, which is still free only because nothing has been started. */
async function freePort(
  whose: string,
  wished: number,
  { hosts, not }: { hosts: string[]; not: number },
  say: (line: string) => void,
): Promise<number> {
  for (let port = wished; port < wished + 50; port++) {
    if (port === not) continue;
    if ((await Promise.all(hosts.map((host) => free(port, host)))).every(Boolean)) {
      if (port !== wished) say(`${whose} port ${wished} is taken; using ${port}.`);
      return port;
    }
  }
  throw new Error(`${whose} port ${wished} and the fifty after it are taken.`);
}

function free(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    // No IPv6 here: nothing can hold the port on it either.
    server.once("error", (error: NodeJS.ErrnoException) =>
      resolve(error.code !== "EADDRINUSE" && error.code !== "EACCES"),
    );
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Waits for the Worker; one that was not built lets requests hang, so each has little time. */
async function answering(url: string, log: string): Promise<void> {
  let last = "it did not answer";
  for (const until = Date.now() + 60_000; Date.now() < until; await wait(200)) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5000) }).catch(() => null);
    if (answer?.ok) return;
    // One that answers but is not well says why in its body: a variable that is missing.
    if (answer) last = `it answers ${answer.status}: ${(await answer.text()).slice(0, 500)}`;
  }
  throw new Error(`The Worker did not become ready within a minute: ${last}. What it said is in ${log}`);
}

/** Local wrangler does not fire the cron by itself. One tick at a time; one that fails (a reload) is made up by the next. */
async function tick(address: string, every_ms: number, done: () => boolean): Promise<void> {
  while (!done()) {
    await fetch(address + CRON, { signal: AbortSignal.timeout(60_000) })
      .then((answer) => answer.body?.cancel())
      .catch(() => {});
    await wait(every_ms, undefined, { ref: false });
  }
}

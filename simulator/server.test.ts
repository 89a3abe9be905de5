import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "simulator-"));
const running: ChildProcess[] = [];
afterAll(() => {
  for (const child of running) child.kill();
  rmSync(folder, { recursive: true });
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as { port: number };
  probe.close();
  return port;
}

/** Starts it and waits for its first line, on either output. */
async function start(port: number): Promise<{ child: ChildProcess; line: string }> {
  const env = {
    ...process.env,
    SIM_PORT: String(port),
    SIM_STATE: join(folder, "state.json"),
    SIM_GARMIN_CLIENT: "1:s",
  };
  const child = spawn(process.execPath, [join(import.meta.dirname, "server.ts")], { env });
  running.push(child);
  const [line] = await Promise.race([once(child.stdout, "data"), once(child.stderr, "data")]);
  return { child, line: String(line) };
}

it("listens on loopback, keeps grants over a restart, breaks connections, and yields to a taken port", async () => {
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const first = await start(port);
  expect(first.line).toContain(`http://localhost:${port}`);
  if (first.line.includes("and ::1")) expect((await fetch(`http://[::1]:${port}/`)).status).toBe(200);

  const second = await start(port);
  expect(second.line).toContain(`Port ${port} is taken`);
  if (second.child.exitCode === null) await once(second.child, "exit");
  expect(second.child.exitCode).toBe(1);

  await fetch(`${base}/control/consent`, { method: "PUT", body: JSON.stringify({ consent: "auto" }) });
  const asked = "client_id=1&redirect_uri=http://localhost/cb&response_type=code&scope=activity:read";
  const answer = await fetch(`${base}/www.strava.com/oauth/authorize?${asked}`, { redirect: "manual" });
  const code = new URL(answer.headers.get("location")!).searchParams.get("code")!;
  const body = new URLSearchParams({ client_id: "1", client_secret: "s", grant_type: "authorization_code", code });
  const token = await fetch(`${base}/www.strava.com/oauth/token`, { method: "POST", body });
  const { access_token } = (await token.json()) as { access_token: string };
  const athlete = () =>
    fetch(`${base}/www.strava.com/api/v3/athlete`, { headers: { authorization: `Bearer ${access_token}` } });

  await fetch(`${base}/control/faults`, {
    method: "POST",
    body: JSON.stringify({ kind: "drop", path: "/api/v3/athlete" }),
  });
  await expect(athlete()).rejects.toThrow();
  expect((await athlete()).status).toBe(200);

  first.child.kill();
  await once(first.child, "exit");
  await start(port);
  expect((await athlete()).status).toBe(200);
}, 20_000);

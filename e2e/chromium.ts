/**
 * A Chromium that starts on this machine: CHROMIUM_PATH, else an installed one, else the one of npm (linux x64).
 * `node e2e/chromium.ts` says which and exits with 1 where there is none; .ci/run asks so before it turns to apt.
 */
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Browser, chromium } from "playwright-core";

export interface Chromium {
  executablePath: string;
  env: Record<string, string>;
}

/** The npm build has its own headless shell, needs no sandbox helper, and calls nobody with these. */
const ARGS = [
  "--no-sandbox",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
  "--disable-quic",
];

export const open = ({ executablePath, env }: Chromium): Promise<Browser> =>
  chromium.launch({ executablePath, args: ARGS, env: { ...process.env, ...env } as Record<string, string> });

export async function findChromium(): Promise<Chromium | null> {
  const given = process.env.CHROMIUM_PATH;
  if (given) return { executablePath: given, env: {} };
  for (const candidate of installed()) if (await starts(candidate)) return candidate;
  for await (const candidate of fromNpm()) if (await starts(candidate)) return candidate;
  return null;
}

async function starts(candidate: Chromium): Promise<boolean> {
  try {
    const browser = await open(candidate);
    await browser.close();
    return true;
  } catch {
    return false;
  }
}

function installed(): Chromium[] {
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
  const directories = (process.env.PATH ?? "").split(path.delimiter);
  return [
    ...directories.flatMap((directory) => names.map((name) => path.join(directory, name))),
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
  ]
    .filter((file) => existsSync(file))
    .map((executablePath) => ({ executablePath, env: {} }));
}

async function* fromNpm(): AsyncGenerator<Chromium> {
  if (process.platform !== "linux" || process.arch !== "x64") return;
  const name = "@sparticuz/chromium";
  const packaged = await import(name).catch(() => null);
  if (!packaged) return;
  const executablePath: string = await packaged.default.executablePath();
  const fonts = { FONTCONFIG_PATH: path.join(tmpdir(), "fonts") };
  const hasFonts = existsSync("/etc/fonts/fonts.conf");
  yield { executablePath, env: hasFonts ? {} : fonts };
  // Without nss, nspr and expat of the system: with those that the package brings for Amazon's Linux.
  const bin = path.join(path.dirname(new URL(import.meta.resolve(name)).pathname), "../bin");
  const libraries: string = await packaged.inflate(path.join(bin, "al2023.tar.br"));
  yield { executablePath, env: { ...fonts, LD_LIBRARY_PATH: path.join(libraries, "lib") } };
}

if (import.meta.main) {
  const found = await findChromium();
  console.log(found ? `Chromium: ${found.executablePath}` : "No Chromium starts on this machine.");
  process.exit(found ? 0 : 1);
}

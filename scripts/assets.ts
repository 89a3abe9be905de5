/** Puts what browsers load from us into public/static: our own files and those of three packages. Writes only what changed. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, URL } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const own = path.join(root, "src/http/pages/assets");
const target = path.join(root, "public/static");

/** Name below /static → where it comes from. */
const files: Record<string, string> = {
  "pico.css": "node_modules/@picocss/pico/css/pico.min.css",
  "uplot.js": "node_modules/uplot/dist/uPlot.iife.min.js",
  "uplot.css": "node_modules/uplot/dist/uPlot.min.css",
  "swagger-ui.css": "node_modules/swagger-ui-dist/swagger-ui.css",
  "swagger-ui-bundle.js": "node_modules/swagger-ui-dist/swagger-ui-bundle.js",
  ...Object.fromEntries(readdirSync(own).map((name) => [name, path.join("src/http/pages/assets", name)])),
};

mkdirSync(target, { recursive: true });
for (const [name, from] of Object.entries(files)) {
  const data = readFileSync(path.join(root, from));
  const to = path.join(target, name);
  if (!current(to, data)) writeFileSync(to, data);
}
for (const name of readdirSync(target)) if (!(name in files)) rmSync(path.join(target, name), { recursive: true });

function current(file: string, data: Buffer): boolean {
  try {
    return readFileSync(file).equals(data);
  } catch {
    return false;
  }
}

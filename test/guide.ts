/** Vite plugin: the code blocks of docs/adding-a-provider.md as the files whose paths they bear. */
import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "..");

export function guideBlocks() {
  const text = readFileSync(path.join(root, "docs/adding-a-provider.md"), "utf8");
  const blocks = new Map(
    [...text.matchAll(/^```ts (\S+)\n([\s\S]*?)^```$/gm)].map(([, file, code]) => [path.join(root, file!), code!]),
  );
  return {
    name: "guide-blocks",
    enforce: "pre" as const,
    resolveId(source: string, importer?: string) {
      const from = source.startsWith("/src/") ? root : path.dirname(importer ?? root);
      const file = path.join(from, source);
      return blocks.has(file) ? file : null;
    },
    load(id: string) {
      const code = blocks.get(id);
      return code === undefined ? null : stripTypeScriptTypes(code);
    },
  };
}

// Bundles the pages into ../static: one HTML file for each entry, scripts and styles named after their content.
import { build } from "esbuild";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "static");
const entries = { studio: "flowhook studio", desk: "flowhook desk", copilot: "flowhook copilot" };

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
const result = await build({
  absWorkingDir: here,
  entryPoints: Object.keys(entries).map((name) => `src/${name}.tsx`),
  outdir: out,
  bundle: true,
  splitting: true,
  format: "esm",
  target: "es2022",
  jsx: "automatic",
  jsxImportSource: "preact",
  minify: true,
  sourcemap: false,
  legalComments: "none",
  entryNames: "[name]-[hash]",
  chunkNames: "chunk-[hash]",
  metafile: true,
});

for (const [file, made] of Object.entries(result.metafile.outputs)) {
  const entry = made.entryPoint && basename(made.entryPoint, ".tsx");
  if (!entry || !(entry in entries)) continue;
  const style = made.cssBundle ? `<link rel="stylesheet" href="/studio/${basename(made.cssBundle)}">` : "";
  await writeFile(join(out, `${entry}.html`), `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="nonce" content="NONCE">
<meta name="color-scheme" content="light dark">
<title>${entries[entry]}</title>
<link rel="icon" href="/studio/icon.svg">
${style}
<script type="module" src="/studio/${basename(file)}"></script>
</head>
<body><div id="page"><noscript>These pages need JavaScript; everything they do is in /docs, too.</noscript></div></body>
</html>
`);
}
await writeFile(join(out, "icon.svg"), await readFile(join(here, "src", "icon.svg")));
await writeFile(join(out, "licenses.txt"), await licenses());

async function licenses() {
  const packages = new Set();
  for (const input of Object.keys(result.metafile.inputs)) {
    const found = input.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//);
    if (found) packages.add(found[1]);
  }
  const parts = [];
  for (const name of [...packages].sort()) {
    const folder = join(here, "node_modules", name);
    const facts = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    let text = "";
    for (const file of ["LICENSE", "LICENSE.md", "license"]) {
      text ||= await readFile(join(folder, file), "utf8").catch(() => "");
    }
    parts.push(`${name} ${facts.version} (${facts.license})\n\n${text.trim()}\n`);
  }
  return parts.join("\n----\n\n");
}

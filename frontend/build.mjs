// Builds what browsers load: one script and one sheet per door, the widget's loader, the icon sprite and the logo,
// each under a name made from its content, and manifest.json with the names.
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const here = path.dirname(fileURLToPath(import.meta.url));
const dist = path.resolve(here, "../src/madoguchi/front/ui/dist");
const entries = ["counter.ts", "desk.ts", "demo.ts", "widget.ts", "css/counter.css", "css/desk.css", "css/demo.css"];

async function sprite() {
  const names = (await readFile(path.join(here, "src/icons.txt"), "utf8")).split("\n").filter(Boolean);
  const symbols = await Promise.all(names.map(async (name) => {
    const svg = await readFile(path.join(here, `node_modules/lucide-static/icons/${name}.svg`), "utf8");
    const shapes = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>")).replace(/\s*\n\s*/g, "");
    return `<symbol id="${name}" viewBox="0 0 24 24">${shapes}</symbol>`;
  }));
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("\n")}</svg>\n`;
}

async function place(name, content) {
  const { name: stem, ext } = path.parse(name);
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 8).toUpperCase();
  const hashed = `${stem}-${hash}${ext}`;
  await writeFile(path.join(dist, hashed), content);
  return [name, hashed];
}

async function build() {
  await rm(dist, { recursive: true, force: true });
  await mkdir(dist, { recursive: true });
  const result = await esbuild.build({
    absWorkingDir: here,
    entryPoints: entries.map((entry) => `src/${entry}`),
    entryNames: "[name]-[hash]",
    outdir: dist,
    bundle: true,
    format: "iife",
    minify: true,
    metafile: true,
    target: ["chrome119", "firefox121", "safari17.4"],
    logLevel: "warning",
  });
  const bundles = Object.entries(result.metafile.outputs).map(([file, { entryPoint }]) => {
    const { name } = path.parse(entryPoint);
    return [name + path.extname(file), path.basename(file)];
  });
  const rest = [await place("icons.svg", await sprite()), await place("logo.svg", await readFile(path.join(here, "src/logo.svg")))];
  const manifest = Object.fromEntries([...bundles, ...rest].sort());
  await writeFile(path.join(dist, "manifest.json"), JSON.stringify(manifest, null, 2) + "\n");
}

await build();

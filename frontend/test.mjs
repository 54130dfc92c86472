// Runs the tests of the parts that need no browser; the rest is tested in Chromium with the pages.
import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import * as esbuild from "esbuild";

const out = await mkdtemp(path.join(tmpdir(), "madoguchi-frontend-"));
const tests = (await readdir("test")).map((name) => `test/${name}`);
await esbuild.build({ entryPoints: tests, outdir: out, bundle: true, platform: "node", format: "esm", outExtension: { ".js": ".mjs" } });
const files = (await readdir(out)).map((name) => path.join(out, name));
const { status } = spawnSync(process.execPath, ["--test", ...files], { stdio: "inherit" });
await rm(out, { recursive: true });
process.exit(status ?? 1);

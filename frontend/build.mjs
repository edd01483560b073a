// Bundles the front end into src/umaya/web/static/dist: one script and one style sheet for each page family, MapLibre's
// worker beside them, every name carrying the hash of its content, and manifest.json telling logical name -> file.
// Nothing here is committed; `scripts/frontend.py` runs it when sources changed.

import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "../src/umaya/web/static/dist");
const modules = join(here, "../node_modules");

const ENTRIES = { site: "site.js", counter: "counter/desk.js", places: "places/address.js", reports: "reports/form.js", roads: "roads/map.js", "roads-live": "roads/live.js", offices: "offices/map.js" };
const STYLES = { site: "site.css", places: "places/address.css", roads: "roads/map.css", offline: "roads/offline.css", offices: "offices/map.css" };
// Written into one page that is opened without a server, so it is one plain script.
const ALONE = { offline: "roads/offline.js" };

async function copyHashed(source, logical) {
  const hash = createHash("sha256").update(await readFile(source)).digest("hex").slice(0, 8).toUpperCase();
  const [stem, extension] = logical.split(".");
  const name = `${stem}-${hash}.${extension}`;
  await copyFile(source, join(out, name));
  return name;
}

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });

const options = {
  absWorkingDir: here,
  bundle: true,
  splitting: true, // HTMX once, for all entries
  chunkNames: "chunk-[hash]",
  minify: true,
  format: "esm",
  target: ["es2022"],
  outdir: out,
  entryNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  legalComments: "linked",
  metafile: true,
  logLevel: "warning",
};
const results = [
  await build({ ...options, entryPoints: ENTRIES }),
  await build({ ...options, entryPoints: STYLES }),
  await build({ ...options, entryPoints: ALONE, splitting: false, format: "iife", legalComments: "inline" }),
];

// The PDFs of notices are set in BIZ UDPGothic (SIL Open Font License), by the server.
const fonts = join(modules, "@expo-google-fonts/biz-udpgothic");
await mkdir(join(out, "fonts"));
for (const [source, name] of [
  ["400Regular/BIZUDPGothic_400Regular.ttf", "BIZUDPGothic-Regular.ttf"],
  ["700Bold/BIZUDPGothic_700Bold.ttf", "BIZUDPGothic-Bold.ttf"],
  ["LICENSE_FONT", "LICENSE"],
]) {
  await copyFile(join(fonts, source), join(out, "fonts", name));
}

const manifest = {
  // MapLibre starts its worker from a file of this origin, so that no blob: worker is needed.
  "maplibre-worker.js": await copyHashed(join(modules, "maplibre-gl/dist/maplibre-gl-worker.mjs"), "maplibre-worker.js"),
};
for (const { metafile } of results) {
  for (const [file, { entryPoint }] of Object.entries(metafile.outputs)) {
    if (!entryPoint) continue;
    const name = basename(file);
    manifest[name.replace(/-[A-Z0-9]{8}(?=\.\w+$)/, "")] = name;
  }
}
await writeFile(join(out, "manifest.json"), JSON.stringify(manifest, Object.keys(manifest).sort(), 1) + "\n");

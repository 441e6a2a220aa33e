// Bundles the TypeScript with esbuild.
//
//   node build.mjs assets OUT   frame.html, element.js, loader.js, texts-*.json, admin/admin.{js,css} (need the WASM glue)
//   node build.mjs demo         dist/demo/*.js, for Node
//   node build.mjs tests        dist/tests/*.test.js, for `node --test`
//   node build.mjs bench        dist/bench/seal.js, for Node, and dist/bench/pages/*.js (need the WASM glue)
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";

const web = dirname(fileURLToPath(import.meta.url));

const shared = {
  absWorkingDir: web,
  bundle: true,
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
  target: "es2022",
};

/** As old as the browsers that get the portable module. */
const AGED = ["chrome105", "firefox105", "safari16"];

/** Style sheets that a script brings along, as texts without what is for people. */
const styles = {
  name: "styles",
  setup: ({ onLoad }) =>
    onLoad({ filter: /\/src\/.*\.css$/ }, async ({ path }) => {
      const { code } = await transform(readFileSync(path, "utf8"), { loader: "css", minify: true, target: AGED });
      return { contents: code.trim(), loader: "text" };
    }),
};

/** One file without imports: what a page pins by one hash must not load anything else. */
const forBrowsers = { ...shared, platform: "browser", minify: true, plugins: [styles] };

/** npm packages stay outside: tests and demo run beside node_modules. */
const forNode = {
  ...shared,
  platform: "node",
  format: "esm",
  packages: "external",
  target: "node20",
  sourcemap: "inline",
};

async function assets(out) {
  const bundle = (entry, file, format, more) =>
    build({ ...forBrowsers, entryPoints: [entry], outfile: join(out, file), format, ...more });
  await Promise.all([
    ...languages().map((language) => texts(language, join(out, `texts-${language}.json`))),
    frame(join(out, "frame.html")),
    bundle("src/element/main.ts", "element.js", "iife"), // runs as a classic script or as a module
    bundle("src/frame/main.ts", "loader.js", "esm", { drop: ["console"] }), // the glue's; a frame tells its page
    bundle("src/admin/main.ts", "admin/admin.js", "esm"),
    bundle("../www/admin/admin.css", "admin/admin.css"),
  ]);
}

/** The frame's document: its style, which no other page shares, without what is for people. */
async function frame(file) {
  const page = readFileSync(join(web, "../www/frame/frame.html"), "utf8");
  const [, style] = /<style>([^]*?)<\/style>/.exec(page);
  const { code } = await transform(style, { loader: "css", minify: true, target: AGED });
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, page.replace(style, () => code.trim()));
}

/** The frame's languages besides English, by their files. */
function languages() {
  const names = readdirSync(join(web, "src/frame")).map((name) => /^texts-([a-z]+)\.ts$/.exec(name)?.[1]);
  return names.filter((name) => name !== undefined);
}

/** One language as JSON. The types of its source say that no text is missing. */
async function texts(language, file) {
  const entryPoints = [`src/frame/texts-${language}.ts`];
  const { outputFiles } = await build({ ...forNode, entryPoints, sourcemap: false, write: false });
  const module = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(module.texts));
}

async function demo() {
  const outdir = "dist/demo";
  const entryPoints = ["shop", "thief"].map((name) => `src/demo/${name}/main.ts`);
  rmSync(join(web, outdir), { recursive: true, force: true });
  await build({ ...forNode, entryPoints, outdir, outbase: "src/demo", entryNames: "[dir]" });
}

async function tests() {
  const outdir = "dist/tests";
  const entryPoints = ["tests/unit", "tests/wasm"].flatMap((directory) =>
    readdirSync(join(web, directory), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(".test.ts"))
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name)),
  );
  rmSync(join(web, outdir), { recursive: true, force: true });
  await build({ ...forNode, entryPoints, outdir, outbase: join(web, "tests") });
}

async function bench() {
  const outdir = "dist/bench";
  const pages = ["nightsafe", "libsodium", "xwing"].map((name) => `bench/pages/${name}.ts`);
  rmSync(join(web, outdir), { recursive: true, force: true });
  await Promise.all([
    build({ ...forNode, entryPoints: ["bench/seal.ts"], outdir }),
    build({ ...forBrowsers, entryPoints: pages, outdir: `${outdir}/pages`, format: "esm" }),
  ]);
}

const [what, out] = process.argv.slice(2);
if (what === "assets" && out !== undefined) await assets(resolve(out));
else if (what === "demo") await demo();
else if (what === "tests") await tests();
else if (what === "bench") await bench();
else {
  console.error(`use: node ${basename(import.meta.url)} assets OUT | demo | tests | bench`);
  process.exit(2);
}

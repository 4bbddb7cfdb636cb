import { copyFile, readFile, rm, writeFile } from "node:fs/promises";
import { basename, relative, sep } from "node:path";
import { build } from "esbuild";

/** Some of what is bundled is CommonJS and asks for `require`. */
const REQUIRE = 'import { createRequire as commonJs } from "node:module"; const require = commonJs(import.meta.url);';

/** Writes into each case the file and line of its definition, which `explain` tells. */
const places = {
  name: "places",
  setup: ({ onLoad }) =>
    onLoad({ filter: /[\\/]suites[\\/].*\.ts$/ }, async ({ path }) => {
      const file = relative(process.cwd(), path).replaceAll(sep, "/");
      const lines = (await readFile(path, "utf8")).split("\n");
      const placed = lines.map((line, i) => line.replace("scenario({", `scenario({ place: "${file}:${i + 1}",`));
      return { contents: placed.join("\n"), loader: "ts" };
    }),
};

/** The packages that are slow to load, and that few commands need. Each becomes a file for the command and the library together. */
const LATE_PACKAGES = ["ajv", "cliui", "fast-check", "picomatch", "semver", "string-width", "yaml"];
const LATE = [...LATE_PACKAGES, "node:crypto", "node:zlib"];

/** Loads late modules when they are first used, so that a command starts without those that it does not need. */
const late = {
  name: "late",
  setup({ onResolve, onLoad }) {
    const there = ({ path }) => ({ path: LATE_PACKAGES.includes(path) ? `./${path}.cjs` : path, external: true });
    onResolve({ filter: new RegExp(`^(${LATE.join("|")})$`) }, ({ kind, path, importer }) => {
      if (kind === "entry-point") return undefined;
      // One for each file that imports it, so that none takes a chunk of its own.
      return kind === "import-statement"
        ? { path, namespace: "late", suffix: `?${basename(importer)}` }
        : there({ path });
    });
    onLoad({ filter: /./, namespace: "late" }, async ({ path }) => ({ contents: await standIns(path) }));
  },
};

/** Writes what stands in the place of all that a module exports. It loads the module when it is called, made or read. */
async function standIns(path) {
  const names = Object.keys(await import(path)).filter((name) => /^\w+$/.test(name) && name !== "module.exports");
  return `
    const load = (name) => { const it = require("${path}"); return it[name] ?? it; };
    const standIn = (name) => new Proxy(function () {}, {
      get: (_, key) => load(name)[key],
      apply: (_, self, words) => load(name).apply(self, words),
      construct: (_, words) => new (load(name))(...words),
    });
    ${names.map((name, i) => `const late${i} = /* @__PURE__ */ standIn("${name}");`).join("\n")}
    export { ${names.map((name, i) => `late${i} as ${name}`).join(", ")} };`;
}

/** The bytes of a chunk that is small: to load a file takes longer than to read so many more. */
const SMALL = 8_000;

/** The options that the command and the library have in common. */
const common = {
  outdir: "dist",
  bundle: true,
  platform: "node",
  target: "node20",
  external: ["bufferutil", "utf-8-validate"], // `ws` uses them where they are installed; a test dependency brings them here.
  plugins: [places, late],
  metafile: true,
  minifySyntax: true,
  legalComments: "none", // THIRD-PARTY-LICENSES.txt holds them.
  logLevel: "warning",
};

await rm("dist", { recursive: true, force: true });
const command = await build({
  ...common,
  entryPoints: { cli: "cli/main.ts", "server-thread": "cli/server-thread.ts" },
  splitting: true,
  format: "esm",
  banner: { js: REQUIRE },
  minifyWhitespace: true,
});

await joinSmall(command.metafile.outputs);

/** Every test runner loads CommonJS, and it can be imported, too. Node.js prints the line that an error comes from: it is short. */
const library = await build({
  ...common,
  entryPoints: { index: "library/index.ts", ...Object.fromEntries(LATE_PACKAGES.map((name) => [name, name])) },
  outExtension: { ".js": ".cjs" },
  format: "cjs",
  supported: { "dynamic-import": false }, // Jest does not know it in CommonJS.
  minifyWhitespace: true,
  lineLimit: 160,
});

/** The script and the style of the HTML report, which are copied into every one. */
const page = await build({
  entryPoints: [
    { in: "reports/html/client.tsx", out: "page" },
    { in: "reports/html/css/page.css", out: "page" },
  ],
  outdir: "dist",
  bundle: true,
  platform: "browser",
  format: "iife",
  target: ["es2022", "chrome111", "firefox111", "safari16"],
  metafile: true,
  minify: true,
  logLevel: "warning",
});

for (const types of ["index.d.cts", "report.d.cts"]) await copyFile(`library/${types}`, `dist/${types}`);
await copyFile("reports/report.schema.json", "dist/report.schema.json");
for (const name of ["config", "explain", "list"]) await copyFile(`cli/${name}.schema.json`, `dist/${name}.schema.json`);
await copyFile("certificates/certificate.schema.json", "dist/certificate.schema.json");
await writeFile(
  "dist/THIRD-PARTY-LICENSES.txt",
  await licenses([command, library, page].flatMap(({ metafile }) => Object.keys(metafile.inputs))),
);

/** Puts the small chunks that load nothing else into one file, since each command needs dozens of them. */
async function joinSmall(outputs) {
  const isSmall = (path) =>
    basename(path).startsWith("chunk-") &&
    outputs[path].bytes < SMALL &&
    outputs[path].imports.every((it) => it.kind !== "import-statement" || (!it.external && isSmall(it.path)));
  const [small, others] = [true, false].map((is) => Object.keys(outputs).filter((path) => isSmall(path) === is));
  const names = small.flatMap((path) => outputs[path].exports);
  if (new Set(names).size < names.length) throw new Error("Two small chunks export the same name: rename one");
  const here = (path) => `./${basename(path)}`;
  const bare = {
    name: "bare",
    setup: ({ onLoad }) =>
      onLoad({ filter: /chunk-/ }, async ({ path }) => ({
        contents: (await readFile(path, "utf8")).replace(REQUIRE, ""),
      })),
  };
  await build({
    ...common,
    stdin: { contents: small.map((path) => `export * from "${here(path)}";`).join(""), resolveDir: common.outdir },
    outdir: undefined,
    outfile: `${common.outdir}/core.js`,
    external: [...common.external, ...others.map(here)],
    plugins: [bare],
    format: "esm",
    banner: { js: REQUIRE },
    minifyWhitespace: true,
  });
  const joined = new Set(small.map(here));
  for (const path of others) {
    const text = await readFile(path, "utf8");
    await writeFile(
      path,
      text.replace(/\.\/chunk-\w+\.js/g, (name) => (joined.has(name) ? "./core.js" : name)),
    );
  }
  await Promise.all(small.map((path) => rm(path)));
}

/** The licence of every package that is in the bundle. */
async function licenses(inputs) {
  const folders = inputs.flatMap((path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []);
  const texts = [...new Set(folders)].sort().map(async (folder) => {
    const { name, version, license } = JSON.parse(await readFile(`${folder}/package.json`, "utf8"));
    const text = await Promise.any(
      ["LICENSE", "LICENSE.md", "LICENSE.txt", "LICENCE", "license"].map((file) =>
        readFile(`${folder}/${file}`, "utf8"),
      ),
    ).catch(() => "");
    return `${name} ${version} (${license})\n\n${text.trim()}\n`;
  });
  return (await Promise.all(texts)).join(`\n${"-".repeat(80)}\n\n`);
}

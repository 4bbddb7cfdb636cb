// Measures the figures that the project promises, side by side in one run: medians of RUNS runs each. Exits with 1 if one is over
// its bound. `node build.js && node bench/bench.js [RUNS]`
import { execFile, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { CLI, env, figure, folder, median } from "./common.js";
import { delayProxy } from "./proxy.js";

const RUNS = Number(process.argv[2] ?? 9);
const DELAY = 50;
const TIMEOUT = 2_000;
/** The bounds of wall times, in ms. With `--all` a client is held for one timeout in the end. */
const MOST = { "run --all, embedded server": 3_000 + TIMEOUT };
const { path: out, remove } = await folder("bench");
const exec = promisify(execFile);

// No figure measures the client that is silent for one timeout beside all others.
const quick = ["--quiet", "--idle", "0", "--out", out];
const run = ["run", ...quick];
const node = (...args) => exec(process.execPath, args, { env });

/** Resolves to the wall time of a whole process, in ms. */
async function wall(...args) {
  const began = performance.now();
  await node(...args);
  return performance.now() - began;
}

/** Measures commands in turn, so that other work of the machine slows all alike. Resolves to the median wall times, in ms. */
async function medians(things) {
  const times = Object.fromEntries(Object.keys(things).map((name) => [name, []]));
  for (let i = 0; i <= RUNS; i++) {
    for (const [name, args] of Object.entries(things)) {
      const time = await wall(...args);
      if (i > 0) times[name].push(time); // The first round warms the caches of the file system.
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, all]) => [name, median(all)]));
}

/** Resolves to the peak memory of a process, in MiB. */
function peak(...args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ["--import", "./bench/rss.js", ...args], {
      env,
      stdio: ["ignore", "ignore", "ignore", "pipe"],
    });
    let kib = "";
    child.stdio[3].on("data", (bytes) => {
      kib += bytes;
    });
    child.on("close", () => resolve(Number(kib) / 1024));
  });
}

/** Starts a server that prints its url. */
async function serving(...args) {
  const child = spawn(process.execPath, args, { env });
  const url = await new Promise((resolve) => child.stdout.once("data", (text) => resolve(/ws:\S+/.exec(text)[0])));
  return { url, child };
}

const { url, child: server } = await serving(CLI, "serve");
const { url: silentUrl, child: silent } = await serving("tests/servers/slow.js", "silent");
const proxy = await delayProxy(Number(new URL(url).port), DELAY);
const silentProxy = await delayProxy(Number(new URL(silentUrl).port), DELAY);
const far = ({ port }) => `ws://127.0.0.1:${port}`;

// The number of exchanges in a default run against a url.
await node(CLI, "run", url, "--quiet", "--out", out);
const report = JSON.parse(await readFile(join(out, "report.json"), "utf8"));
const exchanges = report.cases.reduce((sum, { connections }) => sum + connections.length, 0);

const times = await medians({
  "node -e 0": ["-e", "0"],
  "--version": [CLI, "--version"],
  list: [CLI, "list"],
  "run, loopback": [CLI, "run", url, ...quick],
  "bare script, loopback": ["bench/bare.js", url, String(exchanges), "16"],
  "run, 50 ms each way": [CLI, "run", far(proxy), ...quick],
  "run, silent, 50 ms each way": [CLI, "run", far(silentProxy), ...quick],
  "run --all, embedded server": [CLI, ...run, "--all"],
});
const memory = await peak(CLI, "run", url, ...quick);
const memoryOfAll = await peak(CLI, ...run, "--all");
for (const child of [server, silent]) child.kill();
for (const it of [proxy, silentProxy]) it.close();
await remove();

console.log(`${report.cases.length} cases, ${exchanges} connections, node ${process.version}, medians of ${RUNS}`);
for (const [name, ms] of Object.entries(times)) figure(name, ms, { unit: "ms", most: MOST[name] });
const ratio = (a, b) => times[a] / times[b];
const over = (a, b) => times[a] - times[b];
figure("run / bare script", ratio("run, loopback", "bare script, loopback"), { digits: 2, most: 1.2 });
figure("per case", times["run, loopback"] / report.cases.length, { unit: "ms", digits: 2, most: 2.5 });
figure("round trips", over("run, 50 ms each way", "run, loopback") / (2 * DELAY), { digits: 1, most: 12 });
figure("silence", over("run, silent, 50 ms each way", "run, 50 ms each way"), { unit: "ms", most: TIMEOUT });
figure("peak memory", memory, { unit: "MiB", most: 150 });
figure("peak memory, --all, embedded server", memoryOfAll, { unit: "MiB" });
figure("--version / node -e 0", ratio("--version", "node -e 0"), { digits: 2, most: 3 });
figure("list / node -e 0", ratio("list", "node -e 0"), { digits: 2, most: 4 });

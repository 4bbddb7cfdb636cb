// Measures the HTML report: how long a page of 500 cases and 10,000 events takes from navigation until it can be worked with,
// and what its making adds to a run. `node build.js && node bench/page.js`; medians of RUNS.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { chromium } from "playwright-core";

const RUNS = Number(process.argv[2] ?? 9);
const CASES = 500;
const EVENTS = 20;
const CLI = "dist/cli.js";
const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
const exec = promisify(execFile);
const out = await mkdtemp(join(tmpdir(), "tachyon-bench-"));
const at = (name) => join(out, name);

const cli = (...args) => exec(process.execPath, [CLI, ...args], { env });
/** Where Chromium is. */
async function which() {
  const { stdout } = await exec("sh", [
    "-c",
    "command -v chromium || command -v chromium-browser || command -v google-chrome",
  ]);
  return stdout.trim();
}

const median = (times) => times.toSorted((a, b) => a - b)[times.length >> 1];

/** Wall times of some commands, measured in turn. */
async function walls(commands) {
  const times = commands.map(() => []);
  for (let i = 0; i < RUNS; i++) {
    for (const [j, args] of commands.entries()) {
      const began = performance.now();
      await cli(...args);
      times[j].push(performance.now() - began);
    }
  }
  return times.map(median);
}

await cli("run", "--json", at("report.json"), "--quiet");
const [bare, made] = await walls([
  ["report", at("report.json"), "--quiet"],
  ["report", at("report.json"), "--quiet", "--html", at("report.html")],
]);

const report = JSON.parse(await readFile(at("report.json"), "utf8"));
const events = report.cases.flatMap(({ connections }) => connections.flatMap((it) => it.events));
const cases = Array.from({ length: CASES }, (_, i) => ({
  ...report.cases[i % report.cases.length],
  id: `bench/case-${i}`,
  connections: [{ url: "ws://localhost/", events: events.slice(i, i + EVENTS) }],
}));
await writeFile(at("big.json"), JSON.stringify({ ...report, cases }));
await cli("report", at("big.json"), "--html", at("big.html"), "--quiet");

const browser = await chromium.launch({ executablePath: env.CHROMIUM ?? (await which()), args: ["--no-sandbox"] });
const times = [];
for (let i = 0; i < RUNS; i++) {
  const page = await browser.newPage();
  const began = performance.now();
  await page.goto(pathToFileURL(at("big.html")).href);
  await page.locator("html.live").waitFor();
  await page.getByRole("searchbox").fill("case-499");
  await page.getByText(`1 of ${CASES} cases`).waitFor();
  times.push(performance.now() - began);
  await page.close();
}
await browser.close();
const sizes = await Promise.all(["report.html", "big.html"].map(async (name) => (await stat(at(name))).size));
await rm(out, { recursive: true });

console.log(`page of ${report.cases.length} cases          ${(sizes[0] / 1024).toFixed(0)} KiB, made in ${(made - bare).toFixed(0)} ms
page of ${CASES} cases, ${CASES * EVENTS} events  ${(sizes[1] / 1024).toFixed(0)} KiB
opened, searched and found  ${median(times).toFixed(0)} ms  (at most 1000)`);

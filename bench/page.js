// Measures how long the HTML report of a whole run takes to make, and from navigation until it can be used. Medians of RUNS. Exits with 1 if the page is too slow. `node build.js && node bench/page.js [RUNS]`
import { execFile } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { chromium } from "playwright-core";
import { CLI, env, figure, folder, median } from "./common.js";

const RUNS = Number(process.argv[2] ?? 9);
const exec = promisify(execFile);
const { path: out, remove } = await folder("page");
const at = (name) => join(out, name);

const cli = (...args) => exec(process.execPath, [CLI, ...args], { env });
/** Finds Chromium. */
async function which() {
  const { stdout } = await exec("sh", [
    "-c",
    "command -v chromium || command -v chromium-browser || command -v google-chrome",
  ]);
  return stdout.trim();
}

/** Measures commands in turn. Resolves to their median wall times, in ms. */
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

const { cases } = JSON.parse(await readFile(at("report.json"), "utf8"));
const events = cases.flatMap(({ connections }) => connections.flatMap((it) => it.events));

const browser = await chromium.launch({ executablePath: env.CHROMIUM ?? (await which()), args: ["--no-sandbox"] });
const times = [];
for (let i = 0; i < RUNS; i++) {
  const page = await browser.newPage();
  const began = performance.now();
  await page.goto(pathToFileURL(at("report.html")).href);
  await page.locator("html.live").waitFor();
  await page.getByRole("searchbox").fill("disconnect/alone");
  await page.getByText(`1 of ${cases.length} cases`).waitFor();
  times.push(performance.now() - began);
  await page.close();
}
await browser.close();
const { size } = await stat(at("report.html"));
await remove();

figure(`page of ${cases.length} cases, ${events.length} events`, size / 1024, { unit: "KiB" });
figure("made in", made - bare, { unit: "ms" });
figure("opened, searched and found", median(times), { unit: "ms", most: 1000 });

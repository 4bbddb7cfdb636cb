// Measures how long runs take against servers that are slow in one way each. A run has to end within LIMITS, in seconds. Exits with 1
// if one does not. `node build.js && node bench/slow.js`
import { spawn } from "node:child_process";
import { once } from "node:events";
import { kinds } from "../tests/servers/slow.js";
import { env, folder } from "./common.js";

const LIMITS = { default: 15, "--all": 30 };

/** A run that takes this many times as long as it may is ended. */
const ENOUGH = 2;

const { path: out, remove } = await folder("slow");

/** Resolves to the wall time of a whole run, in seconds, and its exit code. */
async function run(kind, options, limit) {
  const server = spawn(process.execPath, ["tests/servers/slow.js", kind], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [hello] = await once(server.stdout, "data");
  const began = performance.now();
  const args = ["dist/cli.js", "run", String(hello).trim(), "--quiet", "--out", out, ...options];
  const child = spawn(process.execPath, args, { env, stdio: "ignore", timeout: limit * ENOUGH * 1_000 });
  const [code, signal] = await once(child, "exit");
  server.kill("SIGKILL");
  return { seconds: (performance.now() - began) / 1_000, end: signal ?? code };
}

const row = (...cells) => console.log(cells.map((cell, i) => (i === 0 ? cell.padEnd(36) : cell.padStart(18))).join(""));

row("seconds (exit code)", ...Object.entries(LIMITS).map(([name, limit]) => `${name} (${limit})`));
for (const kind of kinds) {
  const cells = [];
  for (const [name, limit] of Object.entries(LIMITS)) {
    const { seconds, end } = await run(kind, name === "default" ? [] : [name], limit);
    const late = seconds > limit;
    if (late) process.exitCode = 1;
    cells.push(`${late ? "LATE " : ""}${seconds.toFixed(1)} (${end})`);
  }
  row(kind, ...cells);
}
await remove();

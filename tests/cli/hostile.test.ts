import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "@jest/globals";
import { Ajv } from "ajv";
import { SaxesParser } from "saxes";
import schema from "../../reports/report.schema.json" with { type: "json" };
import { hostile } from "../servers/hostile/index.ts";
import type { Hostile } from "../servers/hostile/tcp.ts";
import { waiting } from "../servers/hostile/waiting.ts";
import { byTurns, everything } from "../turns.ts";
import { folder, type Outcome, start } from "./process.ts";

/** The longest time that a run may take on a busy machine, in ms. `npm run bench` measures how long it takes otherwise. */
const [SECONDS, MEGABYTES] = [60, 250];

/** The timeout of a test, in ms. It is longer than that, so that a run that does not end is reported. */
const PATIENCE = 90_000;

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** Loaded into the command: writes its peak memory to a file. A child's `maxRSS` is at least that of its parent, jest. */
const PEAK = `import { existsSync, readFileSync, writeFileSync } from "node:fs";
const status = () => existsSync("/proc/self/status") ? readFileSync("/proc/self/status", "utf8") : "";
process.on("exit", () =>
  writeFileSync("peak", /VmHWM:\\s*(\\d+)/.exec(status())?.[1] ?? String(process.resourceUsage().maxRSS)));`;
const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(PEAK)}`;

/** Matches text on which a terminal would act, and text that was broken on its way to it. */
const RAW = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|^(?!.* → text ).*\ufffd/mu; // The suite sends U+FFFD itself.

/** The line that tells of a search for culprits. A server that resets all ends some as soon as others. */
const SEARCH = /^tachyon-conformance: .* The suite looks for the input that did it\.\n/gm;

interface Run extends Outcome {
  readonly seconds: number;
  readonly megabytes: number;
}

/** Runs the command. If it does not end, it is interrupted, and then killed. */
async function run(cwd: string, args: readonly string[]): Promise<Run> {
  const began = performance.now();
  const { child, outcome } = start(cwd, ["run", ...args], { NODE_OPTIONS });
  const timers = (["SIGTERM", "SIGKILL"] as const).map((signal, i) =>
    setTimeout(() => child.kill(signal), (SECONDS + 5 * i) * 1_000),
  );
  closing.push(() => {
    child.kill("SIGKILL");
    for (const timer of timers) clearTimeout(timer);
  });
  const ended = await outcome;
  const seconds = (performance.now() - began) / 1_000;
  const peak = join(cwd, "peak");
  return { ...ended, seconds, megabytes: existsSync(peak) ? Number(read(peak)) / 1_024 : Number.POSITIVE_INFINITY };
}

const read = (path: string) => new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));

const validate = new Ajv({ strict: true }).compile(schema);

/** Returns the errors in a report.json. */
function reportErrors(text: string): unknown[] {
  const bugs = [...new Set(text.match(/the (case|rule) threw: [^"]*/g))];
  return validate(JSON.parse(text)) ? bugs : [...bugs, ...(validate.errors ?? [])];
}

/** Returns the errors that a strict parser finds in a junit.xml. */
function junitErrors(text: string): string[] {
  const errors: string[] = [];
  const parser = new SaxesParser();
  parser.on("error", ({ message }) => errors.push(message));
  parser.write(text).close();
  return errors;
}

/** Returns in words the errors in what a run told its user. */
function told({ stdout, stderr }: Run, exit: readonly number[]): string[] {
  const all = stdout + stderr;
  const oneLine = exit.includes(3) ? /^tachyon-conformance: [^\n]+\n$/ : /^$/;
  return [
    RAW.test(all) ? `raw: ${JSON.stringify(RAW.exec(all)?.[0])}` : "",
    ...(/^\s+at .*:\d+:\d+/m.exec(all) ?? []),
    ...(/.*bug of the suite.*/i.exec(all) ?? []),
    oneLine.test(stderr.replace(SEARCH, "")) ? "" : `stderr: ${stderr}`,
  ].filter(Boolean);
}

/** Runs the suite against a hostile server. Gathers all errors, so that none hides another. */
async function complaints({ start, exit }: Hostile, part: readonly string[] = []): Promise<unknown[]> {
  const { path: cwd, remove } = folder();
  closing.push(remove);
  const { url, close } = await start();
  closing.push(close);

  const ran = await run(cwd, [url, ...part]);
  const reports = join(cwd, "tachyon-report");
  const due = ran.code !== 3;
  const { code, seconds, megabytes } = ran;
  return [
    ...(seconds < SECONDS ? [] : [`${seconds.toFixed(1)} s`]),
    ...(megabytes < MEGABYTES ? [] : [`${megabytes.toFixed(0)} MB`]),
    ...(exit.includes(code ?? -1) ? [] : [`exit code ${code}`]),
    ...told(ran, exit),
    ...(existsSync(join(reports, "report.json")) === due ? [] : ["reports where none are due, or none"]),
    ...(due ? reportErrors(read(join(reports, "report.json"))) : []),
    ...(due ? junitErrors(read(join(reports, "junit.xml"))) : []),
  ];
}

/** The servers that cost the suite most meet every case, the others a third of them. */
const WHOLE = ["endless messages", "1900 tiny messages", "15,000 keys"];
const thirds = Object.entries(hostile).map(
  ([name, server], i) =>
    [name, server, everything || WHOLE.includes(name) ? [] : ["--shard", `${(i % 3) + 1}/3`]] as const,
);

test.each(byTurns(thirds, 40))(
  "%s",
  async (_, server, part) => {
    expect(await complaints(server, part)).toEqual([]);
  },
  PATIENCE,
);

/** The number of runs side by side. More would be busy, not wait, while they start. */
const SIDE_BY_SIDE = 2;
const names = Object.keys(waiting);
const groups = names.flatMap((_, i) => (i % SIDE_BY_SIDE === 0 ? [names.slice(i, i + SIDE_BY_SIDE)] : []));

test.each(byTurns(groups, 24).map((group) => [group.join("; "), group] as const))(
  "%s",
  async (_, group) => {
    const found = group.map(async (name) => [name, await complaints(waiting[name] as Hostile)]);
    expect(Object.fromEntries(await Promise.all(found))).toEqual(Object.fromEntries(group.map((name) => [name, []])));
  },
  PATIENCE,
);

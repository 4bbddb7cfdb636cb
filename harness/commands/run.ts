import { randomInt } from "node:crypto";
import { dirname, join } from "node:path";
import picocolors from "picocolors";
import about from "../../package.json" with { type: "json" };
import { useColors } from "../../reports/colors.ts";
import { liveLine, type Progress, plainLines } from "../../reports/progress.ts";
import { redactor } from "../../reports/redact.ts";
import { makeReport, type Report } from "../../reports/report.ts";
import { terminal } from "../../reports/terminal.ts";
import { discard, prepare, write } from "../../reports/write.ts";
import { current } from "../../suites/index.ts";
import { DEFAULTS } from "../defaults.ts";
import { probe, type Target } from "../execute.ts";
import { EXIT } from "../exit.ts";
import { groupBy } from "../group.ts";
import { type Interrupt, onInterrupt } from "../interrupt.ts";
import { run as runCases } from "../runner.ts";
import type { Case } from "../scenario.ts";
import { type Selection, select } from "../select.ts";
import type { RunOptions } from "../session.ts";
import { start } from "../start.ts";
import { readCertificates, targetHeaders, targetUrl, withoutCredentials } from "../target.ts";
import { UnreachableError, UsageError } from "../usage.ts";

/** The options of `run`, as the command line gives them. */
export interface RunArguments
  extends Selection,
    Pick<RunOptions, "timeout" | "concurrency" | "recovery" | "repeat" | "runs" | "bail" | "strict"> {
  readonly url?: string | undefined;
  readonly all: boolean;
  readonly seed?: number | undefined;
  readonly header?: readonly string[] | undefined;
  readonly ca?: string | undefined;
  readonly insecure: boolean;
  readonly start?: string | undefined;
  readonly json?: string | undefined;
  readonly junit?: string | undefined;
  readonly out?: string | undefined;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

/** The folder of the reports where the user names neither folder nor file. */
const OUT = "tachyon-report";

/** Runs the suites, writes the reports, and resolves to the exit code. */
export async function run(args: RunArguments): Promise<number> {
  const cases = select(current, args, args.all || args.url === undefined);
  const files = destinations(args);
  await Promise.all(Object.values(files).map(prepare));
  const interrupt = onInterrupt(EXIT.interrupted);
  const closing: (() => Promise<void>)[] = [];
  try {
    const target = await reach(args, files.log, interrupt, closing);
    if (interrupt.signal.aborted) return EXIT.interrupted;
    const report = await test(cases, target, args, interrupt.signal);
    const { written, failed } = await save(report, files);
    process.stdout.write(tell(report, args, target, written));
    if (failed.length > 0) throw failed[0];
    if (interrupt.signal.aborted) return EXIT.interrupted;
    return report.verdict === "pass" ? EXIT.conformant : EXIT.notConformant;
  } catch (error) {
    if (error instanceof UnreachableError) await forget(files);
    throw error;
  } finally {
    for (const close of closing) await close();
    interrupt.release();
  }
}

/** Removes the reports of an earlier run: nobody must take them for those of a target that could not be tested. */
async function forget({ json, junit }: { readonly json?: string; readonly junit?: string }): Promise<void> {
  for (const path of [json, junit]) if (path !== undefined) await discard(path);
}

/** Where the reports go, and the output of a server that was started. */
function destinations({ out, json, junit }: RunArguments): { json?: string; junit?: string; log: string } {
  const folder = out ?? (json === undefined && junit === undefined ? OUT : undefined);
  const files = {
    ...(folder !== undefined && { json: join(folder, "report.json"), junit: join(folder, "junit.xml") }),
    ...(json !== undefined && { json }),
    ...(junit !== undefined && { junit }),
  };
  return { ...files, log: join(folder ?? dirname(json ?? junit ?? "."), "server.log") };
}

/** The target; one that the suite has to start itself is started, and its end added to `closing`. */
async function reach(
  { url, header = [], ca, insecure, start: command, timeout }: RunArguments,
  log: string,
  { signal }: Interrupt,
  closing: (() => Promise<void>)[],
): Promise<Target> {
  const headers = await targetHeaders(header);
  const tls = { insecure, ...(ca !== undefined && { ca: await readCertificates(ca) }) };
  if (url === undefined) {
    if (command !== undefined)
      throw new UsageError("--start needs the url that the server will listen at: run <url> --start …");
    const server = await current.serve();
    closing.push(server.close);
    return { url: new URL(server.url), headers, ...tls };
  }
  const target = { url: targetUrl(url), headers, ...tls };
  current.address(target.url);
  if (command !== undefined)
    closing.push((await start(command, log, () => probe(current, target, timeout), signal)).stop);
  return target;
}

async function test(cases: readonly Case[], target: Target, args: RunArguments, signal: AbortSignal): Promise<Report> {
  const progress = args.quiet ? undefined : watch(cases);
  const { timeout, concurrency, recovery, repeat, runs, bail, strict, seed = randomInt(1, 2 ** 31) } = args;
  const options = { target, timeout, concurrency, recovery, repeat, runs, bail, strict, seed, signal };
  const result = await runCases(current, cases, { ...options, onResult: progress?.result ?? (() => {}) }).finally(
    progress?.end,
  );
  const { url, headers } = target;
  return makeReport(result, {
    suite: { name: about.name, version: about.version },
    protocol: current,
    target: { url: withoutCredentials(url).href, embedded: args.url === undefined, strict },
    redact: redactor([...Object.values(headers), decodeURIComponent(url.password)]),
  });
}

function watch(cases: readonly Case[]): Progress {
  const { stderr, stdout } = process;
  if (stderr.isTTY && !process.env.CI)
    return liveLine(stderr, picocolors.createColors(useColors(stderr)), cases.length);
  const totals = new Map(
    Array.from(
      groupBy(cases, ({ suite }) => suite),
      ([suite, some]) => [suite, some.length],
    ),
  );
  return plainLines((line) => stdout.write(`${line}\n`), picocolors.createColors(useColors(stdout)), totals);
}

/** Writes the reports; one that cannot be written keeps no other from being written. */
async function save(report: Report, { json, junit }: { json?: string; junit?: string }): Promise<Saved> {
  const formats = [
    { path: json, format: async () => `${JSON.stringify(report, null, 1)}\n` },
    { path: junit, format: async () => (await import("../../reports/junit.ts")).junit(report, current.requirements) },
  ];
  const saved: Saved = { written: [], failed: [] };
  for (const { path, format } of formats) {
    if (path === undefined) continue;
    await format()
      .then((content) => write(path, content))
      .then(() => saved.written.push(path))
      .catch((error) => saved.failed.push(error));
  }
  return saved;
}

interface Saved {
  readonly written: string[];
  readonly failed: unknown[];
}

/** A word as a shell takes it. */
const quoted = (word: string) => (/^[\w./:@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** What the user reads at the end. */
function tell(
  report: Report,
  { quiet, verbose, url, strict, timeout, ca, insecure }: RunArguments,
  target: Target,
  written: readonly string[],
): string {
  const given = [
    url === undefined ? [] : quoted(withoutCredentials(target.url).href),
    strict ? ["--strict"] : [],
    timeout === DEFAULTS.timeout ? [] : [`--timeout ${timeout}`],
    report.seed === 0 ? [] : [`--seed ${report.seed}`],
    ca === undefined ? [] : [`--ca ${quoted(ca)}`],
    insecure ? ["--insecure"] : [],
    Object.keys(target.headers).length > 0 ? ["--header …"] : [],
  ];
  return terminal(report, {
    colors: picocolors.createColors(useColors(process.stdout)),
    quiet,
    verbose,
    requirements: current.requirements,
    command: ["npx", about.name, "run", ...given.flat()].join(" "),
    written,
  });
}

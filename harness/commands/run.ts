import { randomInt } from "node:crypto";
import { join } from "node:path";
import picocolors from "picocolors";
import about from "../../package.json" with { type: "json" };
import { quoted } from "../../reports/again.ts";
import { useColors } from "../../reports/colors.ts";
import { excuses } from "../../reports/expected/apply.ts";
import type { ExpectedFailures } from "../../reports/expected/read.ts";
import { type Expecting, expecting, readWanted } from "../../reports/expected/use.ts";
import { liveLine, type Progress, plainLines } from "../../reports/progress.ts";
import { makeReport, type Report } from "../../reports/report.ts";
import { destinations, folderOf, forget, prepareAll, type Wanted } from "../../reports/save.ts";
import { distinct, prepare } from "../../reports/write.ts";
import { current } from "../../suites/index.ts";
import { DEFAULTS } from "../defaults.ts";
import { EXIT } from "../exit.ts";
import { groupBy } from "../group.ts";
import { onInterrupt } from "../interrupt.ts";
import { run as runCases } from "../runner.ts";
import type { Case } from "../scenario.ts";
import { type Selection, select } from "../select.ts";
import type { RunOptions } from "../session.ts";
import { type ShardOptions, shard } from "../shard.ts";
import { UnreachableError } from "../usage.ts";
import { finish } from "./finish.ts";
import { type Reached, reach, type TargetArguments } from "./reach.ts";

/** The options of `run`, as the command line gives them. */
export interface RunArguments
  extends Selection,
    TargetArguments,
    Wanted,
    Expecting,
    Pick<RunOptions, "timeout" | "concurrency" | "recovery" | "repeat" | "runs" | "bail" | "strict"> {
  readonly all: boolean;
  readonly seed?: number | undefined;
  readonly shard?: ShardOptions | undefined;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

/** The folder of the reports where the user names neither folder nor file. */
const OUT = "tachyon-report";

/** Runs the suites, writes the reports, and resolves to the exit code. */
export async function run(args: RunArguments): Promise<number> {
  const whole = select(current, args, args.all || args.url === undefined);
  const cases = args.shard ? shard(whole, args.shard) : whole;
  const files = destinations(args, OUT);
  const log = join(folderOf(args, OUT), "server.log");
  await distinct(inputsOf(args), [...files.values(), log]);
  await Promise.all([prepareAll(files), ...(args.start === undefined ? [] : [prepare(log)])]);
  const expected = await readWanted(args, current);
  const interrupt = onInterrupt(EXIT.interrupted);
  const closing: (() => Promise<void>)[] = [];
  try {
    const target = await reach(args, log, interrupt, closing);
    if (interrupt.signal.aborted) {
      await forget(files);
      return EXIT.interrupted;
    }
    const found = await test(cases, whole, target, args, expected, interrupt.signal);
    const { report, ...expectedFailures } = await expecting(found, expected, args, current);
    const also = args.start === undefined ? [] : [log];
    const code = await finish(report, files, { ...args, expected: expectedFailures, also, given: given(args, target) });
    return interrupt.signal.aborted ? EXIT.interrupted : code;
  } catch (error) {
    if (error instanceof UnreachableError) await forget(files);
    throw error;
  } finally {
    for (const close of closing) await close();
    interrupt.release();
  }
}

async function test(
  cases: readonly Case[],
  whole: readonly Case[],
  target: Reached,
  args: RunArguments,
  expected: ExpectedFailures | undefined,
  signal: AbortSignal,
): Promise<Report> {
  const progress = args.quiet ? undefined : watch(cases);
  const { timeout, concurrency, recovery, repeat, runs, bail, strict, shard } = args;
  // All shards of a run start from the same seed, and none knows of the others.
  const seed = args.seed ?? (shard ? DEFAULTS.seed : randomInt(1, 2 ** 31));
  const excused = expected && excuses(expected, new Date().toISOString().slice(0, 10));
  const options = {
    target,
    timeout,
    concurrency,
    recovery,
    repeat,
    runs,
    bail,
    strict,
    seed,
    signal,
    excuses: excused,
  };
  const result = await runCases(current, cases, { ...options, onResult: progress?.result ?? (() => {}) }).finally(
    progress?.end,
  );
  return makeReport(result, {
    suite: { name: about.name, version: about.version },
    protocol: current,
    target: { url: target.url.href, embedded: args.url === undefined, strict },
    shard: shard && { ...shard, cases: whole.map(({ id }) => id) },
    concurrency,
    redact: target.redact,
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

/** The files that a run reads. */
const inputsOf = ({ expectedFailures, ca, header = [] }: RunArguments): string[] =>
  [expectedFailures, ca, ...header.filter((it) => it.startsWith("@")).map((it) => it.slice(1))].filter(
    (path) => path !== undefined,
  );

/** The options by which this run differs from any other against the target. */
function given({ timeout, ca, insecure, start }: RunArguments, { headers }: Reached): string[] {
  return [
    ...(timeout === DEFAULTS.timeout ? [] : [`--timeout ${timeout}`]),
    ...(ca === undefined ? [] : [`--ca ${quoted(ca)}`]),
    ...(insecure ? ["--insecure"] : []),
    ...(start === undefined ? [] : [`--start ${quoted(start)}`]),
    ...(Object.keys(headers).length > 0 ? ["--header …"] : []),
  ];
}

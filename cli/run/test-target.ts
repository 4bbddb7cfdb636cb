import { groupBy } from "../../harness/group.ts";
import { host } from "../../harness/host.ts";
import { newSeed } from "../../harness/property.ts";
import { loadSuitesOf, type Protocol } from "../../harness/protocol.ts";
import type { RunOptions } from "../../harness/run-options.ts";
import { type RunResult, run } from "../../harness/runner.ts";
import type { Case } from "../../harness/scenario.ts";
import about from "../../package.json" with { type: "json" };
import { colorsOn } from "../../reports/colors.ts";
import { visible } from "../../reports/escape.ts";
import { makeReport, reportUsers } from "../../reports/make.ts";
import { liveLine, loggedLines, type Progress, tellLimit } from "../../reports/progress.ts";
import type { Report, ReportCase, ReportTarget } from "../../reports/report.ts";
import type { ShardOptions } from "../../reports/shard.ts";
import { SUITE } from "../../reports/suite.ts";
import { DEFAULTS } from "../../running/defaults.ts";
import { spokenInstead, withHint } from "../../running/spoken.ts";
import type { Reached } from "../../running/target.ts";
import { given, type MeetingArguments } from "./given.ts";
import { isEmbedded } from "./reach.ts";
import { defaultsFor } from "./target-defaults.ts";

/** The options that say how a target is tested. */
export interface TestArguments extends MeetingArguments, Pick<RunOptions, "strict"> {
  readonly seed?: number | undefined;
  readonly repeat?: number;
  readonly bail?: boolean;
  readonly failOnUnstable?: boolean;
  readonly shard?: ShardOptions | undefined;
  readonly quiet: boolean;
}

/** The tools of a test, beside its options. */
interface Tools extends Pick<RunOptions, "record" | "isExpected" | "linger" | "budget"> {
  readonly signal: AbortSignal;
  /** Every case of the run, if only a shard of it is tested. */
  readonly whole?: readonly Case[];
  /** The cases that ran just before, in a part of the same run. */
  readonly earlier?: readonly Judged[];
}

/** The parts of a case that the user is told while others run. */
type Judged = Pick<ReportCase, "id" | "verdict">;

/** Tests a target and shows the progress. Resolves to the result and its report. */
export async function testTarget(
  cases: readonly Case[],
  target: Reached,
  args: TestArguments,
  { whole = cases, earlier = [], ...tools }: Tools,
  protocol: Protocol,
): Promise<{ readonly result: RunResult; readonly report: Report }> {
  const progress = args.quiet ? undefined : progressOn(cases, earlier);
  const { door } = target;
  const all = {
    ...{ repeat: 1, bail: false, ...args, target, ...dependent(args, protocol), ...tools },
    ...telling(progress, cases, protocol),
  };
  const running = door ? host(protocol, cases, { ...all, target: { ...target, door } }) : run(protocol, cases, all);
  const result = await running.finally(progress?.end).catch(async (error) => {
    throw await withHint(error, protocol, target, args.timeout);
  });
  const report = makeReport(result, {
    suite: SUITE,
    protocol,
    target: aboutTarget(target, args, result),
    speaks: await spokenInstead(result.results, protocol),
    shard: args.shard && { ...args.shard, cases: whole.map(({ id }) => id) },
    concurrency: door ? 1 : args.concurrency, // A client that comes by itself is met by one case after another.
    conditions: {
      timeoutMs: args.timeout,
      idleMs: all.idle ?? args.timeout,
      recoveryMs: door ? 0 : args.recovery,
      runs: args.runs,
    },
    given: given(args, target),
  });
  return { result, report };
}

/** Tells the user what happens in a run. */
function telling(
  progress: Progress | undefined,
  cases: readonly Case[],
  protocol: Protocol,
): Pick<RunOptions, "onResult" | "onLimit" | "onSearch"> {
  const load = loadSuitesOf(protocol);
  const note = (words: string) => progress?.note(`${about.name}: ${words}`);
  let searches = 0;
  return {
    onResult: progress?.result ?? (() => {}),
    onLimit: (words, perSecond) => note(tellLimit(words, perSecond, cases, load)),
    onSearch(how) {
      if (searches === 0) note(`${visible(how)}. The suite looks for the input that did it.`);
      searches += 1;
    },
  };
}

/** Returns the options of a run that depend on others, or on the protocol, where the user does not give them. */
const dependent = ({ seed, shard, idle, rate, ...target }: TestArguments, protocol: Protocol) => ({
  // All shards of a run need the same seed, and none knows of the others.
  seed: seed ?? (shard ? DEFAULTS.seed : newSeed()),
  idle: idle === undefined ? undefined : idle * 1_000,
  rate: rate ?? (defaultsFor(target).paced ? protocol.rate : undefined),
});

/** The facts that a report keeps of a target. */
const aboutTarget = (target: Reached, args: TestArguments, result: RunResult): ReportTarget => ({
  url: target.secrets.redact(target.url.href),
  embedded: isEmbedded(args),
  strict: args.strict,
  ...(args.failOnUnstable && { failOnUnstable: true }),
  ...reportUsers(target, result),
});

/** Shows the progress of a run: in a line that changes on a terminal, else in one for each suite. */
function progressOn(cases: readonly Case[], earlier: readonly Judged[]): Progress {
  const { stderr, stdout } = process;
  if (stderr.isTTY && !process.env.CI) return liveLine(stderr, colorsOn(stderr), cases.length, earlier);
  const totals = new Map(
    Array.from(
      groupBy(cases, ({ suite }) => suite),
      ([suite, some]) => [suite, some.length],
    ),
  );
  const to = (stream: NodeJS.WriteStream) => (line: string) => void stream.write(`${line}\n`);
  return loggedLines(to(stdout), totals, to(stderr));
}

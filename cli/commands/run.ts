import type { Protocol } from "../../harness/protocol.ts";
import type { Case } from "../../harness/scenario.ts";
import { UsageError } from "../../harness/usage.ts";
import { plural } from "../../harness/words.ts";
import { expecting, readWanted } from "../../reports/expected/use.ts";
import { ofProtocol, readReport } from "../../reports/read.ts";
import type { Report } from "../../reports/report.ts";
import { countRun } from "../../reports/scope.ts";
import { shard } from "../../reports/shard.ts";
import { exists } from "../../reports/write.ts";
import { exitCodeOf } from "../exit.ts";
import { openPage } from "../open.ts";
import { finish } from "../run/finish.ts";
import { failedIn, type Plan, planOf, type RunArguments, stillFailing, tellingOf, toolsOf } from "../run/plan.ts";
import { withTarget } from "../run/reach.ts";
import { testTarget } from "../run/test-target.ts";

/** Runs the suites, writes the reports, and resolves to the exit code. */
export async function runCommand(args: RunArguments, protocol: Protocol): Promise<number> {
  fitting(args, protocol);
  const plan = await planOf(args, protocol);
  const page = plan.files.get("html");
  if (args.open && page === undefined)
    throw new UsageError("--open needs the page: have it written too, with --html <file> or --out <folder>.");
  const open = async () => {
    if (args.open && page !== undefined) await openPage(page);
  };
  if (args.watch !== undefined)
    return (await import("../watch/watch.ts")).watchCommand(args, args.watch, plan, open, protocol);
  const last = args.lastFailed ? await lastOf(plan, protocol) : undefined;
  const whole = last ? last.chosen : plan.whole;
  if (last && whole.length === 0) return nothingFailed(last, plan);
  const cases = args.shard ? shard(whole, args.shard) : whole;
  const expected = await readWanted(args, protocol);
  const around = { ...plan, protocol };
  return await withTarget(args, around, async (target, signal) => {
    const tools = { ...toolsOf(args, expected), signal, whole };
    const found = await testTarget(cases, target, args, tools, protocol);
    const { report, ...expectedFailures } = await expecting(found.report, expected, args, protocol);
    const tellLast = last && { last: `${last.words}; ${stillFailing(report)}` };
    const telling = { ...args, ...tellingOf(args, plan), expected: expectedFailures, ...tellLast };
    const code = await finish(report, plan.files, telling, protocol);
    await open();
    return code;
  });
}

/** The options that mean nothing where a client comes by itself. In a variable or a config they may be for other runs. */
const OF_A_SERVER = [
  ...["header", "credential", "as", "token-command", "client", "unscoped-token", "refresh-token", "ca", "insecure"],
  ...["rate", "recovery", "restarts", "concurrency", "watch"],
];

/** Throws a `UsageError` if the options mix the test of a server with that of a client that comes. */
function fitting({ url, listen, watch, typed }: RunArguments, { actor }: Protocol): void {
  if (listen === undefined && actor !== undefined)
    throw new UsageError(`--actor ${actor} needs --listen <port>: an ${actor} comes to the suite by itself.`);
  if (listen === undefined) return;
  if (actor === undefined)
    throw new UsageError("--listen goes with --protocol v0 --actor autohost: the suite plays the server then.");
  if (url !== undefined) throw new UsageError(`--listen takes no url: the ${actor} comes to the suite by itself.`);
  const wrong = OF_A_SERVER.find((name) => typed.has(name)) ?? (watch === undefined ? undefined : "watch");
  if (wrong !== undefined) throw new UsageError(`--${wrong} goes with the url of a server, and not with --listen.`);
}

/** The report of the last run, and the selected cases that failed in it, or may have ended the target. */
interface Last {
  readonly report: Report;
  /** The number of all cases that failed, or may have ended the target. */
  readonly wanted: number;
  readonly chosen: readonly Case[];
  /** Says how many failed, and in which run. */
  readonly words: string;
}

/** Reads which cases failed last. Throws a `UsageError` if there is no report. */
async function lastOf({ stored, whole }: Plan, protocol: Protocol): Promise<Last> {
  if (!(await exists(stored)))
    throw new UsageError(`${stored} is not there, so nobody knows what failed last. Run without --last-failed first.`);
  const report = ofProtocol(protocol, await readReport(stored), stored);
  // One of the suspects ended the target: nothing else of that run says if it does so still.
  const suspects = [report.stop, ...(report.unexplained ?? [])].flatMap((it) => it?.suspects ?? []);
  const failed = failedIn(report);
  const wanted = new Set([...failed, ...suspects]);
  const chosen = whole.filter(({ id }) => wanted.has(id));
  const words = [
    `${plural(failed.length, "case")} failed`,
    ...(wanted.size > failed.length ? [` and ${plural(wanted.size - failed.length, "more suspect")}`] : []),
    ...(wanted.size > chosen.length ? [` (${chosen.length} selected)`] : []),
    `, by ${stored} of ${report.startedAt.slice(0, 16).replace("T", " ")}`,
  ].join("");
  return { report, wanted: wanted.size, chosen, words };
}

/** Tells that there is nothing to run, and resolves to the exit code of the last run. Throws a `UsageError` if filters are why. */
function nothingFailed({ report, wanted }: Last, { stored }: Plan): number {
  if (wanted > 0)
    throw new UsageError(`None of the ${plural(wanted, "case")} that failed last, by ${stored}, is selected.`);
  const early = report.stop ? ` before it ended early (${report.stop.why})` : "";
  const { cases, allCases = cases.length } = report;
  const ran = countRun(cases);
  const part = ran < allCases ? `, which ran ${ran} of ${allCases} cases` : "";
  process.stdout.write(`Nothing failed in the last run${early}${part}, by ${stored}. Run without --last-failed.\n`);
  return exitCodeOf(report);
}

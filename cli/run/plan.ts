import { join } from "node:path";
import type { Protocol } from "../../harness/protocol.ts";
import type { Case } from "../../harness/scenario.ts";
import { excuses } from "../../reports/expected/apply.ts";
import type { ExpectedFailures } from "../../reports/expected/read.ts";
import type { Expecting } from "../../reports/expected/use.ts";
import { listed } from "../../reports/names.ts";
import type { Report } from "../../reports/report.ts";
import { type Destinations, destinations, folderOf, prepareAll, type WantedReports } from "../../reports/save.ts";
import { isRed } from "../../reports/verdict.ts";
import { prepare, refuseOverwriting } from "../../reports/write.ts";
import { DEFAULTS } from "../../running/defaults.ts";
import { type Selection, select } from "../../running/select.ts";
import { fileIn } from "../../running/target.ts";
import type { Typed } from "../subcommand.ts";
import { filesOfUsers } from "../users.ts";
import { defaultsFor } from "./target-defaults.ts";
import type { TestArguments } from "./test-target.ts";

/** The options of `run`, as the command line gives them. */
export interface RunArguments extends Typed, Selection, TestArguments, WantedReports, Expecting {
  readonly all: boolean;
  readonly failOnUnstable: boolean;
  readonly lastFailed: boolean;
  readonly watch?: string | undefined;
  readonly open: boolean;
  readonly verbose: boolean;
}

/** The folder of the reports if the user names neither folder nor file. */
export const OUT = "tachyon-report";

/** The cases of a run and the files that it writes. */
export interface Plan {
  /** Every case that is selected. */
  readonly whole: readonly Case[];
  readonly files: Destinations;
  /** The file for the output of a started server. */
  readonly log: string;
  /** The report of the last run, which this one replaces. */
  readonly stored: string;
}

/** Plans a run, and makes sure that its files can be written. Throws a `UsageError`. */
export async function planOf(args: RunArguments, protocol: Protocol): Promise<Plan> {
  // The cases that failed last may put load on a server, and did so before.
  const load = args.all || defaultsFor(args).all || (args.lastFailed && args.watch === undefined);
  const whole = select(protocol, args, load);
  const files = destinations(args, OUT);
  const folder = folderOf(args, OUT);
  const [log, json] = [join(folder, "server.log"), files.get("json")];
  const stored = json === undefined || json.startsWith("/dev/") ? join(folder, "report.json") : json;
  await refuseOverwriting(inputsOf(args), [...files.values(), log]);
  await prepareAll(files);
  if (args.start !== undefined) await prepare(log);
  return { whole, files, log, stored };
}

/** Returns the ids of the cases that failed, or could not be judged for an error, and were not expected to. */
export const failedIn = ({ cases }: Pick<Report, "cases">): string[] => cases.filter(isRed).map(({ id }) => id);

/** Says which cases still fail, of those that failed last. */
export function stillFailing(report: Pick<Report, "cases">): string {
  const failing = failedIn(report);
  const open = report.cases.filter(({ verdict }) => verdict === "skip").length;
  return [
    failing.length === 0 ? "still failing: none" : `still failing ${failing.length}: ${listed(failing, "report.html")}`,
    ...(open > 0 ? [`not judged: ${open}`] : []),
  ].join("; ");
}

/** Returns the tools of a test that follow from the options. */
export const toolsOf = (args: RunArguments, expected: ExpectedFailures | undefined) => ({
  isExpected: expected && excuses(expected, new Date().toISOString().slice(0, 10)),
  linger: lingerOf(args),
  budget: budgetOf(args),
});

/** Returns what the user is told beside the report. */
export const tellingOf = (args: RunArguments, { log }: Plan) => ({
  also: args.start === undefined ? [] : [log],
});

/** Returns how long the last client stays, if it does. */
function lingerOf(args: RunArguments): "short" | "long" | undefined {
  if (!defaultsFor(args).lingers) return undefined;
  return args.all ? "long" : "short";
}

/** The longest time of a run of the default suites, in timeouts. With all suites it is twice that. */
const BUDGET = 7;

/** A run holds its last client for long, and waits for what that shows, until this part of that, in timeouts. */
const HELD = 2;

/** Returns the time that a run has, in ms. A run that was asked to take longer than usual has no bound. */
function budgetOf(args: RunArguments): number | undefined {
  const { timeout, all, concurrency, runs, idle } = args;
  if (concurrency === 1 || runs > DEFAULTS.runs || idle) return undefined;
  const timeouts = (all || defaultsFor(args).all ? 2 : 1) * BUDGET - (lingerOf(args) === "long" ? HELD : 0);
  return timeouts * timeout;
}

/** The files that a run reads. */
function inputsOf({ config, expectedFailures, ca, header = [], credential = [], redact = [], ...who }: RunArguments) {
  const given = [...header, ...credential, ...redact].map(fileIn);
  return [config, expectedFailures, ca, ...given, ...filesOfUsers(who)].filter((path) => typeof path === "string");
}

import { join } from "node:path";
import type { Protocol } from "../../harness/protocol.ts";
import { excuses } from "../../reports/expected/apply.ts";
import { type Expecting, expecting, readWanted } from "../../reports/expected/use.ts";
import { destinations, folderOf, prepareAll, type WantedReports } from "../../reports/save.ts";
import { shard } from "../../reports/shard.ts";
import { distinct, prepare } from "../../reports/write.ts";
import { DEFAULTS } from "../defaults.ts";
import { type Selection, select } from "../select.ts";
import { finish } from "./finish.ts";
import { withTarget } from "./reach.ts";
import { given, type TestArguments, test } from "./test.ts";

/** The options of `run`, as the command line gives them. */
export interface RunArguments extends Selection, TestArguments, WantedReports, Expecting {
  readonly all: boolean;
  readonly failOnUnstable: boolean;
  readonly verbose: boolean;
}

/** The folder of the reports if the user names neither folder nor file. */
export const OUT = "tachyon-report";

/** Runs the suites, writes the reports, and resolves to the exit code. */
export async function runCommand(args: RunArguments, protocol: Protocol): Promise<number> {
  const whole = select(protocol, args, args.all || args.url === undefined);
  const cases = args.shard ? shard(whole, args.shard) : whole;
  const files = destinations(args, OUT);
  const log = join(folderOf(args, OUT), "server.log");
  await distinct(inputsOf(args), [...files.values(), log]);
  await Promise.all([prepareAll(files), ...(args.start === undefined ? [] : [prepare(log)])]);
  const expected = await readWanted(args, protocol);
  return await withTarget(args, { log, files, protocol }, async (target, signal) => {
    const excused = expected && excuses(expected, new Date().toISOString().slice(0, 10));
    const tools = { signal, whole, excuses: excused, linger: args.all, budget: budgetOf(args) };
    const found = await test(cases, target, args, tools, protocol);
    const { report, ...expectedFailures } = await expecting(found.report, expected, args, protocol);
    const also = args.start === undefined ? [] : [log];
    const telling = { ...args, expected: expectedFailures, also, given: given(args, target) };
    return await finish(report, files, telling, protocol);
  });
}

/** A run of the default suites takes so many times the timeout at most, whatever the server does; one of all suites twice as long. */
const BUDGET = 7.5;

/** The time that a run has, in ms; nothing bounds one that was asked to take longer than usual. */
const budgetOf = ({ url, timeout, all, concurrency, runs, idle }: RunArguments): number | undefined =>
  concurrency === 1 || runs > DEFAULTS.runs || idle ? undefined : BUDGET * timeout * (all || url === undefined ? 2 : 1);

/** The files that a run reads. */
const inputsOf = ({ expectedFailures, ca, header = [], credential = [] }: RunArguments): string[] => {
  const files = [...header, ...credential].filter((it) => it.startsWith("@")).map((it) => it.slice(1));
  return [expectedFailures, ca, ...files].filter((path) => path !== undefined);
};

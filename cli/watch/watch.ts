import { once } from "node:events";
import { newSeed } from "../../harness/property.ts";
import type { Protocol } from "../../harness/protocol.ts";
import type { Case } from "../../harness/scenario.ts";
import { UnreachableError, UsageError } from "../../harness/usage.ts";
import { plural } from "../../harness/words.ts";
import about from "../../package.json" with { type: "json" };
import { colorsOn } from "../../reports/colors.ts";
import { visible } from "../../reports/escape.ts";
import { expecting, readWanted } from "../../reports/expected/use.ts";
import { joined } from "../../reports/merge.ts";
import { isFolder, ofProtocol, readReport } from "../../reports/read.ts";
import type { Report } from "../../reports/report.ts";
import type { TerminalParts } from "../../reports/terminal.ts";
import { exists } from "../../reports/write.ts";
import { EXIT } from "../exit.ts";
import { onInterrupt } from "../interrupt.ts";
import { finish } from "../run/finish.ts";
import { failedIn, OUT, type Plan, type RunArguments, stillFailing, tellingOf, toolsOf } from "../run/plan.ts";
import { withTarget } from "../run/reach.ts";
import { testTarget } from "../run/test-target.ts";
import { ignoredIn, watchFolder } from "./folder.ts";
import { clear, MORE, onKeys, showAll, showFitting } from "./screen.ts";

/** A round: what failed last and then the rest, everything together, or only what failed last. */
type Round = "failed first" | "all" | "failed";

/** A round, or the same as last, and why it begins; or the end of the loop. */
type Wish = "end" | { readonly round?: Round; readonly why?: string };

/** The wishes that keys stand for. */
const KEYS: Readonly<Record<string, Wish>> = {
  a: { round: "all" },
  f: { round: "failed" },
  "\r": {},
  "\n": {},
  q: "end",
};

/** The state of the loop between two rounds. */
interface Loop {
  readonly args: RunArguments;
  readonly plan: Plan;
  readonly protocol: Protocol;
  /** The ids of the cases that failed when they last ran. */
  readonly failed: Set<string>;
  /** Opens the page after the first round. */
  open: () => Promise<void>;
  code: number;
  /** The report of the last round, while nothing runs. */
  shown?: TerminalParts | undefined;
}

/**
 * Starts the server and runs again whenever something in a folder changes or a key is pressed, until the user ends it. Resolves to the
 * exit code of the last round. Throws a `UsageError`.
 */
export async function watchCommand(
  args: RunArguments,
  folder: string,
  plan: Plan,
  open: () => Promise<void>,
  protocol: Protocol,
): Promise<number> {
  await checkWatch(args, folder);
  // All rounds generate the same inputs.
  const seeded = { ...args, seed: args.seed ?? newSeed() };
  const failed = new Set(await failedBefore(plan, protocol));
  const loop: Loop = { args: seeded, plan, protocol, failed, open, code: EXIT.interrupted };
  const ends = onInterrupt("interrupted: ending the server; Ctrl-C again ends at once");
  const wanted = wishes();
  const end = () => wanted.put("end");
  ends.signal.addEventListener("abort", end);
  const writes = [...plan.files.values(), plan.log, args.out ?? OUT];
  const unwatch = await watchFolder(folder, ignoredIn(folder, writes), (path) =>
    wanted.put({ round: "failed first", why: `${visible(path)} changed` }),
  );
  const release = onKeys((key) => press(key, wanted, loop, folder));
  try {
    await rounds(wanted, loop, folder);
  } finally {
    release();
    await unwatch();
    ends.release();
  }
  return ends.signal.aborted ? EXIT.interrupted : loop.code;
}

function press(key: string, wanted: Wishes, loop: Loop, folder: string): void {
  if (key === "\u0003") process.kill(process.pid, "SIGINT");
  if (key === MORE && loop.shown) {
    showAll(loop.shown);
    tellKeys(folder);
  }
  const wish = KEYS[key];
  if (wish) wanted.put(wish);
}

/** It is odd if changes end so many rounds, one after another; and the likely reason. */
const ROUNDS_IN_VAIN = 3;
const SMALLER_FOLDER = "If the server itself writes there, watch a smaller folder";

/** Runs the rounds that are wanted, until the end is. */
async function rounds(wanted: Wishes, loop: Loop, folder: string): Promise<void> {
  let last: Round = "failed first";
  let inVain = 0;
  for (let { wish, signal } = wanted.take(); wish !== "end"; { wish, signal } = wanted.take()) {
    if (wish === undefined) {
      tellKeys(folder);
      await once(signal, "abort");
      continue;
    }
    last = wish.round ?? last;
    const parts = partsOf(last, loop);
    if (parts.length === 0) process.stdout.write("Nothing failed last.\n");
    else {
      begin(inVain < ROUNDS_IN_VAIN || wish.why === undefined ? wish.why : `${wish.why}. ${SMALLER_FOLDER}`);
      await round(parts, loop, signal);
      inVain = signal.aborted ? inVain + 1 : 0;
    }
  }
}

interface Wishes {
  /** Wants something. That ends the round or the wait for a wish. Nothing is wanted after the end. */
  put(wish: Wish): void;
  /** Takes the next wish, if there is one, with the signal that ends it. */
  take(): { readonly wish: Wish | undefined; readonly signal: AbortSignal };
}

/** Keeps the last thing that is wanted; at first a round. */
function wishes(): Wishes {
  let next: Wish | undefined = { round: "failed first" };
  let current = new AbortController();
  return {
    put(wish) {
      if (next !== "end") next = wish;
      current.abort();
    },
    take() {
      const wish = next;
      next = undefined;
      current = new AbortController();
      return { wish, signal: current.signal };
    },
  };
}

async function checkWatch(
  { start, writeExpectedFailures, shard, lastFailed }: RunArguments,
  folder: string,
): Promise<void> {
  if (start === undefined)
    throw new UsageError("--watch needs --start: the command that starts the server again after a change.");
  if (writeExpectedFailures) throw new UsageError("--write-expected-failures is for one run: leave out --watch.");
  if (shard) throw new UsageError("--shard is for one run: leave out --watch.");
  if (lastFailed) throw new UsageError("--watch runs first what failed last: leave out --last-failed.");
  if (!(await isFolder(folder))) throw new UsageError(`There is no folder ${folder} to watch.`);
}

/** Returns the cases that failed by the stored report, if there is one that can be read. */
async function failedBefore({ stored }: Plan, protocol: Protocol): Promise<string[]> {
  if (!(await exists(stored))) return [];
  const report = await readReport(stored)
    .then((it) => ofProtocol(protocol, it, stored))
    .catch(() => undefined);
  return report ? failedIn(report) : [];
}

function begin(why: string | undefined): void {
  clear();
  if (why !== undefined) process.stdout.write(`${colors().dim(why)}\n`);
}

function tellKeys(folder: string): void {
  const keys = process.stdin.isTTY
    ? `a runs all, f what failed, Enter the same again, ${MORE} shows all lines, q quits`
    : "Ctrl-C ends it";
  process.stdout.write(`${colors().dim(`watching ${visible(folder)}: ${keys}`)}\n`);
}

const colors = () => colorsOn(process.stdout);

/** Returns the cases of a round, in the parts that run one after another. */
function partsOf(which: Round, { plan, failed }: Loop): Case[][] {
  const before = plan.whole.filter(({ id }) => failed.has(id));
  const rest = plan.whole.filter(({ id }) => !failed.has(id));
  const parts = { "failed first": [before, rest], all: [[...plan.whole]], failed: [before] }[which];
  return parts.filter(({ length }) => length > 0);
}

/** Runs one round. If it cannot test, tells why: the next change may mend that. */
async function round(parts: readonly Case[][], loop: Loop, signal: AbortSignal): Promise<void> {
  const { args, plan, protocol, failed } = loop;
  loop.shown = undefined;
  try {
    const around = { log: plan.log, protocol, signal };
    const code = await withTarget(args, around, async (target) => {
      const expected = await readWanted(args, protocol);
      const tools = { ...toolsOf(args, expected), signal };
      const reports: Report[] = [];
      for (const cases of parts) {
        const earlier = reports.flatMap((it) => it.cases);
        const { report } = await testTarget(cases, target, args, { ...tools, earlier }, protocol);
        if (signal.aborted) return EXIT.interrupted;
        reports.push(report);
        if (report.stop) break;
        if (reports.length < parts.length) tellFirst(report);
      }
      const order = plan.whole.map(({ id }) => id);
      const whole = joined(reports as [Report, ...Report[]], order, protocol);
      const { report, ...expectedFailures } = await expecting(whole, expected, args, protocol);
      remember(report, failed);
      clear();
      const print = (shown: TerminalParts) => {
        loop.shown = shown;
        showFitting(shown);
      };
      const telling = { ...args, ...tellingOf(args, plan), expected: expectedFailures, print };
      return finish(report, plan.files, telling, protocol);
    });
    if (signal.aborted) return;
    loop.code = code;
    await loop.open();
    loop.open = async () => {};
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof UnreachableError)) throw error;
    loop.code = error instanceof UnreachableError ? EXIT.unreachable : EXIT.usage;
    process.stderr.write(`${about.name}: ${visible(error.message)}\n`);
  }
}

/** Tells the verdicts of the cases that failed last, before the rest runs. */
function tellFirst(report: Report): void {
  process.stdout.write(`failed last: ${plural(report.cases.length, "case")}; ${stillFailing(report)}\n`);
}

/** Notes which of the cases that ran failed. */
function remember(report: Report, failed: Set<string>): void {
  for (const { id } of report.cases) failed.delete(id);
  for (const id of failedIn(report)) failed.add(id);
}

import picocolors from "picocolors";
import { type Protocol, testedUnderLoad } from "../harness/protocol.ts";
import type { RunResult } from "../harness/runner.ts";
import { UnreachableError, UsageError } from "../harness/usage.ts";
import { applyExpected } from "../reports/expected/apply.ts";
import type { ExpectedFailures } from "../reports/expected/read.ts";
import { makeReport } from "../reports/make.ts";
import { type StoredReport, upToDate } from "../reports/older.ts";
import type { Report } from "../reports/report.ts";
import { commandFor } from "../reports/shell-commands.ts";
import { SUITE } from "../reports/suite.ts";
import { type TerminalOptions, terminal, troubles } from "../reports/terminal.ts";
import { versionOf } from "./versions.ts";

/** Says that a server does not conform. */
export class ConformanceError extends Error {
  declare readonly report: Report;

  constructor(message: string, report: Report, caller: Caller) {
    super(message);
    const name = "ConformanceError";
    this.stack = `${name}: ${message}\n${caller.frames}`;
    // Test runners print all that they can enumerate.
    Object.defineProperties(this, { name: { value: name }, report: { value: report } });
  }
}

/** The place in the user's code that called the library. */
interface Caller {
  readonly frames: string;
}

/** The caller of a function, which test runners show. */
export function callerOf(called: (...args: never[]) => unknown): Caller {
  const place: { stack?: string } = {};
  Error.captureStackTrace(place, called);
  return { frames: (place.stack ?? "").split("\n").slice(1).join("\n") };
}

/** Puts a mistake of the user in one line, at the place of the caller. Any other error stays as it is. */
export function mistakeAt(error: unknown, { frames }: Caller): unknown {
  if (!(error instanceof UsageError || error instanceof UnreachableError)) return error;
  const { message } = error;
  return Object.defineProperty(new Error(message), "stack", { value: `Error: ${message}\n${frames}` });
}

/** The report of a run, in which expected failures do not count. */
export function reportOf(
  result: RunResult,
  target: Pick<Report["target"], "url" | "strict">,
  expected: ExpectedFailures | undefined,
  protocol: Protocol,
  concurrency = 1,
): Report {
  const report = makeReport(result, {
    suite: SUITE,
    protocol,
    target: { ...target, embedded: false },
    concurrency,
  });
  return expected ? applyExpected(report, expected, protocol) : report;
}

function options(report: Report): TerminalOptions {
  const protocol = versionOf(report.protocol.version);
  return {
    colors: picocolors.createColors(false),
    verbose: false,
    quiet: false,
    knowledge: protocol,
    command: (...ids) => commandFor(report, ...ids),
    underLoad: testedUnderLoad(protocol),
    written: [],
  };
}

/** Returns a report as the terminal shows it. */
export function toText(stored: StoredReport): string {
  const report = upToDate(stored);
  return terminal(report, options(report)).trimEnd();
}

/** Returns the failure block of a case, or else the summary, as the terminal shows it. A case that rests on what is broken says so. */
export function troublesOf(report: Report): string {
  const told = troubles(report, options(report)) || toText(report);
  const roots = report.cases.flatMap(({ checks }) => checks.flatMap(({ see }) => see ?? []));
  return report.verdict === "incomplete" && roots[0] !== undefined
    ? `${told}\nthis test rests on ${roots[0]}, which is broken: mend that first`
    : told;
}

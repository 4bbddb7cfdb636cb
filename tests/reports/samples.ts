import picocolors from "picocolors";
import { type RunningServer, testedUnderLoad } from "../../harness/protocol.ts";
import type { RunOptions } from "../../harness/run-options.ts";
import { makeReport } from "../../reports/make.ts";
import type { Report, ReportCase } from "../../reports/report.ts";
import { type TerminalOptions, terminal } from "../../reports/terminal.ts";
import { conclude } from "../../reports/verdict.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { cases, runAgainst } from "../helpers.ts";

/** Cases that need little time, of several suites. */
const SOME =
  /^(version\/(greeting|parity|isolated|open-p)|disconnect\/(alone|reconnect)|malformed\/not-json-[a-e]|transport\/ping)/;

/** Resolves to the report of a real run of some cases against the reference server, with a fault or without. */
export async function sample(fault?: string, options: Partial<RunOptions> = {}, wanted = SOME): Promise<Report> {
  return sampleOf(await protocol.serve({ fault }), options, wanted);
}

/** The same of another server, which it stops. */
export async function sampleOf(
  server: Pick<RunningServer, "url" | "close">,
  options: Partial<RunOptions> = {},
  wanted = SOME,
): Promise<Report> {
  const some = cases.filter(({ id }) => wanted.test(id));
  const result = await runAgainst(server.url, some, options).finally(server.close);
  return makeReport(result, {
    suite: { name: "tachyon-conformance", version: "0.2.0" },
    protocol,
    target: { url: "ws://127.0.0.1:8080/", embedded: false, strict: options.strict ?? false },
  });
}

/** Replaces one case of a report. */
export const withCase = (report: Report, id: string, change: (it: ReportCase) => Partial<ReportCase>): Report => ({
  ...report,
  cases: report.cases.map((it) => (it.id === id ? { ...it, ...change(it) } : it)),
});

/** Returns a report with all that follows from its cases. */
export function concluded({ verdict: _, counts: __, requirements: ___, cases, ...draft }: Report): Report {
  return conclude(draft, cases, protocol.requirements);
}

/** A report in which a case breaks a requirement. */
export const breaking = (report: Report, id: string, requirement: string) =>
  concluded(
    withCase(report, id, ({ checks }) => ({
      verdict: "fail",
      checks: checks.map((it) => (it.requirement === requirement ? { ...it, verdict: "fail", actual: "else" } : it)),
    })),
  );

/** A report as a terminal without colours shows it. */
export const inTerminal = (report: Report, more: Partial<TerminalOptions> = {}): string =>
  terminal(report, {
    colors: picocolors.createColors(false),
    quiet: false,
    verbose: false,
    knowledge: { requirements: protocol.requirements },
    command: (...ids) => ids.join(" "),
    underLoad: testedUnderLoad(protocol),
    written: [],
    ...more,
  });

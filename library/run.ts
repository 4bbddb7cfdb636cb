import { run as runCases } from "../harness/runner.ts";
import { judgeRecordings } from "../recordings/check.ts";
import type { Report } from "../reports/report.ts";
import { isFine } from "../reports/verdict.ts";
import { DEFAULTS } from "../running/defaults.ts";
import { select } from "../running/select.ts";
import { withHint } from "../running/spoken.ts";
import { ConformanceError, callerOf, reportOf, toText } from "./conforms.ts";
import type * as Api from "./index.d.cts";
import { checkOptions, expectedOf, JUDGING, runOptions, SELECTING, selection } from "./options.ts";
import { versionOf } from "./versions.ts";

/** Runs cases against a server, all together. */
export async function run(url: Api.Url, options: Api.RunOptions = {}): Promise<Report> {
  checkOptions(options, [...SELECTING, ...JUDGING, "concurrency", "signal", "onCase"]);
  const { strict = false, all = false, signal, onCase, concurrency = DEFAULTS.concurrency } = options;
  const protocol = versionOf(options.protocol);
  const expected = expectedOf(options);
  const chosen = select(protocol, selection(options), all);
  const how = await runOptions(url, options);
  const result = await runCases(protocol, chosen, {
    ...how,
    concurrency,
    linger: all ? "long" : "short",
    ...(signal && { signal }),
    ...(onCase && { onResult: ({ case: { id }, verdict }) => onCase({ id, verdict }) }),
  }).catch(async (error) => {
    throw await withHint(error, protocol, how.target, how.timeout);
  });
  const target = { url: how.target.secrets.redact(how.target.url.href), strict };
  return reportOf(result, target, expected, protocol, concurrency);
}

/** Does the same, and throws a `ConformanceError` unless the command line would exit with 0. */
export async function conformance(url: Api.Url, options: Api.RunOptions = {}): Promise<Report> {
  const caller = callerOf(conformance);
  const report = await run(url, options);
  if (!isFine(report)) throw new ConformanceError(toText(report), report, caller);
  return report;
}

/** Judges files of recorded traffic, without a server. */
export async function check(
  files: string | readonly string[],
  options: Pick<Api.Judging, "strict" | "protocol"> = {},
): Promise<Report> {
  checkOptions(options, ["strict", "protocol"]);
  const { strict = false, protocol } = options;
  return judgeRecordings({ files: [files].flat(), strict }, versionOf(protocol));
}

import type { Protocol } from "../../harness/protocol.ts";
import { UsageError } from "../../harness/usage.ts";
import { type Expecting, expecting, readWanted } from "../../reports/expected/use.ts";
import { merge } from "../../reports/merge.ts";
import { ofProtocol, readReport, reportFile } from "../../reports/read.ts";
import type { Report } from "../../reports/report.ts";
import { destinations, prepareAll, type WantedReports } from "../../reports/save.ts";
import { quoted } from "../../reports/shell-commands.ts";
import { refuseOverwriting } from "../../reports/write.ts";
import { finish } from "../run/finish.ts";

/** The options of `report`, as the command line gives them. */
interface ReportArguments extends WantedReports, Expecting {
  readonly files: readonly string[];
  readonly merge: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly config?: unknown;
}

/**
 * Writes a stored report in other formats, or makes one of the shards of a run. Resolves to the exit code of the run. Throws a
 * `UsageError`.
 */
export async function reportCommand(args: ReportArguments, protocol: Protocol): Promise<number> {
  const files = destinations(args);
  const inputs = await Promise.all(args.files.map(reportFile));
  await refuseOverwriting([...inputs, args.expectedFailures, args.config], [...files.values()]);
  const stored = await one(args, protocol);
  await prepareAll(files);
  const expected = await readWanted(args, protocol);
  if (args.merge && !expected && stored.expectedFailures) throw lacking(stored.expectedFailures.file);
  const { report: told, ...expectedFailures } = await expecting(stored, expected, args, protocol);
  return finish(told, files, { ...args, expected: expectedFailures }, protocol);
}

async function one({ files, merge: merging }: ReportArguments, protocol: Protocol): Promise<Report> {
  const stored = await Promise.all(
    files.map(async (file) => ({ file, report: ofProtocol(protocol, await readReport(file), file) })),
  );
  if (merging) return merge(stored, protocol);
  const [first, second] = stored;
  if (first && !second) return first.report;
  throw new UsageError("Several reports make one only with --merge, which takes the shards of a run.");
}

/** Expected failures are judged anew: only the whole run shows which no longer fail. */
const lacking = (file: string) =>
  new UsageError(
    `The shards were run with expected failures: give them here too, with --expected-failures ${quoted(file)}.`,
  );

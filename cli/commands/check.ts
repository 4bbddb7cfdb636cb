import { stayLean } from "../../harness/memory.ts";
import type { Protocol } from "../../harness/protocol.ts";
import { judgeRecordings, type WantedRecordings } from "../../recordings/check.ts";
import { reportFile } from "../../reports/read.ts";
import { destinations, prepareAll, type WantedReports } from "../../reports/save.ts";
import { refuseOverwriting } from "../../reports/write.ts";
import { spokenInstead } from "../../running/spoken.ts";
import { finish } from "../run/finish.ts";

/** The options of `check`, as the command line gives them. */
interface CheckArguments extends WantedReports, WantedRecordings {
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly config?: unknown;
}

/** Judges recorded traffic by the rules for every message. Resolves to the exit code. Throws a `UsageError`. */
export async function checkCommand(args: CheckArguments, protocol: Protocol): Promise<number> {
  const files = destinations(args);
  const read = [...(await Promise.all(args.files.map(reportFile))), args.config];
  await refuseOverwriting(
    read.filter((path) => typeof path === "string"),
    [...files.values()],
  );
  await prepareAll(files);
  stayLean();
  const report = await judgeRecordings(args, protocol);
  const speaks = await spokenInstead(report.cases, protocol);
  return finish({ ...report, ...(speaks !== undefined && { speaks }) }, files, args, protocol);
}

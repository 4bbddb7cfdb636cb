import { stayLean } from "../../harness/memory.ts";
import type { Protocol } from "../../harness/protocol.ts";
import { UsageError } from "../../harness/usage.ts";
import about from "../../package.json" with { type: "json" };
import { follow } from "../../recordings/follow.ts";
import { readRecording } from "../../recordings/read.ts";
import { recording } from "../../recordings/report.ts";
import { destinations, prepareAll, type WantedReports } from "../../reports/save.ts";
import { finish } from "./finish.ts";

/** The options of `check`, as the command line gives them. */
export interface CheckArguments extends WantedReports {
  readonly files: readonly string[];
  readonly strict: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

/** Judges recorded traffic by the rules for every message. Resolves to the exit code. Throws a `UsageError`. */
export async function checkCommand(args: CheckArguments, protocol: Protocol): Promise<number> {
  const files = destinations(args);
  await prepareAll(files);
  stayLean();
  const startedAt = new Date();
  const judged = recording(protocol, args.strict);
  const follower = follow(protocol.rules, judged.add);
  for (const file of args.files) await readRecording(file, (it) => follower.see(file, it), protocol);
  follower.end();
  if (judged.size === 0) throw nothing(args.files);
  const report = judged.report({
    suite: { name: about.name, version: about.version },
    files: args.files,
    startedAt,
    durationMs: Date.now() - startedAt.getTime(),
  });
  return finish(report, files, args, protocol);
}

const nothing = (files: readonly string[]) =>
  new UsageError(
    `${files.join(", ")} ${files.length === 1 ? "holds" : "hold"} no WebSocket connection. Name a report.json, a HAR file that a browser saved with WebSocket messages, or a file with one event a line.`,
  );

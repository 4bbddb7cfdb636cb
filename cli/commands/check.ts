import { createHash } from "node:crypto";
import { glob } from "../../harness/glob.ts";
import { stayLean } from "../../harness/memory.ts";
import type { Protocol } from "../../harness/protocol.ts";
import type { Transcript } from "../../harness/transcript.ts";
import { UsageError } from "../../harness/usage.ts";
import about from "../../package.json" with { type: "json" };
import { clients } from "../../recordings/clients.ts";
import { arranged, twice } from "../../recordings/files.ts";
import { follow } from "../../recordings/follow.ts";
import type { Choice } from "../../recordings/har.ts";
import { readRecording } from "../../recordings/read.ts";
import { bounded, type RecordedEvent } from "../../recordings/recorded.ts";
import { recording, rulesOf } from "../../recordings/report.ts";
import { destinations, prepareAll, type WantedReports } from "../../reports/save.ts";
import { finish } from "./finish.ts";

/** The options of `check`, as the command line gives them. */
export interface CheckArguments extends WantedReports {
  readonly files: readonly string[];
  /** Globs of the urls that count. */
  readonly url?: readonly string[] | undefined;
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
  const { choice, left } = choosing(args.url, protocol);
  const { wants = () => true } = choice;
  const follower = follow(rulesOf(protocol), (it) => void (wants(it.url) && judged.add(it)));
  const sent = clients((message) => protocol.mistakeOf?.(message));
  const see = (file: string) => (it: RecordedEvent) => {
    follower.see(file, it);
    if (!args.url || wants(follower.sofar(it.recording ?? file, it.connection)?.url ?? "")) sent.see(bounded(it.event));
  };
  const digests = new Map<string, string>();
  for (const file of await arranged(args.files)) {
    const hash = args.files.length > 1 ? createHash("sha256") : undefined;
    await readRecording(file, see(file), protocol, choice, hash);
    const digest = hash?.digest("hex") ?? file;
    const same = digests.get(digest);
    if (same !== undefined) throw twice(same, file);
    digests.set(digest, file);
  }
  follower.end();
  if (judged.size === 0) throw nothing(args, left);
  const report = judged.report({
    suite: { name: about.name, version: about.version },
    files: args.files,
    startedAt,
    clients: sent.found(),
    ...(left.length > 0 && { leftOut: { connections: left.length, names: left.slice(0, NAMED) } }),
    durationMs: Date.now() - startedAt.getTime(),
  });
  return finish(report, files, args, protocol);
}

/** The number of connections that are named of those that were left out. */
const NAMED = 5;

/** Chooses connections by the url, or else by what they hold; `left` names those that hold nothing of the protocol. */
function choosing(urls: readonly string[] | undefined, protocol: Protocol): { choice: Choice; left: string[] } {
  const left: string[] = [];
  const globs = urls?.map(glob);
  const choice = {
    wants: globs && ((url: string) => globs.some((matches) => matches(url))),
    speaks: (transcript: Transcript) => protocol.speaks?.(transcript) ?? true,
    leaveOut: (name: string) => void left.push(name),
  };
  return { choice, left };
}

function nothing({ files, url }: CheckArguments, left: readonly string[]): UsageError {
  const verb = files.length === 1 ? "holds" : "hold";
  if (url)
    return new UsageError(`${files.join(", ")} ${verb} no WebSocket connection whose url matches ${url.join(", ")}.`);
  if (left.length > 0)
    return new UsageError(
      `${files.join(", ")} ${verb} no WebSocket connection of this protocol: ${left.slice(0, NAMED).join(", ")} left out. --url "*" judges all the same.`,
    );
  return new UsageError(
    `${files.join(", ")} ${verb} no WebSocket connection. Name a report.json, a HAR file that a browser saved with WebSocket messages, or a file with one event a line.`,
  );
}

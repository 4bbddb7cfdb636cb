import { createHash } from "node:crypto";
import { glob, isGlob } from "../harness/glob.ts";
import type { Protocol } from "../harness/protocol.ts";
import type { Transcript } from "../harness/transcript.ts";
import { STDIN, UsageError } from "../harness/usage.ts";
import type { Report } from "../reports/report.ts";
import { SUITE } from "../reports/suite.ts";
import { clients } from "./clients.ts";
import { arranged, headOfFile, twice } from "./files.ts";
import { follow } from "./follow.ts";
import type { Choice } from "./har.ts";
import { readRecording } from "./read.ts";
import { bounded, type RecordedEvent } from "./recorded.ts";
import { type RecordingOptions, recording, rulesOf } from "./report.ts";

/** The recordings to judge. */
export interface WantedRecordings extends RecordingOptions {
  readonly files: readonly string[];
  /** Globs of the urls that count. */
  readonly url?: readonly string[] | undefined;
}

/** Judges recorded traffic by the rules for every message. Throws a `UsageError`. */
export async function judgeRecordings(wanted: WantedRecordings, protocol: Protocol): Promise<Report> {
  const startedAt = new Date();
  const judged = recording(protocol, wanted);
  const { choice, left } = choosing(wanted.url, protocol);
  const { wants = () => true } = choice;
  const sent = clients(protocol);
  const follower = follow(rulesOf(protocol), (it) => {
    if (!wants(it.url)) return;
    judged.add(it);
    sent.over(it);
  });
  let seen = 0;
  const see = (file: string) => (it: RecordedEvent) => {
    seen += 1;
    const at = follower.see(file, it);
    if (!wanted.url || wants(follower.sofar(it.recording ?? file, it.connection)?.url ?? ""))
      sent.see(bounded(it.event), at);
  };
  const known = new Map<string, string>();
  for (const file of await arranged(wanted.files)) {
    const hash = wanted.files.length > 1 ? createHash("sha256") : undefined;
    const [before, without] = [seen, left.length];
    await readRecording(file, see(file), protocol, choice, hash);
    const isEmpty = seen === before && left.length === without && !wanted.url;
    // A part that was recorded while nobody came is empty, and right.
    if (isEmpty && (file === STDIN || !(await headOfFile(file)))) throw nothing({ files: [file] }, []);
    if (hash) refuseTwice(file, hash.digest("hex"), known);
  }
  follower.end();
  if (judged.size === 0) throw nothing(wanted, left);
  return judged.report({
    suite: SUITE,
    files: wanted.files,
    startedAt,
    clients: sent.found(),
    ...(left.length > 0 && { leftOut: { connections: left.length, names: left.slice(0, NAMED_CONNECTIONS) } }),
    durationMs: Date.now() - startedAt.getTime(),
  });
}

/** Throws a `UsageError` if a file holds the same as one before. Remembers its digest. */
function refuseTwice(file: string, digest: string, known: Map<string, string>): void {
  const same = known.get(digest);
  if (same !== undefined) throw twice(same, file);
  known.set(digest, file);
}

/** The number of connections that are named of those that were left out. */
const NAMED_CONNECTIONS = 5;

/** Chooses connections by the url, or else by their content; `left` names those that hold nothing of the protocol. */
function choosing(urls: readonly string[] | undefined, protocol: Protocol): { choice: Choice; left: string[] } {
  const left: string[] = [];
  // A plain url is that of a server: what clients add to it differs.
  const globs = urls?.map((it) => (isGlob(it) ? glob(it) : (url: string) => url.startsWith(it)));
  const choice = {
    wants: globs && ((url: string) => globs.some((matches) => matches(url))),
    speaks: (transcript: Transcript) => protocol.speaks?.(transcript) ?? true,
    leaveOut: (name: string) => void left.push(name),
  };
  return { choice, left };
}

function nothing({ files, url }: Pick<WantedRecordings, "files" | "url">, left: readonly string[]): UsageError {
  const verb = files.length === 1 ? "holds" : "hold";
  if (url)
    return new UsageError(`${files.join(", ")} ${verb} no WebSocket connection whose url matches ${url.join(", ")}.`);
  if (left.length > 0)
    return new UsageError(
      `${files.join(", ")} ${verb} no WebSocket connection of this protocol: ${left.slice(0, NAMED_CONNECTIONS).join(", ")} left out. --url "*" judges all the same.`,
    );
  return new UsageError(
    `${files.join(", ")} ${verb} no WebSocket connection. Name a report.json, a HAR file that a browser saved with WebSocket messages, or a file with one event a line.`,
  );
}

import type { Finding } from "../../harness/rule.ts";
import type { Transcript, WireEvent } from "../../harness/transcript.ts";
import { follow } from "../../recordings/follow.ts";
import type { FollowedConnection } from "../../recordings/followed.ts";
import { judgeRecorded } from "../../recordings/judge.ts";
import { ndjson } from "../../recordings/ndjson.ts";
import { protocol } from "../../suites/0.1.7/index.ts";

export const { rules } = protocol;

/** An event that needs little to be written. */
export const event = (from: WireEvent["from"], type: WireEvent["type"], data = "", code?: number): WireEvent =>
  ({ at: 0, from, type, ...(type !== "end" && { data }), ...(code !== undefined && { code }) }) as WireEvent;

/** Makes a message of either side. */
export const says = (from: WireEvent["from"], message: unknown): WireEvent =>
  event(from, "text", JSON.stringify(message));

export const GREETING = {
  command: "system/version/response",
  status: "success",
  data: { tachyonVersion: "0.1.7", versionParity: "match" },
};
export const GOODBYE = { command: "system/disconnected/response", status: "success" };
export const REFUSAL = { ...GOODBYE, status: "failed", reason: "internal_error" };
export const ASK = { command: "system/disconnect/request" };

/** Returns a recording of one event a line. */
export const toLines = (transcripts: Readonly<Record<string, readonly WireEvent[]>>): string =>
  Object.entries(transcripts)
    .flatMap(([connection, events]) => events.map((it) => `${JSON.stringify({ connection, ...it })}\n`))
    .join("");

const FILE = "test.ndjson";

/** Returns the connections of a recording, as they are judged. */
export function followed(text: string): FollowedConnection[] {
  const connections: FollowedConnection[] = [];
  const follower = follow(rules, (it) => connections.push(it));
  const lines = ndjson(FILE, (it) => follower.see(FILE, it));
  lines.push(Buffer.from(text));
  lines.end();
  follower.end();
  return connections;
}

/** Returns the finding of each rule, by its requirement. */
export const findings = (transcript: Transcript): Readonly<Record<string, Finding>> =>
  Object.fromEntries(rules.map((rule) => [rule.requirement, judgeRecorded(rule, transcript)]));

/** Returns the findings but for kept rules. */
export const outcomes = (transcript: Transcript): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(findings(transcript))
      .filter(([, { outcome }]) => outcome !== "kept")
      .map(([id, { outcome }]) => [id, outcome]),
  );

/** The events of a connection that breaks nothing. */
export const CLEAN: readonly WireEvent[] = [
  says("server", GREETING),
  says("client", ASK),
  says("server", GOODBYE),
  event("server", "close", "", 1000),
];

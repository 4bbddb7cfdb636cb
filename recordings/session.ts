import { wordsOfSilence } from "../harness/nothing.ts";
import type { Protocol } from "../harness/protocol.ts";
import { stamp } from "../harness/shared.ts";
import type { Side, WireEvent } from "../harness/transcript.ts";
import type { Report } from "../reports/report.ts";
import { clients } from "./clients.ts";
import { follow } from "./follow.ts";
import { LINE } from "./lines.ts";
import { live } from "./live-findings.ts";
import { lineOf } from "./ndjson.ts";
import { owing } from "./owed.ts";
import { bounded, clock, gap, type RecordedEvent } from "./recorded.ts";
import { type About, recording, rulesOf } from "./report.ts";

/** Traffic that is recorded and judged while it happens, as `check` judges it later. */
export interface RecordedSession {
  /** Something happened; its time is in ms since 1970. */
  see(recorded: RecordedEvent): void;
  /** Nothing more comes. */
  end(): void;
  /** Returns nothing if no connection was recorded. */
  report(about: Omit<About, "clients">): Report | undefined;
}

/** The surroundings of a session. */
export interface SessionOptions {
  readonly file: string;
  /** The time when it began, in ms since 1970. */
  readonly began: number;
  readonly strict: boolean;
  /** The time that a server has for an answer that it owes, in ms. */
  readonly timeout: number;
  /** The time, in ms since 1970. */
  readonly now: () => number;
  readonly write: (line: string) => void;
  readonly tell: (line: string) => void;
}

/** Begins a session. */
export function session(
  protocol: Protocol,
  { file, began, strict, timeout, now, write, tell }: SessionOptions,
): RecordedSession {
  const time = clock(began);
  const judged = recording(protocol, strict);
  const sent = clients((message) => protocol.mistakeOf?.(message));
  const left = new Map<string, Side>();
  let last = began;
  const sofar = (connection: string) => follower.sofar(file, connection);
  const owed = owing(protocol, {
    timeout,
    sofar,
    gaveUp(connection, what) {
      const data = wordsOfSilence({ what, afterMs: timeout });
      see({ connection, event: { at: now(), from: "client", type: "timeout", data, what, afterMs: timeout } });
    },
  });
  const telling = live((connection) => {
    const transcript = sofar(connection);
    if (!transcript) return [];
    owed.stir(connection, transcript);
    return judged.broken(transcript);
  }, tell);
  const follower = follow(rulesOf(protocol), (it) => {
    judged.add(it);
    telling.found(it.id, judged.broken(it.decisive), true);
  });

  const see = (recorded: RecordedEvent) => {
    const { connection } = recorded;
    // A compressed message is read late, and still stands behind those that were written before.
    last = Math.max(last, stamp(recorded.event.at));
    const [line, event] = fitting(recorded, last);
    write(line);
    const seen = { ...recorded, event: { ...event, at: time(last) ?? 0 } };
    follower.see(file, seen);
    const mistake = sent.see(bounded(seen.event));
    if (mistake !== undefined) telling.mistake(connection, mistake);
    telling.stir(seen);
    if (event.type === "end") end(connection, event.from);
  };

  /** Both sides end TCP once. */
  const end = (connection: string, side: Side) => {
    const other = left.get(connection);
    if (other === undefined || other === side) return void left.set(connection, side);
    left.delete(connection);
    owed.over(connection);
    follower.over(file, connection);
  };

  return {
    see,
    end() {
      owed.end();
      telling.end();
      follower.end();
    },
    report: (about) => (judged.size === 0 ? undefined : judged.report({ ...about, clients: sent.found() })),
  };
}

/** The line of an event, or of the gap that stands for one that no line can hold. */
function fitting(recorded: RecordedEvent, at: number): [line: string, event: WireEvent] {
  const { event } = recorded;
  const line = lineOf(recorded, at);
  if (line.length * 3 < LINE || Buffer.byteLength(line) < LINE || !("data" in event)) return [line, event];
  const instead = gap(event.from, at, `a ${event.type} of ${event.data.length} characters, more than a line can hold`);
  return [lineOf({ ...recorded, event: instead }, at), instead];
}

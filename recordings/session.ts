import type { Protocol } from "../harness/protocol.ts";
import type { Side, WireEvent } from "../harness/transcript.ts";
import type { Report } from "../reports/report.ts";
import { clients } from "./clients.ts";
import { follow } from "./follow.ts";
import { LINE } from "./lines.ts";
import { live } from "./live.ts";
import { lineOf } from "./ndjson.ts";
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
  readonly write: (line: string) => void;
  readonly tell: (line: string) => void;
}

/** Begins a session. */
export function session(protocol: Protocol, { file, began, strict, write, tell }: SessionOptions): RecordedSession {
  const time = clock(began);
  const judged = recording(protocol, strict);
  const sent = clients((message) => protocol.mistakeOf?.(message));
  const left = new Map<string, Side>();
  const telling = live((connection) => {
    const sofar = follower.sofar(file, connection);
    return sofar ? judged.broken(sofar) : [];
  }, tell);
  const follower = follow(rulesOf(protocol), (it) => {
    judged.add(it);
    telling.found(it.id, judged.broken(it.decisive), true);
  });

  return {
    see(recorded) {
      const { connection } = recorded;
      const at = Math.round(recorded.event.at * 100) / 100;
      const [line, event] = fitting(recorded, at);
      write(line);
      const seen = { ...recorded, event: { ...event, at: time(at) ?? 0 } };
      follower.see(file, seen);
      const mistake = sent.see(bounded(seen.event));
      if (mistake !== undefined) telling.mistake(connection, mistake);
      telling.stir(seen);
      if (event.type !== "end") return;
      const other = left.get(connection);
      if (other === undefined || other === event.from) return void left.set(connection, event.from);
      left.delete(connection);
      follower.over(file, connection);
    },
    end() {
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

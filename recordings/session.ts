import { type Silence, wordsOfSilence } from "../harness/nothing.ts";
import type { Protocol } from "../harness/protocol.ts";
import { stamp } from "../harness/shared.ts";
import type { Side, WireEvent } from "../harness/transcript.ts";
import type { Report } from "../reports/report.ts";
import { type Clients, clients } from "./clients.ts";
import { type Follower, follow } from "./follow.ts";
import { LINE } from "./lines.ts";
import { type Live, live } from "./live-findings.ts";
import { lineOf } from "./ndjson.ts";
import { type Owing, owing } from "./owed.ts";
import { bounded, type Clock, clock, gap, type RecordedEvent } from "./recorded.ts";
import { type About, type RecordingOptions, recording, rulesOf } from "./report.ts";

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
interface SessionOptions extends RecordingOptions {
  readonly file: string;
  /** The time when it began, in ms since 1970. */
  readonly began: number;
  /** The time that a server has for an answer that it owes, in ms. */
  readonly timeout: number;
  /** The time, in ms since 1970. */
  readonly now: () => number;
  readonly write: (line: string) => void;
  readonly tell: (line: string) => void;
}

/** The state of a session. Times are in ms since 1970. */
interface Ongoing extends Pick<SessionOptions, "file" | "write"> {
  readonly time: Clock;
  readonly sent: Clients;
  readonly follower: Follower;
  readonly owed: Owing;
  readonly telling: Live;
  /** The side of a connection that has ended TCP, where the other has not. */
  readonly left: Map<string, Side>;
  /** The time of the last event. */
  last: number;
}

/** Begins a session. */
export function session(
  protocol: Protocol,
  { file, began, timeout, now, write, tell, ...judging }: SessionOptions,
): RecordedSession {
  const judged = recording(protocol, judging);
  const sent = clients(protocol);
  const follower = follow(rulesOf(protocol), (it) => {
    judged.add(it);
    const says = sent.over(it);
    if (says !== undefined) telling.mistake(it.id, { says });
    telling.found(it.id, judged.broken(it.decisive), true);
  });
  const sofar = (connection: string) => follower.sofar(file, connection);
  const telling = live((connection) => {
    const transcript = sofar(connection);
    if (!transcript) return [];
    owed.stir(connection, transcript);
    return judged.broken(transcript);
  }, tell);
  const gaveUp = (connection: string, what: string) =>
    see(state, { connection, event: inVain({ what, afterMs: timeout }, now()) });
  const owed = owing(protocol, { timeout, sofar, gaveUp });
  const time = clock(began);
  const state: Ongoing = { file, write, time, sent, follower, owed, telling, left: new Map(), last: began };
  return {
    see: (recorded) => see(state, recorded),
    end() {
      for (const part of [owed, telling, follower]) part.end();
    },
    report: (about) => (judged.size === 0 ? undefined : judged.report({ ...about, clients: sent.found() })),
  };
}

function see(state: Ongoing, recorded: RecordedEvent): void {
  const { file, follower, sent, telling, time, write } = state;
  const { connection } = recorded;
  // A compressed message is read late, and still stands behind those that were written before.
  state.last = Math.max(state.last, stamp(recorded.event.at));
  const [line, event] = fitting(recorded, state.last);
  write(line);
  const seen = { ...recorded, event: { ...event, at: time(state.last) ?? 0 } };
  const at = follower.see(file, seen);
  const mistake = sent.see(bounded(seen.event), at);
  if (mistake !== undefined) telling.mistake(connection, mistake);
  telling.stir(seen);
  if (event.type === "upgrade" && event.from === "server" && (event.code ?? 101) !== 101)
    telling.refusal(connection, event.code ?? 0, follower.sofar(file, connection)?.url ?? "");
  if (event.type === "end") endOfTcp(state, connection, event.from);
}

/** One side of a connection has ended TCP. Once both have, it is over. */
function endOfTcp({ file, follower, left, owed }: Ongoing, connection: string, side: Side): void {
  const other = left.get(connection);
  if (other === undefined || other === side) return void left.set(connection, side);
  left.delete(connection);
  owed.over(connection);
  follower.over(file, connection);
}

/** A wait in vain, as a transcript holds it. */
const inVain = (silence: Pick<Silence, "what" | "afterMs">, at: number): WireEvent => ({
  at,
  from: "client",
  type: "timeout",
  data: wordsOfSilence(silence),
  ...silence,
});

/** The line of an event, or of the gap that stands for one that no line can hold. */
function fitting(recorded: RecordedEvent, at: number): [line: string, event: WireEvent] {
  const { event } = recorded;
  const line = lineOf(recorded, at);
  if (line.length * 3 < LINE || Buffer.byteLength(line) < LINE || !("data" in event)) return [line, event];
  const instead = gap(event.from, at, `a ${event.type} of ${event.data.length} characters, more than a line can hold`);
  return [lineOf({ ...recorded, event: instead }, at), instead];
}

import { wordsOfFailure } from "./failure.ts";
import type { Fall, Pass } from "./pass.ts";
import { BETWEEN_LOOKS, sleep } from "./sleep.ts";
import { withoutSecrets } from "./target.ts";
import { isServerEnd, type Transcript } from "./transcript.ts";
import { HANDSHAKE } from "./waited.ts";

/**
 * The parts of a message that differ each time a program tells of the same bug: what Node.js says of a text that is no JSON, what stands in
 * double quotes, one character in single ones, and whatever has a digit, such as a time or an address. A user sees these as they are.
 */
const VARYING = /(?<=SyntaxError: ).*\bJSON\b.*|"[^"]*"|'.'|[\w:.+-]*\d[\w:.+-]*/g;

/** The end of the connections of others. */
export const ENDED_OTHERS = { how: "connections of other clients were ended", endKind: "drop", harm: "drop" } as const;

/** Tells if the server lives on. */
export const livesOn = ({ harm }: Pick<Fall, "harm">): boolean => harm === "drop" || harm === "stall";

/** The words for a server that stood still for long, and may do so again. */
export const STOOD_STILL = "the server stood still";

/** The words for a server that hangs, by what it gives nobody any more. */
const STOPPED_GIVING = {
  handshake: "answering anybody",
  greeting: "greeting anybody",
  answer: "answering requests",
} as const;

/** A client answers the last message of a server within this time, in ms. A server may hang over that answer. */
const LAST_ANSWER_WITHIN = 5;

/** A server that opens no WebSocket any more still hears odd clients if it sends something for longer than this, in timeouts. */
const STILL_HEARS_AFTER = 0.25;

/**
 * Ends a server that gives a newcomer no answer of some kind, and returns its fall. It came about when somebody last got that answer. A
 * server that hears nobody fell when it last sent something.
 */
export async function endHanging(pass: Pass, missed: string): Promise<Fall> {
  const { shared, availability, target, protocol } = pass;
  const { heardAt } = shared.attention;
  const last = shared.patience.lastServing(missed);
  const isDeaf = missed === HANDSHAKE && heardAt - last.to < STILL_HEARS_AFTER * shared.timeout;
  const { from, to } = isDeaf ? { from: heardAt, to: heardAt } : last;
  availability.hangs(missed);
  await target.process?.kill();
  const what = missed === HANDSHAKE ? "handshake" : missed === protocol.greeting ? "greeting" : "answer";
  const how = `the server stopped ${STOPPED_GIVING[what]}`;
  return { from, to: to + LAST_ANSWER_WITHIN, how, endKind: `hang: ${what}`, harm: "hang", hangs: missed };
}

/** The end of a server of which no more is known. */
export const STOPPED_ACCEPTING = "the server stopped accepting connections";

/** The words for one that lives on with those who are connected. */
export const SPARING = `${STOPPED_ACCEPTING} (and kept those open)`;

/** The kind of end of a server that accepts no connection, of which no more is known. */
export const AWAY = "away";

/** The kind of end of a server that lives on, and refuses everybody over an input, for a while or for good. */
export const SHUT_OUT = "shut-out";

/** Says how a server ended, or that it ended the connections of others. */
export async function howItFell({ target, availability }: Pass): Promise<Omit<Fall, "from" | "to">> {
  const { process } = target;
  if (process?.death) {
    const { how } = process.death;
    const said = await process.lastWords();
    const words = said === undefined ? "" : withoutSecrets(`: ${said.text}`, target);
    const namesCause = said?.isCause ?? false;
    const endKind = namesCause ? `${how}${words.replace(VARYING, "#")}` : how;
    const age = process.death.at - process.startedAt;
    return { how: `the server ended (${how}${words})`, endKind, harm: "end", namesCause, age };
  }
  const { downSince, refusal } = availability;
  if (downSince === undefined) return ENDED_OTHERS;
  if (refusal === undefined) return { how: STOPPED_ACCEPTING, endKind: AWAY, harm: "end" };
  const how = `${STOPPED_ACCEPTING} (${wordsOfFailure(refusal)})`;
  // Without a process, a gateway may say so before a server that has ended.
  return { how, endKind: process ? SHUT_OUT : `away: ${refusal.code}`, harm: "end" };
}

/** The most looks at a process that may have ended. */
const LOOKS_AT_PROCESS = 6;

/** Waits a moment for the end of a process, which is known later than that of its connections. */
export async function diedOrNot({ target }: Pass): Promise<void> {
  for (let i = 0; i < LOOKS_AT_PROCESS && target.process && !target.process.death; i++) await sleep(BETWEEN_LOOKS);
}

/** Returns when the server first ended one of these connections, in ms of the run's clock. */
export const endedAt = (connections: readonly Transcript[]): number | undefined => {
  const ends = connections.flatMap(({ events }) => events.filter(isServerEnd).map(({ at }) => at));
  return ends.length === 0 ? undefined : Math.min(...ends);
};

import type { CaseResult } from "./execute.ts";
import { isAbsent } from "./failure.ts";
import { isServerEnd, type Transcript, type WireEvent } from "./transcript.ts";

/** Something that a client sent. */
export interface Input {
  readonly event: WireEvent;
  /** Its client does what the case is about. */
  readonly acts: boolean;
  /** The input just before on the same connection, if the server said nothing in between. */
  readonly follows?: WireEvent | undefined;
}

/** The events of a client that a server has to read. */
const SENT = new Set<WireEvent["type"]>(["upgrade", "text", "binary", "ping", "violation", "close", "end"]);

const isInput = ({ from, type }: WireEvent) => from === "client" && SENT.has(type);

/** Tells if nobody was there to read what a client sent. */
const metNobody = ({ events }: Transcript) => events.some((it) => it.type === "error" && isAbsent(it.failure));

/** Returns all that the clients of a case sent and somebody could read, in order. */
export const inputsOf = (connections: readonly Transcript[]): readonly Input[] =>
  connections
    .filter((it) => !metNobody(it))
    .flatMap(({ acts = false, events }) =>
      events.flatMap((event, i) => {
        const last = events[i - 1];
        return isInput(event) ? [{ event, acts, ...(last && isInput(last) && { follows: last }) }] : [];
      }),
    )
    .toSorted((a, b) => a.event.at - b.event.at);

/** Tells if a case may have ended a server. One that only waits sends nothing that could. */
export const isSuspect = ({ case: { waits }, connections }: CaseResult): boolean => !waits && connections.length > 0;

/** Returns the suspects among all results that were not at work when a server ended. */
export const notAtWork = (atWork: readonly CaseResult[], results: readonly CaseResult[]): readonly CaseResult[] =>
  results.filter((it) => isSuspect(it) && !atWork.some((other) => other.case === it.case));

/** Returns when a case last sent something before a time, in ms of the run's clock. */
export const lastInput = ({ connections, beganAt }: CaseResult, before: number): number =>
  inputsOf(connections).findLast(({ event }) => event.at <= before)?.event.at ?? beganAt;

/** Sorts suspects of what happened at a time: the case that sent something last comes first. */
export const byRecency = (results: readonly CaseResult[], at: number): readonly CaseResult[] =>
  results.toSorted((a, b) => lastInput(b, at) - lastInput(a, at));

/** Tells if the server owes an answer to an event. It owes this to no end. */
const isAsked = (event: WireEvent) => isInput(event) && event.type !== "close" && event.type !== "end";

/** Tells if an event shows that the server had read what came before. The end of a connection does not, nor does a reset. */
const isAnswer = (event: WireEvent) =>
  event.from === "server" && event.type !== "end" && (event.type !== "error" || event.handshake === true);

/** Returns when a client sent the first input that had no answer by a time, in ms of the run's clock; infinity if all had. */
export const unansweredSince = ({ connections }: CaseResult, by: number, greets: boolean): number =>
  Math.min(...connections.map(({ events }) => unanswered(events, by, greets)[0]?.at ?? Number.POSITIVE_INFINITY));

/**
 * Returns what a client had sent by then, in ms of the run's clock, since the server last answered it. Where it `greets`, the greeting
 * answers a handshake: what a client asks for there is handled behind the 101.
 */
function unanswered(events: readonly WireEvent[], by: number, greets: boolean): readonly WireEvent[] {
  const before = events.filter(({ at }) => at <= by);
  const last = before.findLastIndex((event) => isAnswer(event) && !(greets && isOpening(event)));
  return before.slice(last + 1).filter(isAsked);
}

/** Tells if an event is the 101 that opens a WebSocket. */
const isOpening = (event: WireEvent) => event.from === "server" && event.type === "upgrade" && event.code === 101;

/** Returns when the server last answered an acting client of a case, in ms of the run's clock; minus infinity if it never did. */
const answeredAt = ({ connections }: CaseResult, by: number): number =>
  Math.max(
    ...connections.map(({ acts, events }) => {
      const asked = events.findIndex((event) => isAsked(event) && event.type !== "upgrade");
      const closes = events.some(({ from, type }) => from === "client" && type === "close");
      // A close frame that does not echo one is the answer to a violation.
      const answers = (type: WireEvent["type"]) => type === "text" || (type === "close" && !closes);
      const answer = events.findLast(
        ({ from, type, at }, i) => from === "server" && answers(type) && at <= by && i > asked,
      );
      return acts && asked >= 0 && answer ? answer.at : Number.NEGATIVE_INFINITY;
    }),
  );

/**
 * Sorts suspects of what happened at a time, the likeliest first; `greets` tells if the server greets each client. A server that ends
 * before it answers ends over its oldest unanswered input; one that answers first ends over the input that it answered last. So one of
 * the former and two of the latter take turns: inputs that are read together are answered together. All others follow, by recency.
 */
export function byLikelihood(results: readonly CaseResult[], at: number, greets: boolean): readonly CaseResult[] {
  const ranked = (time: (it: CaseResult) => number) =>
    results
      .map((it) => [it, time(it)] as const)
      .filter(([, ms]) => Number.isFinite(ms))
      .toSorted(([, a], [, b]) => a - b)
      .map(([it]) => it);
  const ends = new Map(results.map((it) => [it, waitingEnd(it, at - JUST, greets)]));
  const first = Math.min(...ends.values());
  // The input of a client that is ended first was read. That of others was not, which resets their connections a moment later.
  const isLater = (it: CaseResult) => Number((ends.get(it) ?? 0) > first + SAME);
  const waiting = ranked((it) => unansweredSince(it, at - JUST, greets)).toSorted((a, b) => isLater(a) - isLater(b));
  const answered = ranked((it) => -answeredAt(it, at));
  const turns = results.flatMap((_, i) => [waiting.slice(i, i + 1), answered.slice(2 * i, 2 * i + 2)].flat());
  return [...new Set([...turns, ...byRecency(results, at)])];
}

/** Returns when the first connection with an input that has no answer by then ended, in ms of the run's clock; infinity if none did. */
const waitingEnd = ({ connections }: CaseResult, by: number, greets: boolean): number =>
  Math.min(
    ...connections.map(({ events }) => {
      const wasRead = (event: WireEvent) => event.type !== "upgrade" || events.some(isOpening);
      const end = unanswered(events, by, greets).some(wasRead) ? events.find(isServerEnd) : undefined;
      return end?.at ?? Number.POSITIVE_INFINITY;
    }),
  );

/** Ends that differ by less come together, in ms. */
const SAME = 1;

/** The least time from an input to the end of connections that it causes, in ms. */
const JUST = 0.1;

import type { CaseResult } from "./execute.ts";
import { isAbsent } from "./failure.ts";
import { isOpening, isReset, type Transcript, type WireEvent } from "./transcript.ts";

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
const wasUnheard = ({ events }: Transcript) => events.some((it) => it.type === "error" && isAbsent(it.failure));

/** Returns all that the clients of a case sent and somebody could read, in order. */
export const inputsOf = (connections: readonly Transcript[]): readonly Input[] =>
  connections
    .filter((it) => !wasUnheard(it))
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

/** Tells if the server owes an answer to an event. It owes none to an end. */
const isAsked = (event: WireEvent) => isInput(event) && event.type !== "close" && event.type !== "end";

/** Tells if an event shows that the server had read what came before. The end of a connection does not, nor does a reset. */
const isAnswer = (event: WireEvent) =>
  event.from === "server" && event.type !== "end" && (event.type !== "error" || event.handshake === true);

/** Returns the connections of a case that do what it is about. Those beside them send what every client sends. */
const acting = ({ connections }: CaseResult): readonly Transcript[] => {
  const those = connections.filter(({ acts }) => acts);
  return those.length > 0 ? those : connections;
};

/** Returns when a client sent the first input that had no answer by a time, in ms of the run's clock; infinity if all had. */
export const unansweredSince = (it: CaseResult, by: number, greets: boolean): number =>
  Math.min(...acting(it).map(({ events }) => unanswered(events, by, greets)[0]?.at ?? Number.POSITIVE_INFINITY));

/**
 * Returns what a client had sent by then, in ms of the run's clock, since the server last answered it. Where it `greets`, the greeting
 * answers a handshake: what a client asks for there is handled behind the 101. One that has left waits for nothing.
 */
function unanswered(events: readonly WireEvent[], by: number, greets: boolean): readonly WireEvent[] {
  const before = events.filter(({ at }) => at <= by);
  if (before.some(({ from, type }) => from === "client" && type === "end")) return [];
  const last = before.findLastIndex((event) => isAnswer(event) && !(greets && isOpening(event)));
  return before.slice(last + 1).filter(isAsked);
}

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

/** Returns when an acting client of a case last went away without a close frame, in ms of the run's clock; minus infinity if none did. */
const wentAwayAt = ({ connections }: CaseResult, by: number): number =>
  Math.max(
    ...connections.map(({ acts, events }) => {
      const end = events.find(({ from, type, at }) => from === "client" && type === "end" && at <= by);
      return acts && end && !events.some(({ type }) => type === "close") ? end.at : Number.NEGATIVE_INFINITY;
    }),
  );

/**
 * Sorts suspects of what happened at a time, the likeliest first; `greets` tells if the server greets each client, and `all` results tell
 * what many clients send. A server that ends before it answers ends over its oldest unanswered input, most likely over one that no other
 * client sends; one that answers first ends over the input that it answered last. So one of the former and two of the latter take turns:
 * inputs that are read together are answered together. The client that went away last comes after the first of each: no server answers
 * that. All others follow, by recency.
 */
export function byLikelihood(
  results: readonly CaseResult[],
  at: number,
  greets: boolean,
  all: readonly CaseResult[] = results,
): readonly CaseResult[] {
  const ranked = (time: (it: CaseResult) => number) =>
    results
      .map((it) => [it, time(it)] as const)
      .filter(([, ms]) => Number.isFinite(ms))
      .toSorted(([, a], [, b]) => a - b)
      .map(([it]) => it);
  const by = at - LEAST_DELAY;
  const unread = new Set(results.filter((it) => wasUnread(it, by, greets)));
  const inOrder = ranked((it) => unansweredSince(it, by, greets)).toSorted(
    (a, b) => Number(unread.has(a)) - Number(unread.has(b)),
  );
  const counts = countInputs(all);
  // Only the way in which it was sent may be its own.
  const isUsual = (event: WireEvent) => (counts.get(essence(event)) ?? 0) > 1;
  const waits = (it: CaseResult) => acting(it).flatMap(({ events }) => unanswered(events, by, greets));
  const usual = new Set(inOrder.filter((it) => waits(it).every(isUsual)));
  const waiting = inTurns(
    inOrder.filter((it) => !usual.has(it)),
    inOrder.filter((it) => usual.has(it)),
  );
  const answered = ranked((it) => -answeredAt(it, at));
  const gone = ranked((it) => -wentAwayAt(it, at));
  const turns = results.flatMap((_, i) => [waiting[i], answered[2 * i], gone[i], answered[2 * i + 1]]);
  return [...new Set([...turns.filter((it) => it !== undefined), ...byRecency(results, at)])];
}

/**
 * Sorts suspects of what happened at a time: the case comes first that sent, nearest to it, something that no other does. One of those and
 * one of the others, by likelihood, take turns.
 */
export function byNearness(results: readonly CaseResult[], at: number, greets: boolean): readonly CaseResult[] {
  const counts = countInputs(results);
  const own = results.map(({ connections }) =>
    inputsOf(connections).filter(({ acts, event }) => acts && counts.get(essence(event)) === 1),
  );
  const distance = new Map(
    results.map((it, i) => [it, Math.min(at, ...(own[i] ?? []).map(({ event }) => Math.abs(at - event.at)))]),
  );
  const nearest = results.toSorted((a, b) => (distance.get(a) ?? 0) - (distance.get(b) ?? 0));
  return [...new Set(inTurns(nearest, byLikelihood(results, at, greets)))];
}

/** Takes one of each in turn. */
const inTurns = <T>(some: readonly T[], others: readonly T[]): readonly T[] =>
  [...some, ...others].flatMap((_, i) => [...some.slice(i, i + 1), ...others.slice(i, i + 1)]);

/** An input without what differs each time: when it was sent, and the key of a handshake. */
const essence = (event: WireEvent): string => {
  if (!("data" in event)) return event.type;
  return `${event.type} ${event.type === "upgrade" ? event.data.replace(/^Sec-WebSocket-Key:.*$/im, "") : event.data}`;
};

/** Counts in how many cases each input stands. */
function countInputs(results: readonly CaseResult[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { connections } of results)
    for (const it of new Set(inputsOf(connections).map(({ event }) => essence(event))))
      counts.set(it, (counts.get(it) ?? 0) + 1);
  return counts;
}

/** Tells if the server read none of the inputs that have no answer by then: each such connection was reset, or never opened. */
const wasUnread = (it: CaseResult, by: number, greets: boolean): boolean =>
  acting(it)
    .filter(({ events }) => unanswered(events, by, greets).length > 0)
    .every(({ events }) => events.some(isReset) || !events.some(isOpening));

/** The least time from an input to the end of connections that it causes, in ms. */
const LEAST_DELAY = 0.1;

import type { CaseResult } from "./execute.ts";
import { cut, isServerEnd, type Transcript, type WireEvent } from "./transcript.ts";

/** Something that a client sent. */
interface Input {
  readonly event: WireEvent;
  /** Its client does what the case is about. */
  readonly acts: boolean;
  /** The input just before on the same connection, if the server said nothing in between. */
  readonly follows?: WireEvent | undefined;
}

/** The events of a client that a server has to read. */
const SENT = new Set<WireEvent["type"]>(["upgrade", "text", "binary", "ping", "violation", "close", "end"]);

const isInput = ({ from, type }: WireEvent) => from === "client" && SENT.has(type);

/** Returns all that the clients of a case sent, in order. */
export const inputsOf = (connections: readonly Transcript[]): readonly Input[] =>
  connections
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

/** A guess that an input of a case ended others. */
export interface Guess {
  readonly result: CaseResult;
  readonly input: Input | undefined;
  /** The time from the input to the end, in ms. */
  readonly delay: number;
  /** By how much the delay differs from that of the same input the first time, in ms. */
  readonly difference: number;
}

/** An input that is proved to end a server, or connections of others, in some way and after some `delay`. */
export type Deadly = Pick<Guess, "input" | "delay"> & { readonly endKind: string };

/** The tolerance within which the server ends as long after an input as the first time, in ms. */
export const SLACK = 100;

/** Returns the input of a case that is known to be deadly, and was sent as long before the server ended so at `to`. */
export function relapse(
  result: CaseResult,
  { to, endKind }: { readonly to: number; readonly endKind: string },
  deadly: readonly Deadly[],
): Guess | undefined {
  const alike = deadly.filter((it) => it.endKind === endKind);
  if (alike.length === 0) return undefined;
  const inputs = inputsOf(result.connections).map((input) => ({ input, delay: to - input.event.at }));
  const again = inputs.find(({ input, delay }) =>
    alike.some((it) => isSame(it.input, input) && Math.abs(delay - it.delay) < SLACK),
  );
  return again && { result, difference: 0, ...again };
}

/** Tells if one of these cases sent the same bytes, and nothing ended as long after. What every client sends explains no end. */
export const isHarmless = (
  { input, delay }: Pick<Guess, "input" | "delay">,
  results: readonly CaseResult[],
  falls: readonly { readonly from: number; readonly to: number }[],
  now: number,
): boolean =>
  results.some(({ connections }) =>
    inputsOf(connections).some((it) => {
      const due = it.event.at + delay;
      const isNear = falls.some(({ from, to }) => from - SLACK <= due && due <= to + SLACK);
      return isSame(input, it) && due + SLACK < now && !isNear;
    }),
  );

/** The number of cases that send what every client sends. */
const EVERYBODY = 4;

/** Tells if an input is a text that every client sends: so many of these cases do. */
export const isCommon = ({ input }: Pick<Guess, "input">, results: readonly CaseResult[]): boolean =>
  input?.event.type === "text" &&
  results.filter(({ connections }) => inputsOf(connections).some((it) => it.acts && isSame(input, it))).length >=
    EVERYBODY;

/**
 * Returns a guess with the odd input of its case, where the input that it names is one that every client sends: what came behind a plain
 * request did it.
 */
export function withOddInput(named: Guess, results: readonly CaseResult[]): Guess {
  const { result, input, delay } = named;
  if (!input || !isCommon(named, results)) return named;
  const odd = inputsOf(result.connections).find(
    (it) =>
      it.acts &&
      Math.abs(it.event.at - input.event.at) <= ALIKE &&
      !isCommon({ input: it }, results) &&
      isCommand({ ...named, input: it }),
  );
  return odd ? { ...named, input: odd, delay: delay + input.event.at - odd.event.at } : named;
}

/** Tells if two inputs are the same bytes. A request never is: it holds a key. */
const isSame = (one: Input | undefined, other: Input): boolean =>
  one !== undefined && one.event.type === other.event.type && contentOf(one) === contentOf(other);

const contentOf = ({ event }: Input) =>
  event.type === "close" ? event.code : "data" in event ? event.data : undefined;

/** The error of a busy machine about a time, in ms. */
const BADLY = 100;

/** Inputs whose differences lie within this fit equally well, in ms. Among others a server is a little later than alone. */
const ALIKE = 30;

/** An input that ends a server within this time does so at once, in ms. */
const SOON = 60;

/** Inputs within this time were sent together, in ms. */
const AT_ONCE = 1;

/**
 * Rates how well a case explains that others were ended at `at`, and at `first` when it ran before. An input explains it if the
 * delay was the same both times. Times are in ms of the run's clock.
 */
export function guess(result: CaseResult, at: number, before: CaseResult | undefined, first: number): Guess {
  const inputs = inputsOf(result.connections);
  const earlier = before ? inputsOf(before.connections) : [];
  const all = inputs.flatMap((input, i): Guess[] => {
    const delay = at - input.event.at;
    const once = earlier[i]?.event.at;
    if (delay < -AT_ONCE) return [];
    return [{ result, input, delay, difference: once === undefined ? delay : Math.abs(first - once - delay) }];
  });
  const bestOf = (some: readonly Guess[]) => Math.min(...some.map(({ difference }) => difference));
  // A goodbye ends nobody by itself, so what came before it is likelier, though a busy machine measures badly.
  const real = bestOf(all.filter((it) => !isGoodbye(it)));
  const best = real <= bestOf(all) + BADLY ? real : bestOf(all);
  // A command is likelier than an input that came a moment later and fits as well.
  const isNear = (it: Guess) => isCommand(it) && it.delay <= SOON && best <= SOON;
  const fitting = all.filter((it) => it.difference <= best + ALIKE || isNear(it));
  const likely = [(it: Guess) => isCommand(it) && !isGoodbye(it), isCommand, isOfClient, () => true].map((which) =>
    fitting.filter(which),
  );
  const nearest = likely.find((some) => some.length > 0)?.toSorted((a, b) => a.delay - b.delay) ?? [];
  // A fence is a text that is sent together with an input, and behind it. A busy machine sends it a moment later.
  const [last] = nearest;
  const fenced = nearest.find(({ input }) => last?.input?.event.type === "text" && input?.event === last.input.follows);
  const input = fenced && last && fenced.delay <= last.delay + ALIKE ? fenced : last;
  const chosen = nearest.findLast((it) => it.delay <= (input?.delay ?? 0) + AT_ONCE);
  return chosen ?? { result, input: undefined, delay: at - result.beganAt, difference: Number.POSITIVE_INFINITY };
}

const isOfClient = ({ input }: Guess) => input?.acts ?? false;
const isCommand = (it: Guess) => isOfClient(it) && it.input?.event.type !== "upgrade";

/** Tells if an input is the close frame by which nearly every client leaves, so that it alone ends nobody. */
const isGoodbye = ({ input }: Guess) => input?.event.type === "close" && input.event.code === 1000;

/** The most characters of an input in a sentence. */
const WIDTH = 120;

/** Returns in words what a client sent. */
export function tellInput({ event }: Input): string {
  if (event.type === "upgrade") return `the request ${cut(event.data.split("\n", 1)[0] ?? "", WIDTH)}`;
  if (event.type === "end") return "the reset of its connection";
  if (event.type === "close")
    return `a close frame ${event.code === undefined ? "without a code" : `with code ${event.code}`}`;
  const data = "data" in event ? cut(event.data, WIDTH) : "";
  return event.type === "violation" ? data : `the ${event.type} ${data === "" ? "(empty)" : data}`;
}

import type { CaseResult } from "./execute.ts";
import { cut, type Transcript, type WireEvent } from "./transcript.ts";

/** Something that a client sent. */
export interface Input {
  readonly event: WireEvent;
  /** What its connection was for, in a case with several. */
  readonly name: string;
}

/** The name of a client that acts, alone or with a word behind it; others look on. */
const CLIENT = "client";

/** What a client can send that a server has to read. */
const SENT = new Set<WireEvent["type"]>(["upgrade", "text", "binary", "ping", "violation", "close", "end"]);

/** All that the clients of a case sent, in order. */
export const inputsOf = (connections: readonly Transcript[]): readonly Input[] =>
  connections
    .flatMap(({ name = CLIENT, events }) =>
      events.flatMap((event) => (event.from === "client" && SENT.has(event.type) ? [{ event, name }] : [])),
    )
    .toSorted((a, b) => a.event.at - b.event.at);

/** Whether a case may have ended a server: one that only waits sends nothing that could end anybody. */
export const isSuspect = ({ case: { waits }, connections }: CaseResult): boolean => !waits && connections.length > 0;

/** The suspects among all results that were not at work when a server ended. */
export const notAtWork = (atWork: readonly CaseResult[], results: Iterable<CaseResult>): readonly CaseResult[] =>
  [...results].filter((it) => isSuspect(it) && !atWork.some((other) => other.case === it.case));

/** When a case last sent something before a time, in ms of the run's clock. */
export const lastInput = ({ connections, beganAt }: CaseResult, before: number): number =>
  inputsOf(connections).findLast(({ event }) => event.at <= before)?.event.at ?? beganAt;

/** Cases as suspects of what happened at a time: who sent something last comes first. */
export const byRecency = (results: readonly CaseResult[], at: number): readonly CaseResult[] =>
  results.toSorted((a, b) => lastInput(b, at) - lastInput(a, at));

/** What a client sends that a server of this kind owes an answer: not who calls, and not who leaves. */
const isAsked = ({ from, type }: WireEvent) =>
  from === "client" && SENT.has(type) && type !== "upgrade" && type !== "close" && type !== "end";

/** When a client of a case sent what had no answer by a time, in ms of the run's clock; infinite where all had. */
const unansweredSince = ({ connections }: CaseResult, by: number): number =>
  Math.min(
    ...connections.map(({ events }) => {
      const before = events.filter(({ at }) => at <= by);
      const answered = before.findLastIndex(({ from }) => from === "server");
      return before.find((event, i) => i > answered && isAsked(event))?.at ?? Number.POSITIVE_INFINITY;
    }),
  );

/** When the server last answered what a client of a case that acts had sent, in ms of the run's clock; minus infinity where it never did. */
const answeredAt = ({ connections }: CaseResult, by: number): number =>
  Math.max(
    ...connections.map(({ name = CLIENT, events }) => {
      const asked = events.findIndex(isAsked);
      const answer = events.findLast(
        ({ from, type, at }, i) => from === "server" && type === "text" && at <= by && i > asked,
      );
      return name.startsWith(CLIENT) && asked >= 0 && answer ? answer.at : Number.NEGATIVE_INFINITY;
    }),
  );

/**
 * Cases as suspects of what happened at a time, the likeliest first. A server that takes one input after another ends over the oldest
 * that it has not answered, one that answers before it ends over the one that it answered last: they take turns, one of the
 * former and two of the latter, since what is read in one go is answered in one go. The others follow, who sent
 * something last first.
 */
export function byLikelihood(results: readonly CaseResult[], at: number): readonly CaseResult[] {
  const ranked = (time: (it: CaseResult) => number) =>
    results
      .map((it) => [it, time(it)] as const)
      .filter(([, ms]) => Number.isFinite(ms))
      .toSorted(([, a], [, b]) => a - b)
      .map(([it]) => it);
  const waiting = ranked((it) => unansweredSince(it, at - JUST));
  const answered = ranked((it) => -answeredAt(it, at));
  const turns = results.flatMap((_, i) => [waiting.slice(i, i + 1), answered.slice(2 * i, 2 * i + 2)].flat());
  return [...new Set([...turns, ...byRecency(results, at)])];
}

/** What ends connections is seen so many ms after what caused it, at least. */
const JUST = 0.1;

/** What a case may have done that ended others: its input, and how long before it stood, in ms. */
export interface Guess {
  readonly result: CaseResult;
  readonly input: Input | undefined;
  readonly delay: number;
  /** By how much the delay differs from that of the same input the first time, in ms. */
  readonly difference: number;
}

/** Inputs that differ by less than this (ms) fit equally well: among others a server is a little later than alone. */
const ALIKE = 30;

/** What ends a server so many ms after it came does so at once. */
const SOON = 60;

/** What is sent in one go, in ms. */
const AT_ONCE = 1;

/**
 * How well a case explains that others were ended at `at`, and at `first` when it ran for the first time: an input does where it
 * stood as long before the one as before the other. Times are in ms of the run's clock.
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
  const best = Math.min(...all.map(({ difference }) => difference));
  // What a client commands is likelier than what came a moment later, though that fits as well.
  const isNear = ({ input, delay }: Guess) => isCommand(input) && delay <= SOON && best <= SOON;
  const fitting = all.filter((it) => it.difference <= best + ALIKE || isNear(it));
  const likely = [isCommand, isOfClient, () => true].map((which) => fitting.filter(({ input }) => which(input)));
  const nearest = likely.find((some) => some.length > 0)?.toSorted((a, b) => a.delay - b.delay) ?? [];
  // What fences an input is sent with it, and behind it.
  const chosen = nearest.findLast((it) => it.delay <= (nearest[0]?.delay ?? 0) + AT_ONCE);
  return chosen ?? { result, input: undefined, delay: at - result.beganAt, difference: Number.POSITIVE_INFINITY };
}

const isOfClient = (input: Input | undefined) => input?.name.startsWith(CLIENT) ?? false;
const isCommand = (input: Input | undefined) => isOfClient(input) && input?.event.type !== "upgrade";

/** Characters of an input in a sentence. */
const WIDTH = 120;

/** What a client sent, in words. */
export function tellInput({ event }: Input): string {
  if (event.type === "upgrade") return `the request ${cut(event.data.split("\n", 1)[0] ?? "", WIDTH)}`;
  if (event.type === "end") return "the reset of its connection";
  if (event.type === "close") return `a close frame with code ${event.code ?? "none"}`;
  const data = "data" in event ? cut(event.data, WIDTH) : "";
  return event.type === "violation" ? data : `the ${event.type} ${data === "" ? "(empty)" : data}`;
}

import type { CaseResult } from "./execute.ts";
import { cut } from "./kept.ts";
import { type Input, inputsOf } from "./suspects.ts";

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

/** Tells if an input was sent behind another message that the server had not answered: it may never have read this one. */
const isBehind = ({ follows }: Input): boolean => follows?.type === "text" || follows?.type === "binary";

/**
 * Returns the input of a case that is known to be deadly, and was sent in the same way, as long before the server ended so at `to`. A
 * goodbye that nearly every client says shows nothing: its case has to run alone.
 */
export function relapse(
  result: CaseResult,
  { to, endKind }: { readonly to: number; readonly endKind: string },
  deadly: readonly Deadly[],
): Guess | undefined {
  const alike = deadly.filter((it) => it.endKind === endKind);
  if (alike.length === 0) return undefined;
  const inputs = inputsOf(result.connections).map((input) => ({ input, delay: to - input.event.at }));
  const isSent = (one: Input | undefined, other: Input) =>
    isSame(one, other) && one && isBehind(one) === isBehind(other);
  const again = inputs.find(
    ({ input, delay }) =>
      !isGoodbye({ input }) && alike.some((it) => isSent(it.input, input) && Math.abs(delay - it.delay) < SLACK),
  );
  return again && { result, difference: 0, ...again };
}

/** Returns the input of a case whose delay before the end at `to` is nearest to one of these `delays`, if there is one. Times are in ms. */
export function asLate(result: CaseResult, to: number, delays: readonly number[]): Guess | undefined {
  const all = inputsOf(result.connections).flatMap((input): Guess[] => {
    const delay = to - input.event.at;
    const difference = Math.min(...delays.map((it) => Math.abs(delay - it)));
    return input.acts && difference < SLACK ? [{ result, input, delay, difference }] : [];
  });
  return all.toSorted((a, b) => a.difference - b.difference)[0];
}

/**
 * Tells if one of these cases sent the same bytes, and nothing ended as long after them. An input that every client sends explains no end.
 */
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
const SENT_BY_MANY = 4;

/** Tells if an input is a text that every client sends, as so many of these cases do. */
export const isCommon = ({ input }: Pick<Guess, "input">, results: readonly CaseResult[]): boolean =>
  input?.event.type === "text" &&
  results.filter(({ connections }) => inputsOf(connections).some((it) => it.acts && isSame(input, it))).length >=
    SENT_BY_MANY;

/**
 * Returns a guess that names the odd input of its case, if it names one that every client sends: then something behind a plain request did
 * it.
 */
export function withOddInput(named: Guess, results: readonly CaseResult[]): Guess {
  const { result, input, delay } = named;
  if (!input || !isCommon(named, results)) return named;
  const odd = inputsOf(result.connections).find(
    (it) =>
      it.acts &&
      Math.abs(it.event.at - input.event.at) <= FITS_EQUALLY &&
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
const FITS_EQUALLY = 30;

/** An input that ends a server within this time does so at once, in ms. */
const ENDS_AT_ONCE = 60;

/** Inputs within this time were sent together, in ms. */
const AT_ONCE = 1;

/**
 * Rates how well a case explains that others were ended at `at`, and at `first` when it ran before. An input explains it if the
 * delay was the same both times. Times are in ms of the run's clock.
 */
export function guess(result: CaseResult, at: number, before: CaseResult | undefined, first: number): Guess {
  const all = everyGuess(result, at, before, first);
  const best = leastDifference(all);
  // A command is likelier than an input that came a moment later and fits as well.
  const isNear = (it: Guess) => isCommand(it) && it.delay <= ENDS_AT_ONCE && best <= ENDS_AT_ONCE;
  const fitting = all.filter((it) => it.difference <= best + FITS_EQUALLY || isNear(it));
  const likely = [(it: Guess) => isCommand(it) && !isGoodbye(it), isCommand, isOfClient, () => true].map((which) =>
    fitting.filter(which),
  );
  const nearest = likely.find((some) => some.length > 0)?.toSorted((a, b) => a.delay - b.delay) ?? [];
  return (
    beforeFence(nearest) ?? {
      result,
      input: undefined,
      delay: at - result.beganAt,
      difference: Number.POSITIVE_INFINITY,
    }
  );
}

/** Returns a guess for each input that came before others were ended at `at`. */
function everyGuess(result: CaseResult, at: number, before: CaseResult | undefined, first: number): readonly Guess[] {
  const earlier = before ? inputsOf(before.connections) : [];
  return inputsOf(result.connections).flatMap((input, i): Guess[] => {
    const delay = at - input.event.at;
    const once = earlier[i]?.event.at;
    if (delay < -AT_ONCE) return [];
    return [{ result, input, delay, difference: once === undefined ? delay : Math.abs(first - once - delay) }];
  });
}

/**
 * Returns the least difference of delays, in ms. A goodbye ends nobody by itself, so what came before it is likelier, though a busy machine
 * measures badly.
 */
function leastDifference(all: readonly Guess[]): number {
  const bestOf = (some: readonly Guess[]) => Math.min(...some.map(({ difference }) => difference));
  const real = bestOf(all.filter((it) => !isGoodbye(it)));
  return real <= bestOf(all) + BADLY ? real : bestOf(all);
}

/**
 * Returns the last of the inputs, which stand with the nearest first. A fence does not count: a text that is sent together with an input,
 * and behind it. A busy machine sends it a moment later.
 */
function beforeFence(nearest: readonly Guess[]): Guess | undefined {
  const [last] = nearest;
  const fenced = nearest.find(({ input }) => last?.input?.event.type === "text" && input?.event === last.input.follows);
  const input = fenced && last && fenced.delay <= last.delay + FITS_EQUALLY ? fenced : last;
  return nearest.findLast((it) => it.delay <= (input?.delay ?? 0) + AT_ONCE);
}

const isOfClient = ({ input }: Guess) => input?.acts ?? false;
const isCommand = (it: Guess) => isOfClient(it) && it.input?.event.type !== "upgrade";

/** Tells if an input is the close frame by which nearly every client leaves, so that it alone ends nobody. */
const isGoodbye = ({ input }: Pick<Guess, "input">) => input?.event.type === "close" && input.event.code === 1000;

/** The most characters of an input in a sentence. */
const INPUT_CHARACTERS = 120;

/** Returns in words what a client sent. */
export function tellInput({ event }: Input): string {
  if (event.type === "upgrade") return `the request ${cut(event.data.split("\n", 1)[0] ?? "", INPUT_CHARACTERS)}`;
  if (event.type === "end") return "the end of its TCP connection";
  if (event.type === "close")
    return `a close frame ${event.code === undefined ? "without a code" : `with code ${event.code}`}`;
  const data = "data" in event ? cut(event.data, INPUT_CHARACTERS) : "";
  return event.type === "violation" ? data : `the ${event.type} ${data === "" ? "(empty)" : data}`;
}

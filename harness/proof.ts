import { timeThere } from "./budget.ts";
import type { CaseResult } from "./execute.ts";
import { livesOn } from "./fall.ts";
import { type Guess, guess, SLACK } from "./guess.ts";
import { endsByItself, endsByTheClock, isByTheClock, lifeByTheClock, steadyLife } from "./own-end.ts";
import { type Fall, hasEnded, type Pass } from "./pass.ts";
import { sleep } from "./sleep.ts";
import { standUp } from "./stand-up.ts";
import { newTrials } from "./trials.ts";
import { fallsWithin, watch } from "./watcher.ts";

/** The time between two suspects that run once more, in ms. */
const BETWEEN_SUSPECTS = 30;

/** Delays that differ by so much tell inputs apart, in ms. The last suspect is tried first, by itself, if no other comes as near. */
export const CLEAR = 60;

/** Delays that differ by less are the same, in ms. */
const SAME_DELAY = 15;

/** After this time, an earlier input hardly ends others any more, in timeouts. A server that is started again has forgotten it. */
const FORGETS_INPUTS_AFTER = 0.1;

/** The delay after which a second try takes too long, in ms. */
const LONG_SECOND_TRY = 1_000;

/** The number of guesses that fit best which are tried by themselves. */
export const ALONE = 4;

/** A search for what ends a server, with what it needs of the pass. */
export interface Search {
  readonly pass: Pass;
  readonly fall: Fall;
  /** Results of the first time, by the id of the case. */
  readonly before: ReadonlyMap<string, CaseResult>;
  /** In ms of the run in which the server was not away. */
  readonly deadline: number;
  /** The results of suspects that ran since the server was last started, or found to stand. */
  readonly tried: CaseResult[];
  /** The suspects whose input came as long before each end of the server, the best fit first. */
  likely: readonly CaseResult[];
}

/**
 * Returns a guess if it comes true by itself. Once is enough if the server ends at once, or exactly as long after the input each time.
 * Otherwise it has to come true twice, since a timer or the like may end the server; if it comes much later, there is no time for that.
 */
export async function byItself(likely: Guess, fell: Fall, search: Search): Promise<Confirmed | undefined> {
  const { pass } = search;
  const [once] = await apart([likely], fell, search);
  if (!once) return undefined;
  const isEnd = !livesOn(once.fall);
  const { age } = once.fall;
  const life = isEnd ? steadyLife(once.fall, pass) : undefined;
  if (life !== undefined && (await endsByTheClock(life, pass))) return undefined;
  if (isEnd && once.delay >= CLEAR && age !== undefined && (await endsByItself(age, pass))) return undefined;
  if (isEnd && (once.delay < CLEAR || (likely.difference < SAME_DELAY && once.difference < SAME_DELAY))) return once;
  const isStarted = isEnd && pass.target.process !== undefined;
  if (isStarted && (once.delay > LONG_SECOND_TRY || isOutOfTime(search, TIME_FOR_LAST_GUESSES))) return once;
  const [twice] = await apart([once], { ...fell, to: once.fall.to }, search);
  return twice;
}

/** Returns the first of the guesses that fit best which comes true by itself. */
export async function bestByItself(
  guesses: readonly Guess[],
  fell: Fall,
  search: Search,
): Promise<Confirmed | undefined> {
  for (const likely of guesses.slice(0, ALONE)) {
    const culprit = await byItself(likely, fell, search);
    if (culprit) return culprit;
  }
  return undefined;
}

/** Guesses are tried by themselves for so long beyond the time of a search, in ms: else all that led to them was in vain. */
const TIME_FOR_LAST_GUESSES = 3_000;

/** A guess that came true again, and the fall that showed it. */
export type Confirmed = Guess & { readonly fall: Fall };

/** Tells if a search has to end: its pass did, its time and so many ms `more` are over, or the server ends by the clock. */
export const isOutOfTime = ({ pass, deadline }: Search, more = 0) =>
  hasEnded(pass) || timeThere(pass) > deadline + more || isByTheClock(pass);

/** Runs suspects once more, with a pause of so many ms between them, until the server falls. Resolves to those that ran, the best fit first. */
export async function apart(
  guesses: readonly Guess[],
  fell: Fall,
  search: Search,
  pause = BETWEEN_SUSPECTS,
): Promise<readonly Confirmed[]> {
  const { pass } = search;
  if (isOutOfTime(search, guesses.length === 1 ? TIME_FOR_LAST_GUESSES : 0)) return [];
  if (livesOn(fell)) await sleep(FORGETS_INPUTS_AFTER * pass.shared.timeout, pass.signal);
  const stands = guesses.length > 0 && (await standUp(pass));
  const life = lifeByTheClock(pass);
  if (stands && life !== undefined && (await endsByTheClock(life, pass))) return [];
  const watcher = stands ? await watch(pass) : undefined;
  if (!watcher || pass.signal?.aborted) return [];
  const trials = newTrials(pass);
  let end: Fall | undefined;
  for (const { result } of guesses) {
    await trials.add(result);
    end = await fallsWithin(guesses.length > 1 ? pause : 0, watcher, pass);
    if (end) break;
  }
  const results = await trials.finish();
  const longest = Math.max(0, ...guesses.map(({ delay }) => delay)) + SLACK;
  end ??= await fallsWithin(longest, watcher, pass);
  watcher.finish();
  if (!end) return [];
  const shown = end;
  return results
    .flatMap((result, i) => {
      const earlier = guesses[i];
      return earlier ? [{ ...guess(result, shown.to, earlier.result, fell.to), fall: shown }] : [];
    })
    .toSorted((a, b) => a.difference - b.difference);
}

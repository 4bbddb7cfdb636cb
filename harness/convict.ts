import { livesOn } from "./fall.ts";
import { type Guess, guess } from "./guess.ts";
import { onlyOneThatFits } from "./late-ends.ts";
import type { Fall } from "./pass.ts";
import { ALONE, apart, bestByItself, byItself, CLEAR, type Confirmed, isOutOfTime, type Search } from "./proof.ts";
import { enough } from "./proven.ts";

/** The number of suspects that are tried once more at a time, those that fit best first. */
const TRIED_AT_A_TIME = 32;

/** After this delay, the suspects that ran at about the same time run again with all others since, in ms. */
const LATE_END = 500;

/**
 * Returns those suspects of `tried` that end the server, or the connections of others, once more when few others run near them, or none.
 * Notes in the search which are likely.
 */
export async function convict(fell: Fall, search: Search): Promise<readonly Confirmed[]> {
  const { before, fall, tried } = search;
  // A fall of another kind has another reason, so the times of the first fall say nothing.
  const isAlike = fell.endKind === fall.endKind || livesOn(fell);
  const guesses = tried
    .map((it) => guess(it, fell.to, isAlike ? before.get(it.case.id) : undefined, fall.to))
    .toReversed()
    .toSorted((a, b) => a.difference - b.difference);
  search.likely = guesses.map(({ result }) => result);
  const [best, second] = guesses;
  const isClear = best?.result === tried.at(-1) && best && best.delay < CLEAR && (second?.difference ?? CLEAR) >= CLEAR;
  const clear = isClear && !livesOn(fell) ? best : undefined;
  const again = clear && (await byItself(clear, fell, search));
  if (again) return [again];
  const untried = guesses.filter((it) => it !== clear);
  const isLate = best !== undefined && best.delay > LATE_END && !livesOn(fell);
  const first =
    (await soonest(untried, fell, search)) ??
    (isLate ? await onlyOneThatFits(guesses, fell, search) : undefined) ??
    (await culpritAmong(guesses, fell, search));
  if (!first) return [];
  // One that ends it at once is alone: those that ran a moment before it run again.
  const isAlone = isLate || (first.delay < CLEAR && !livesOn(fell));
  return isAlone ? [first] : withOthersNear(first, guesses, fell, search);
}

/** Returns a culprit, and the others that ran at about the same time. They may end the server after as long, and had no time to do so. */
async function withOthersNear(
  first: Confirmed,
  guesses: readonly Guess[],
  fell: Fall,
  search: Search,
): Promise<readonly Confirmed[]> {
  const culprits = [first];
  while (culprits.length < enough(search.pass)) {
    const known = new Set(culprits.map(({ result }) => result.case));
    const near = guesses.filter(
      ({ result, delay }) => !known.has(result.case) && Math.abs(delay - first.delay) < CLEAR,
    );
    const further = await culpritAmong(near, fell, search);
    if (!further) break;
    culprits.push(further);
  }
  return culprits;
}

/**
 * Returns one of the best guesses that ends the server at once, by itself. A wrong guess costs a moment; trying several together costs a
 * start of the server.
 */
async function soonest(guesses: readonly Guess[], fell: Fall, search: Search): Promise<Confirmed | undefined> {
  if (livesOn(fell)) return undefined;
  const best = guesses.slice(0, ALONE).filter(({ delay }) => delay < CLEAR);
  return bestByItself(best, fell, search);
}

/** Returns the best guess that comes true among few others, and then by itself. */
async function culpritAmong(guesses: readonly Guess[], fell: Fall, search: Search): Promise<Confirmed | undefined> {
  for (let i = 0; i < guesses.length && !isOutOfTime(search); i += TRIED_AT_A_TIME) {
    const again = await apart(guesses.slice(i, i + TRIED_AT_A_TIME), fell, search);
    if (again.length > 0) search.likely = again.map(({ result }) => result);
    // Alone, the delay may differ a little from the first time: the machine may be busy.
    const best = again[0] && (await bestByItself(again, { ...fell, to: again[0].fall.to }, search));
    if (best) return best;
    // One of the rest did it. The times did not show which, so halves of them run apart.
    const rest = again.slice(ALONE);
    const half = Math.ceil(rest.length / 2);
    for (const part of [rest.slice(0, half), rest.slice(half)]) {
      const culprit = part.length > 0 ? await culpritAmong(part, fell, search) : undefined;
      if (culprit) return culprit;
    }
  }
  return undefined;
}

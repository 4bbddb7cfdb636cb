import type { CaseResult } from "./execute.ts";
import { livesOn } from "./fall.ts";
import { asLate, type Guess, SLACK } from "./guess.ts";
import type { Fall } from "./pass.ts";
import { ALONE, apart, bestByItself, type Confirmed, isOutOfTime, type Search } from "./proof.ts";

// Finds the input after which a server ends late. Many came since then, and each proof takes long.

/** A guess whose difference lies so little above the least fits as well on a busy machine, in ms. */
const FITS_AS_WELL = 60;

/** The time between two suspects, in ms: at most `most`, and `all` for all of them together. So a few come at another pace than many. */
const BETWEEN_LATE_ENDS = { all: 1_000, most: 100 } as const;

/** The rounds in which the suspects that fit run again, until only one fits. */
const ROUNDS = 3;

/**
 * Returns the suspect whose input came as long before the fall as one that is known to end the server so, if it does so again by itself. A
 * server that ends late ends over the first of several inputs; the next run shows the next.
 */
export async function likeBefore(suspects: readonly CaseResult[], search: Search): Promise<Confirmed | undefined> {
  const { pass, fall } = search;
  const delays = (pass.ends.delays.get(fall.endKind) ?? []).filter((delay) => delay >= SLACK);
  if (delays.length === 0) return undefined;
  const guesses = suspects.flatMap((it) => asLate(it, fall.to, delays) ?? []);
  return onlyOneThatFits(
    guesses.toSorted((a, b) => a.difference - b.difference),
    fall,
    search,
  );
}

/**
 * Returns the guess that comes true by itself, where a server ends late. Those that fit run again in their order and at another pace
 * before, until few fit still: the first of several inputs is the same each time, and ends it after as long.
 */
export async function onlyOneThatFits(
  all: readonly Guess[],
  fell: Fall,
  search: Search,
): Promise<Confirmed | undefined> {
  if (livesOn(fell)) return undefined;
  let open = fitting(all);
  let end = fell;
  for (let i = 0; i < ROUNDS && open.length > ALONE && !isOutOfTime(search); i++) {
    const inOrder = open.toSorted((a, b) => b.delay - a.delay);
    const again = await apart(
      inOrder,
      end,
      search,
      Math.min(BETWEEN_LATE_ENDS.most, BETWEEN_LATE_ENDS.all / open.length),
    );
    const [best] = again;
    if (!best) return undefined;
    open = fitting(again);
    end = { ...fell, to: best.fall.to };
  }
  search.likely = open.map(({ result }) => result);
  return bestByItself(open, end, search);
}

/** Returns the guesses that fit about as well as the best. */
const fitting = (guesses: readonly Guess[]): readonly Guess[] =>
  guesses.filter(({ difference }) => difference <= (guesses[0]?.difference ?? 0) + FITS_AS_WELL);

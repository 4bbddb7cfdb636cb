import { timeThere } from "./budget.ts";
import type { CaseResult } from "./execute.ts";
import { rest } from "./gate.ts";
import { asLate, type Guess, guess, SLACK } from "./guess.ts";
import { enough, livesOn, standUp } from "./outage.ts";
import { endsByItself } from "./own-end.ts";
import type { Fall, Session } from "./session.ts";
import { newTrials } from "./trials.ts";
import { fallsWithin, watch } from "./watcher.ts";

/** The number of suspects that are tried once more at a time, those that fit best first. */
const TRIES = 32;

/** The time between two of them, in ms: for all together, and at most. So fewer come at another pace than many. */
const APART = { all: 1_000, most: 100 } as const;

/** Differences of delays that lie this much above the least fit as well on a busy machine, in ms. */
const NEAR = 60;

/** The times that suspects which fit run again, to find the one that still does. */
const ROUNDS = 3;

/** The number of those that fit best then, which are tried by themselves. */
const ALONE = 4;

/** The difference of delays that tells inputs apart, in ms. The last suspect is tried first, by itself, if no other comes as near. */
const CLEAR = 60;

/** Delays that differ by less are the same, in ms. */
const SAME = 15;

/** The time after which hardly an input of before ends others still, in timeouts. A server that is started again has forgotten them. */
const CALM = 0.1;

/** The delay after which those that ran at about the same time run again with all others since, in ms. */
const LATE = 500;

/** The delay after which a second try takes too long, in ms. */
const LONG = 1_000;

/** A search for what ends a server, with what it needs of the run. */
export interface Search {
  readonly session: Session;
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

/** Returns those suspects of `tried` that end the server, or the connections of others, again when few others run near them. */
export async function convict(fell: Fall, search: Search): Promise<readonly Confirmed[]> {
  const { before, fall, tried } = search;
  // If it fell in another way, it did for another reason. The times of the first fall say nothing then.
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
  const first =
    (await soonest(untried, fell, search)) ??
    (await onlyOneThatFits(guesses, fell, search)) ??
    (await culpritAmong(guesses, fell, search));
  if (!first) return [];
  // Others that ran at about the same time may end it after as long. They had no time for it.
  const culprits: Confirmed[] = [first];
  if (first.delay > LATE && !livesOn(fell)) return culprits;
  while (culprits.length < enough(search.session)) {
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
 * Returns one of the best guesses that ends the server at once, by itself. A guess that is wrong takes a moment; to try several together
 * takes a start of the server.
 */
async function soonest(guesses: readonly Guess[], fell: Fall, search: Search): Promise<Confirmed | undefined> {
  if (livesOn(fell)) return undefined;
  for (const likely of guesses.slice(0, ALONE).filter(({ delay }) => delay < CLEAR)) {
    const culprit = await byItself(likely, fell, search);
    if (culprit) return culprit;
  }
  return undefined;
}

/**
 * Returns the guess that comes true twice more, where a server ends late. Those that fit run again in their order and at another pace,
 * until few fit still: the first of several inputs is the same each time, and ends it after as long.
 */
async function onlyOneThatFits(all: readonly Guess[], fell: Fall, search: Search): Promise<Confirmed | undefined> {
  if (livesOn(fell)) return undefined;
  let open = fitting(all);
  let end = fell;
  for (let i = 0; i < ROUNDS && open.length > ALONE && !isLate(search); i++) {
    const again = await apart(open, end, search);
    const [best] = again;
    if (!best) return undefined;
    open = fitting(again);
    end = { ...fell, to: best.fall.to };
  }
  search.likely = open.map(({ result }) => result);
  for (const likely of open.slice(0, ALONE)) {
    const culprit = await byItself(likely, end, search);
    if (culprit) return culprit;
  }
  return undefined;
}

/** Returns the guesses that fit about as well as the best. */
const fitting = (guesses: readonly Guess[]): readonly Guess[] =>
  guesses.filter(({ difference }) => difference <= (guesses[0]?.difference ?? 0) + NEAR);

/** Returns the suspect whose input came as long before the fall as one of these delays, if it ends the server so twice more. */
export async function convictLate(
  suspects: readonly CaseResult[],
  delays: readonly number[],
  search: Search,
): Promise<Confirmed | undefined> {
  const { fall } = search;
  const guesses = suspects.flatMap((it) => asLate(it, fall.to, delays) ?? []);
  return onlyOneThatFits(
    guesses.toSorted((a, b) => a.difference - b.difference),
    fall,
    search,
  );
}

/** Returns the best guess that comes true twice more: among a few others, and by itself. */
async function culpritAmong(guesses: readonly Guess[], fell: Fall, search: Search): Promise<Confirmed | undefined> {
  for (let i = 0; i < guesses.length && !isLate(search); i += TRIES) {
    const again = await apart(guesses.slice(i, i + TRIES), fell, search);
    if (again.length > 0) search.likely = again.map(({ result }) => result);
    for (const likely of again.slice(0, ALONE)) {
      // Alone, the delay may differ a little from the first time: the machine may be busy.
      const culprit = await byItself(likely, { ...fell, to: likely.fall.to }, search);
      if (culprit) return culprit;
    }
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

/**
 * Returns a guess if it comes true by itself. Once is enough of a server that ends at once, or just as long after the input each time.
 * Another end may come of something else, such as a timer, so it has to come true twice; if it comes much later, there is no time for that.
 */
async function byItself(likely: Guess, fell: Fall, search: Search): Promise<Confirmed | undefined> {
  const { session } = search;
  const [once] = await apart([likely], fell, search);
  if (!once) return undefined;
  const isEnd = !livesOn(once.fall);
  const { age } = once.fall;
  if (isEnd && once.delay >= CLEAR && age !== undefined && (await endsByItself(age, session))) return undefined;
  if (isEnd && (once.delay < CLEAR || (likely.difference < SAME && once.difference < SAME))) return once;
  const isStarted = isEnd && session.target.process !== undefined;
  if (isStarted && once.delay > LONG) return once;
  const [twice] = await apart([once], { ...fell, to: once.fall.to }, search);
  return twice ?? (isStarted && isLate(search) ? once : undefined);
}

/** A guess that came true again, and the fall that showed it. */
export type Confirmed = Guess & { readonly fall: Fall };

/** Tells if the time of a search is over. */
const isLate = ({ session, deadline }: Search) => session.stop !== undefined || timeThere(session) > deadline;

/** Runs suspects once more, with time between them, until the server falls. Resolves to those that ran, the best fit first. */
async function apart(some: readonly Guess[], fell: Fall, search: Search): Promise<readonly Confirmed[]> {
  const { session } = search;
  if (isLate(search)) return [];
  if (livesOn(fell)) await rest(CALM * session.shared.timeout, session.signal);
  const watcher = some.length > 0 && (await standUp(session)) ? await watch(session) : undefined;
  if (!watcher || session.signal?.aborted) return [];
  const trials = newTrials(session);
  let end: Fall | undefined;
  // In their order: over the first of several a server ends that ends late.
  const guesses = some.toSorted((a, b) => b.delay - a.delay);
  const pause = some.length > 1 ? Math.min(APART.most, APART.all / some.length) : 0;
  for (const { result } of guesses) {
    await trials.add(result);
    end = await fallsWithin(pause, watcher, session);
    if (end) break;
  }
  const results = await trials.finish();
  const longest = Math.max(0, ...guesses.map(({ delay }) => delay)) + SLACK;
  end ??= await fallsWithin(longest, watcher, session);
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

import type { Arbitrary } from "fast-check";

/** The library that generates values; it is loaded only where a case generates some. */
export type Generator = typeof import("fast-check");

/** What is generated: how many values, and from which seed; the same seed gives the same values. */
export interface Random {
  readonly seed: number;
  readonly runs: number;
}

/** A generated value that fails, as small as could be found, and what `judge` said of it. */
export interface Counterexample<T, Finding> {
  readonly value: T;
  readonly finding: Finding;
}

/** So many values that fail among others are tried alone: none takes the blame for another. */
const CONFIRMED = 5;

/** How long a counterexample is made smaller, in ms. */
const SHRINKING = 4_000;

/**
 * Generates values and has them judged all at once, since each costs round trips and they can overlap. Where one fails, makes
 * it smaller, one by one. `judge` gives for each value what is wrong, or `undefined`.
 */
export async function counterexample<T, Finding>(
  make: (fc: Generator) => Arbitrary<T>,
  { seed, runs }: Random,
  judge: (values: readonly T[]) => Promise<readonly (Finding | undefined)[]>,
): Promise<Counterexample<T, Finding> | undefined> {
  const fc = await import("fast-check");
  const arbitrary = make(fc);
  const values = fc.sample(arbitrary, { seed, numRuns: runs });
  const findings = await judge(values);
  const failed = values.filter((_, i) => findings[i] !== undefined).slice(0, CONFIRMED);
  const alone = await firstFailure(failed, judge);
  if (!alone) return undefined;

  // The library generates the same values again: what is known of those is not asked again.
  const first = JSON.stringify(alone.value);
  const known = new Map(values.map((value) => [JSON.stringify(value), undefined as Finding | undefined]));
  known.set(first, alone.finding);
  let smallest: Counterexample<T, Finding> | undefined;
  const property = fc.asyncProperty(arbitrary, async (value) => {
    const key = JSON.stringify(value);
    const finding = known.has(key) ? known.get(key) : (await judge([value]))[0];
    if (finding === undefined) return true;
    smallest = { value, finding };
    return false;
  });
  await fc.check(property, { seed, numRuns: runs, interruptAfterTimeLimit: SHRINKING });
  return smallest;
}

/** The first of some values that fails alone. */
async function firstFailure<T, Finding>(
  values: readonly T[],
  judge: (values: readonly T[]) => Promise<readonly (Finding | undefined)[]>,
): Promise<Counterexample<T, Finding> | undefined> {
  for (const value of values) {
    const [finding] = await judge([value]);
    if (finding !== undefined) return { value, finding };
  }
  return undefined;
}

/** Works on all of some items, so many at the same time; gives what came of each, in their order. */
export async function overlapping<T, R>(
  items: readonly T[],
  size: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async () => {
    for (let i = next++; i < items.length; i = next++) results[i] = await work(items[i] as T);
  };
  await Promise.all(Array.from({ length: size }, worker));
  return results;
}

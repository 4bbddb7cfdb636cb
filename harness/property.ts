import { randomInt } from "node:crypto";
import type { Arbitrary } from "fast-check";

/** The library that generates values. It is loaded only if a case generates some. */
export type Generator = typeof import("fast-check");

/** The options of generated values. */
export interface Random {
  /** The same seed gives the same values. */
  readonly seed: number;
  /** The number of values. */
  readonly runs: number;
}

/** Makes a seed that no run had before. */
export const newSeed = (): number => randomInt(1, 2 ** 31);

/** The smallest value found that fails, and the words of `judge` on it. */
interface Counterexample<T, Finding> {
  readonly value: T;
  readonly finding: Finding;
}

/** The most values of one lot that failed among others and are tried alone. */
const CONFIRMED = 5;

/** The values that come before all others: a server that takes most of them wrongly shows that with few. */
const FIRST = 40;

/** The time for making a counterexample smaller, in ms. */
const SHRINKING = 4_000;

/**
 * Generates values and judges them in two lots, each at once, since round trips can overlap. If one fails alone, too, makes it smaller.
 * `judge` resolves to what is wrong with each value, or `undefined`.
 */
export async function counterexample<T, Finding>(
  make: (fc: Generator) => Arbitrary<T>,
  { seed, runs }: Random,
  judge: (values: readonly T[]) => Promise<readonly (Finding | undefined)[]>,
): Promise<Counterexample<T, Finding> | undefined> {
  const fc = await import("fast-check");
  const arbitrary = make(fc);
  const values = fc.sample(arbitrary, { seed, numRuns: runs });
  const alone = (await firstFailure(values.slice(0, FIRST), judge)) ?? (await firstFailure(values.slice(FIRST), judge));
  if (!alone) return undefined;

  // The library generates the same values again. Those are not judged again.
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
  return smallest ?? alone;
}

/** Judges values at once. Resolves to the first that fails, and does so alone, too. */
async function firstFailure<T, Finding>(
  values: readonly T[],
  judge: (values: readonly T[]) => Promise<readonly (Finding | undefined)[]>,
): Promise<Counterexample<T, Finding> | undefined> {
  const findings = values.length > 0 ? await judge(values) : [];
  const failed = values.filter((_, i) => findings[i] !== undefined);
  for (const value of failed.slice(0, CONFIRMED)) {
    const [finding] = await judge([value]);
    if (finding !== undefined) return { value, finding };
  }
  return undefined;
}

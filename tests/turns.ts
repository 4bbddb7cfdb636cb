import { test } from "@jest/globals";

/** Tells if everything is tested, as the nightly workflow does, and not only what has its turn today. */
export const everything = Boolean(process.env.EVERYTHING);

/** The day, counted from 1970. Turns change by it, so the same part runs all day, on every machine. */
const today = Math.floor(Date.now() / 86_400_000);

/**
 * Returns the rows that have their turn today, one at least, or all of them if the variable `EVERYTHING` is set. Turns among the rows
 * of a turn would leave most rows out for ever.
 */
export function byTurns<T>(rows: readonly T[], days: number): readonly T[] {
  const turns = Math.min(days, rows.length);
  return everything ? rows : rows.filter((_, i) => i % turns === today % turns);
}

/** Returns a `test` of which every so many in a file have their turn today, in the order in which it declares them. */
export function testByTurns(days: number): (name: string, holds: () => unknown, timeout?: number) => void {
  let declared = 0;
  return (name, holds, timeout) => {
    declared += 1;
    if (everything || declared % days === today % days) test(name, holds as () => void, timeout);
  };
}

import { UsageError } from "../harness/usage.ts";
import { plural } from "../harness/words.ts";

/** A part and the number of parts; parts are counted from 1. */
export interface ShardOptions {
  readonly index: number;
  readonly of: number;
}

/** The part of some items that a shard is, perhaps none. */
export const deal = <T>(items: readonly T[], { index, of }: ShardOptions): T[] =>
  items.filter((_, i) => i % of === index - 1);

/**
 * Deals items out like cards, and returns the part of a shard. So parts are disjoint and together whole, each has the same share of every
 * suite, and they are the same each time. Throws a `UsageError` if nothing is left for the shard.
 */
export function shard<T>(items: readonly T[], { index, of }: ShardOptions): T[] {
  const some = deal(items, { index, of });
  if (some.length > 0) return some;
  throw new UsageError(
    `There is nothing left for shard ${index} of ${of}: only ${plural(items.length, "case is", "cases are")} selected. Make fewer.`,
  );
}

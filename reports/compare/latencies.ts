import { median } from "../latency.ts";
import type { Report } from "../report.ts";

/** Something that users wait for, for a longer or a shorter time than before; medians in ms. */
export interface ChangedLatency {
  readonly name: string;
  readonly oldMs: number;
  readonly newMs: number;
  /** The distance between the repetitions of one run. */
  readonly noiseMs: number;
  /** The cases that ran at the same time in both runs, and put load on the server. */
  readonly concurrency?: number;
}

/** The number of repetitions of each run that tell its noise: the first, in which everything is cold, and four more. */
const LEAST_REPETITIONS = 5;

/**
 * Finds latencies that differ by more than the repetitions of either run do: all of one run are above all of the other, and the gap is
 * wider than the spread of either. Only runs of the same cases can be compared, with as many at work at the same time.
 */
export function changedLatencies(before: Report, after: Report): ChangedLatency[] {
  if (conditions(before) !== conditions(after)) return [];
  const load = after.concurrency === undefined ? {} : { concurrency: after.concurrency };
  return (after.latencies ?? []).flatMap(({ name, mediansMs: all }) => {
    const then = before.latencies?.find((it) => it.name === name)?.mediansMs ?? [];
    if (then.length < LEAST_REPETITIONS || all.length < LEAST_REPETITIONS) return [];
    const [old, now] = [then.slice(1), all.slice(1)];
    const noiseMs = Math.max(spread(old), spread(now));
    const [oldMs, newMs] = [median(old), median(now)];
    const apart = Math.min(...now) > Math.max(...old) || Math.min(...old) > Math.max(...now);
    return apart && Math.abs(newMs - oldMs) > noiseMs ? [{ name, oldMs, newMs, noiseMs, ...load }] : [];
  });
}

const conditions = ({ cases, concurrency }: Report) => [concurrency, ...cases.map(({ id }) => id)].join();

const spread = (times: readonly number[]) => Math.max(...times) - Math.min(...times);

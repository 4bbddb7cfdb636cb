import type { CaseResult } from "../harness/execute.ts";
import type { Latency } from "../harness/protocol.ts";
import type { ReportLatency } from "./report.ts";

/** The median of each latency in each repetition, in ms; without those that happened in none. */
export function medians(
  latencies: readonly Latency[],
  passes: readonly (readonly CaseResult[])[],
): readonly ReportLatency[] {
  return latencies
    .map(({ name, of }) => ({
      name,
      mediansMs: passes
        .map((results) => results.flatMap(({ connections }) => connections.flatMap((it) => of(it) ?? [])))
        .filter((times) => times.length > 0)
        .map(median),
    }))
    .filter(({ mediansMs }) => mediansMs.length > 0);
}

/** The middle one of some times, of which there is at least one. */
export function median(times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b);
  return Math.round((sorted[Math.floor(sorted.length / 2)] as number) * 100) / 100;
}

/** The load under which latencies were measured: no figure is told without it. */
export function loadOf(concurrency: number | undefined): string {
  if (concurrency === 1) return "one case at a time";
  return `under load: ${concurrency ?? "an unknown number of"} cases ran at a time`;
}

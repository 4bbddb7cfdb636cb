import { groupBy } from "../harness/group.ts";
import { visible } from "./escape.ts";
import { count } from "./names.ts";
import type { Report, ReportRecording } from "./report.ts";

/** The number of reasons that are told at most. */
const REASONS = 10;

/** Lines on what could not be judged in recorded connections, and why. With `verbose` they name the connections. */
export function notRecorded({ recording, cases }: Report, verbose: boolean): string[] {
  if (!recording) return [];
  const all = cases.flatMap(({ id, checks }) => {
    const open = checks.filter((check) => check.unrecorded);
    return [...groupBy(open, ({ actual }) => actual)].map(([why, some]) => {
      return { id, words: `${visible(why)}: ${some.map(({ requirement }) => requirement).join(", ")}` };
    });
  });
  const reasons = [...groupBy(all, ({ words }) => words)];
  const told = verbose ? reasons : reasons.slice(0, REASONS);
  const more = reasons.length - told.length;
  return [
    ...told.map(([words, some]) => {
      const ids = some.map(({ id }) => id).join(", ");
      return `not judged in ${verbose || some.length === 1 ? ids : `${some.length} connections`}, ${words}`;
    }),
    ...(more > 0 ? [`… and ${more} more reasons (--verbose)`] : []),
  ];
}

/** Lines of the summary: the traffic that was judged, what could not be judged, and how much of it the report holds. */
export function traffic(
  { cases, durationMs }: Report,
  { connections, events, requirements }: ReportRecording,
  tally: string,
): string[] {
  const all = Object.values(connections).reduce((a, b) => a + b);
  const open = Object.entries(requirements).flatMap(([id, { skip }]) => (skip > 0 ? [`${id} in ${skip}`] : []));
  return [
    `  traffic  ${count(all, "connection")}, ${events} events in ${(durationMs / 1000).toFixed(2)} s: ${tally}`,
    ...(open.length > 0 ? [`  unjudged ${open.join(", ")}: not enough was recorded`] : []),
    ...(all > cases.length
      ? [`  held     ${cases.length} of them: the first, and some of each kind of finding; the others are only counted`]
      : []),
  ];
}

import { groupBy } from "../harness/group.ts";
import { plural, took } from "../harness/words.ts";
import { visible } from "./escape.ts";
import type { Report, ReportClients, ReportRecording } from "./report.ts";
import { connectionsIn } from "./scope.ts";

/** The number of reasons that are told at most. */
const REASONS = 10;

/** Lines on what could not be judged in recorded connections, and why. With `verbose` they name the connections. */
export function notRecorded({ recording, cases }: Report, verbose: boolean): string[] {
  if (!recording) return [];
  const all = cases.flatMap(({ id, checks }) => {
    const open = checks.filter(({ verdict }) => verdict === "skip");
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
    ...(more > 0 ? [`… and ${plural(more, "more reason")} (--verbose)`] : []),
  ];
}

/** Lines of the summary: the traffic that was judged, what could not be judged, and how much of it the report holds. */
export function traffic({ cases, durationMs }: Report, recording: ReportRecording, tally: string): string[] {
  const { events, requirements, clients, leftOut } = recording;
  const all = connectionsIn(recording);
  const open = Object.entries(requirements).flatMap(([id, { skip }]) => (skip > 0 ? [`${id} in ${skip}`] : []));
  return [
    `  traffic  ${plural(all, "connection")}, ${plural(events, "event")} in ${took(durationMs)}: ${tally}`,
    ...(open.length > 0 ? [`  unjudged ${open.join(", ")}: not enough was recorded`] : []),
    ...(clients ? [`  clients  ${wrongIn(clients)}`] : []),
    ...(leftOut ? [`  left out ${leftOutIn(leftOut)}`] : []),
    ...(all > cases.length
      ? [`  held     ${cases.length} of them: the first, and some of each kind of finding; the others are only counted`]
      : []),
  ];
}

/** The number of mistakes that are told at most. */
const MISTAKES = 3;

/** Says what clients sent wrongly. */
function wrongIn({ messages, wrong, unanswered = 0, mistakes }: ReportClients): string {
  const told = mistakes
    .slice(0, MISTAKES)
    .map(({ says, messages: n }) => `${visible(says)}${n > 1 ? ` (${n} times)` : ""}`);
  const more = mistakes.length > MISTAKES ? ", and more" : "";
  const all = [
    ...(wrong > 0
      ? [`${wrong} of ${plural(messages, "message")} ${wrong === 1 ? "is" : "are"} wrong: ${told.join("; ")}${more}`]
      : []),
    ...(unanswered > 0 ? [`a request of the server has no response on ${plural(unanswered, "connection")}`] : []),
  ];
  return `${all.join("; ")}. That decides no verdict`;
}

/** Says what was left out. */
function leftOutIn({ connections, names }: NonNullable<ReportRecording["leftOut"]>): string {
  const more = connections > names.length ? ", …" : "";
  return `${plural(connections, "connection")} with nothing of the protocol: ${names.map(visible).join(", ")}${more}`;
}

import { groupBy } from "../harness/group.ts";
import { inSeconds, plural } from "../harness/words.ts";
import { clientsInWords, mistakeInWords, mistakesOf } from "./clients.ts";
import { visible } from "./escape.ts";
import type { Report, ReportClients, ReportRecording } from "./report.ts";
import { connectionsIn } from "./scope.ts";
import { columns } from "./wrap.ts";

/** The number of reasons that are told at most. */
const REASONS = 10;

/** The columns before a text in the summary, and before what goes on of a line elsewhere. */
const [SUMMARY, FURTHER] = [11, 2];

/** The lines of a text of any length, which no terminal breaks within a name. */
const broken = (text: string, indent: number, width: number | undefined) =>
  columns(text, indent, Number.POSITIVE_INFINITY, width, text.length);

/** The lines of a row of the summary. */
const row = (label: string, width: number | undefined, ...texts: string[]): string[] =>
  texts
    .flatMap((text) => broken(text, SUMMARY, width))
    .map((line, i) => `  ${(i === 0 ? label : "").padEnd(SUMMARY - 3)} ${line}`);

/** Lines about what could not be judged in recorded connections, and why. With `verbose` they name the connections. */
export function notRecorded({ recording, cases }: Report, verbose: boolean, width?: number): string[] {
  if (!recording) return [];
  const all = cases.flatMap(({ id, checks }) => {
    const open = checks.filter(({ verdict }) => verdict === "skip");
    return [...groupBy(open, ({ actual }) => actual)].map(([why, some]) => {
      const names = some.map(({ requirement }) => requirement).join(", ");
      return { id, names: some.length < checks.length ? names : "", why: visible(why) };
    });
  });
  const reasons = [...groupBy(all, ({ names, why }) => `${why}: ${names}`).values()];
  const told = verbose ? reasons : reasons.slice(0, REASONS);
  const more = reasons.length - told.length;
  return [
    ...told.flatMap((some) => {
      const { names, why } = some[0] as (typeof all)[number];
      const ids = some.map(({ id }) => id).join(", ");
      const where = verbose || some.length === 1 ? ids : `${some.length} connections`;
      const words =
        names === "" ? `not judged at all in ${where}: ${why}` : `not judged in ${where}: ${why} (${names})`;
      const lines = broken(words, FURTHER, width);
      return lines.map((line, i) => `${i === 0 ? "" : " ".repeat(FURTHER)}${line}`);
    }),
    ...(more > 0 ? [`… and ${plural(more, "more reason")} (--verbose)`] : []),
  ];
}

/** Lines of the summary: the traffic that was judged, what could not be judged, and how much of it the report holds. */
export function traffic(
  report: Report,
  recording: ReportRecording,
  { tally, width, verbose }: { readonly tally: string; readonly width?: number | undefined; readonly verbose: boolean },
): string[] {
  const { cases, durationMs } = report;
  const { events, clients, leftOut } = recording;
  const all = connectionsIn(recording);
  const open = unjudgedIn(recording);
  const held = `${cases.length} of the ${all} connections: the first, and some of each kind of finding. The others are only counted`;
  return [
    `  traffic  ${plural(all, "connection")}, ${plural(events, "event")} in ${inSeconds(durationMs)}: ${tally}`,
    ...(open.length > 0 ? row("unjudged", width, ...open, "Too little was recorded there") : []),
    ...(clients ? row("clients", width, ...wrongIn(report, clients, verbose)) : []),
    ...(leftOut ? row("left out", width, leftOutIn(leftOut)) : []),
    ...(all > cases.length ? row("held", width, held) : []),
  ];
}

/** Says how many connections left which requirements unjudged, most connections first. */
function unjudgedIn({ requirements }: ReportRecording): string[] {
  const open = Object.entries(requirements).filter(([, { skip }]) => skip > 0);
  const byNumber = groupBy(
    open.toSorted(([, a], [, b]) => b.skip - a.skip),
    ([, { skip }]) => plural(skip, "connection"),
  );
  return Array.from(byNumber, ([where, some]) => `on ${where}: ${some.map(([id]) => id).join(", ")}`);
}

/** The most kinds of mistakes, and places of each, that are told unless the user wants all. */
const MISTAKES_IN_BRIEF = { kinds: 5, places: 3 } as const;

/** Says what clients sent wrongly, and where. */
function wrongIn(report: Report, clients: ReportClients, verbose: boolean): string[] {
  const [told, more] = mistakesOf(clients, verbose ? Number.POSITIVE_INFINITY : MISTAKES_IN_BRIEF.kinds);
  return [
    ...clientsInWords(report),
    ...told.map((it) => visible(mistakeInWords(it, verbose ? undefined : MISTAKES_IN_BRIEF.places))),
    ...(more > 0 ? [`… and ${plural(more, "more mistake")} (--verbose)`] : []),
  ];
}

/** Says what was left out. */
function leftOutIn({ connections, names }: NonNullable<ReportRecording["leftOut"]>): string {
  const more = connections > names.length ? ", …" : "";
  return `${plural(connections, "connection")} with nothing of the protocol: ${names.map(visible).join(", ")}${more}`;
}

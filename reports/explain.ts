import { isFinding, type Requirement } from "../harness/catalogue.ts";
import { parse, show, type WireEvent } from "../harness/transcript.ts";
import { short } from "./names.ts";
import type { ReportCase, ReportCheck, ReportConnection } from "./report.ts";
import { isTrouble, notable, type Spot, spotsOf } from "./wrong.ts";

/** Of a long transcript an explanation shows so many lines at each end, and so many around what is wrong. */
const LINES = { end: 8, around: 2 } as const;

/** Characters of one line. */
const WIDTH = 160;

/** Connections of one case. */
const CONNECTIONS = 5;

/**
 * Explains the findings of a case: each check, then the transcripts of so many connections, those first on which something
 * went wrong. One string per line, nothing made visible yet.
 */
export const explainFindings = (
  it: ReportCase,
  requirements: readonly Requirement[],
  most: number = CONNECTIONS,
): string[] => [
  it.title,
  ...distinct(it.checks.filter(isFinding).map((check) => explainCheck(check, requirements))),
  ...(most > 0 ? explainConnections(it.connections, spotsOf(it), most) : []),
];

/** Findings, equal ones once. */
const distinct = (findings: readonly string[][]) =>
  [...new Map(findings.map((lines) => [lines.join("\n"), lines])).values()].flat();

/** One check in words. */
function explainCheck(check: ReportCheck, requirements: readonly Requirement[]): string[] {
  const statement = requirements.find(({ id }) => id === check.requirement)?.statement ?? "";
  return [
    `${check.verdict} ${check.requirement} (${check.level}): ${statement}`,
    ...(check.expectedFailure === undefined ? [] : [`  expected to fail: ${check.expectedFailure}`]),
    ...(check.expected === statement ? [] : [`  expected  ${check.expected}`]),
    `  came      ${check.actual}`,
  ];
}

/** Shows some connections of a case, and counts the others. The lines at the spots, which show what is wrong, are marked. */
export function explainConnections(
  connections: readonly ReportConnection[],
  spots: readonly Spot[] = [],
  most: number = CONNECTIONS,
): string[] {
  const all = connections.map((connection, place) => ({
    connection,
    place,
    wrong: new Set(spots.flatMap((spot) => (spot.connection === place ? [spot.event] : []))),
  }));
  const shown = notable(all, most, ({ connection, wrong }) => wrong.size > 0 || connection.events.some(isTrouble));
  const more = all.length - shown.length;
  return [
    ...shown.flatMap(({ connection: { url, name, events }, place, wrong }) => {
      const which = all.length > 1 ? `connection ${place + 1} of ${all.length}` : "connection";
      return [[which, name && `(${name})`, url].filter(Boolean).join(" "), ...explainEvents(events, wrong)];
    }),
    ...(more > 0 ? [`… ${more} more connections, in report.json`] : []),
  ];
}

/** The events of a connection, a line each: of many those at both ends, and around what is wrong. */
function explainEvents(events: readonly WireEvent[], wrong: ReadonlySet<number>): string[] {
  const isNear = (place: number) => [...wrong].some((spot) => Math.abs(spot - place) <= LINES.around);
  const isLeftOut = (place: number) =>
    events.length > 2 * LINES.end + 1 && place >= LINES.end && place < events.length - LINES.end && !isNear(place);
  const lines: string[] = [];
  let left = 0;
  for (const [place, event] of events.entries()) {
    if (isLeftOut(place)) left += 1;
    else {
      if (left > 0) lines.push(`  … ${left} more`);
      left = 0;
      lines.push(`${wrong.has(place) ? "> " : "  "}${line(event)}`);
    }
  }
  return lines;
}

/** One event as a line: when, which way, what. */
function line(event: WireEvent): string {
  const code = "code" in event && event.type !== "upgrade" ? event.code : undefined;
  const text = [event.type, code, content(event)].filter((word) => word !== undefined && word !== "").join(" ");
  return `${event.at.toFixed(1).padStart(8)} ms ${event.from === "client" ? "→" : "←"} ${short(text, WIDTH)}`;
}

/**
 * The content of an event on one line: the first line of an HTTP head, or the JSON of a message that the server laid out over
 * several.
 */
function content(event: WireEvent): string | undefined {
  if (!("data" in event)) return undefined;
  if (event.type === "upgrade") return event.data.split("\n", 1)[0];
  if (event.type === "text" && event.data === "") return "(empty)";
  const laidOut = event.type === "text" && event.from === "server" && /[\n\t]/.test(event.data);
  const value = laidOut ? parse(event.data) : undefined;
  return value === undefined ? event.data : show(value);
}

import { isFinding } from "../harness/catalogue.ts";
import type { WireEvent } from "../harness/transcript.ts";
import { plural } from "../harness/words.ts";
import { type Knowledge, likelyCause } from "./cause.ts";
import { excerpt } from "./excerpt.ts";
import { ownExpected, statementOf } from "./names.ts";
import type { ReportCase, ReportCheck, ReportConnection } from "./report.ts";
import { beganAt, isRemark, isTrouble, notable, spotOf, spotsOf, type ToldSpot } from "./wrong-event.ts";

/** The number of lines that an explanation shows of a long transcript: at each end, and around a wrong one. */
const LINES_EXPLAINED = { end: 8, around: 2 } as const;

/** Characters of one line. */
const LINE_CHARACTERS = 160;

/** Connections of one case. */
const CONNECTIONS_EXPLAINED = 5;

/** A line of an explanation. Nothing is made visible yet. */
export interface ExplainedLine {
  /** The mark, the time and the direction of an event; nothing on other lines. */
  readonly margin: string;
  readonly text: string;
  /** It shows an event that is wrong. */
  readonly isWrong: boolean;
}

const lineOf = (text: string): ExplainedLine => ({ margin: "", text, isWrong: false });

/** A line of an explanation as plain text. */
export const lineText = ({ margin, text }: ExplainedLine): string => `${margin}${text}`;

/**
 * Explains the findings of a case: each check, then the transcripts of so many connections: those first that show a finding, then those
 * on which something else went wrong.
 */
export const explainFindings = (it: ReportCase, knowledge: Knowledge, most: number): ExplainedLine[] => [
  lineOf(it.title),
  ...distinct(it.checks.filter(isFinding).map((check) => explainCheck(check, it, knowledge))).map(lineOf),
  ...(most > 0 ? explainConnections(it.connections, { spots: spotsOf(it), most }) : []),
];

/** Findings, equal ones once. */
const distinct = (findings: readonly string[][]) =>
  [...new Map(findings.map((lines) => [lines.join("\n"), lines])).values()].flat();

/** One check in words: what is owed, what came, the likely cause, and the clause. */
function explainCheck(check: ReportCheck, it: ReportCase, knowledge: Knowledge): string[] {
  const statement = statementOf(check.requirement, knowledge.requirements);
  const expected = ownExpected(check, statement);
  const cause = likelyCause(check, it, knowledge);
  const clause = knowledge.clauses?.[check.requirement];
  return [
    `${check.verdict} ${check.requirement} (${check.level}): ${statement}`,
    ...(check.expectedFailure === undefined ? [] : [`  expected to fail: ${check.expectedFailure}`]),
    ...(expected === undefined ? [] : [`  expected  ${expected}`]),
    `  came      ${check.actual}`,
    ...(cause === undefined ? [] : [`  cause     ${cause}`]),
    ...(clause ? [`  clause    ${clause.place}, ${clause.link}`] : []),
  ];
}

/** Shows some connections of a case, counts the `rest` and says where it is. The lines at the spots, which show what is wrong, are marked. */
export function explainConnections(
  connections: readonly ReportConnection[],
  {
    spots = [],
    most = CONNECTIONS_EXPLAINED,
    rest = "in report.json",
  }: { readonly spots?: readonly ToldSpot[]; readonly most?: number; readonly rest?: string } = {},
): ExplainedLine[] {
  const all = connections.map((connection, place) => ({
    connection,
    place,
    wrong: new Map(spots.flatMap((spot) => (spot.connection === place ? [[spot.event, spot]] : []))),
  }));
  const began = beganAt(connections);
  const shown = notable(
    all,
    most,
    ({ wrong }) => wrong.size > 0,
    ({ connection }) => connection.events.some(isTrouble),
  );
  const more = all.length - shown.length;
  return [
    ...shown.flatMap(({ connection, place, wrong }) => [
      lineOf(nameOf(connection, place, all.length)),
      ...explainEvents(connection.events, wrong, began),
    ]),
    ...(more > 0 ? [lineOf(`… ${plural(more, "more connection")}: ${rest}`)] : []),
  ];
}

/** Shows the connection on which a check went wrong, in so many lines at most, beside the one that names it. */
export function explainSpot({ connections }: ReportCase, check: ReportCheck, most: number): ExplainedLine[] {
  const spot = spotOf(check, connections);
  const connection = spot && connections[spot.connection];
  if (!spot || !connection) return [];
  const name = lineOf(nameOf(connection, spot.connection, connections.length));
  return [
    name,
    ...explainNear(
      connection.events,
      { ...spot, actual: check.actual, path: check.evidence?.path },
      most,
      beganAt(connections),
    ),
  ];
}

/**
 * The events of a connection near the wrong one, with the last message of the client before, and the first, which says which
 * client it was.
 */
function explainNear(events: readonly WireEvent[], spot: ToldSpot, most: number, began: number): ExplainedLine[] {
  const { event: wrong } = spot;
  const distance = (place: number) => (place < wrong ? wrong - place : 2 * (place - wrong));
  const near = Array.from(events.keys()).toSorted((a, b) => distance(a) - distance(b));
  const room = events.length <= most ? most : Math.max(1, most - 2);
  const sent = events.findLastIndex(
    ({ from, type }, place) => place < wrong && from === "client" && type !== "upgrade",
  );
  const chosen = new Set([...new Set([wrong, ...(sent < 0 ? [] : [sent]), 0, ...near])].slice(0, room));
  return explainPlaces(events, new Map([[wrong, spot]]), (place) => !chosen.has(place), began);
}

/** Names a connection: its number of how many, its purpose and its url. */
const nameOf = ({ url, name }: ReportConnection, place: number, total: number): string =>
  [total > 1 ? `connection ${place + 1} of ${total}` : "connection", name && `(${name})`, url]
    .filter(Boolean)
    .join(" ");

/** The wrong events by their places. */
type Wrong = ReadonlyMap<number, ToldSpot>;

/** The events of a connection, a line each: of many those at both ends, and around a wrong one. */
function explainEvents(events: readonly WireEvent[], wrong: Wrong, began: number): ExplainedLine[] {
  const isNear = (place: number) => [...wrong.keys()].some((spot) => Math.abs(spot - place) <= LINES_EXPLAINED.around);
  const isLeftOut = (place: number) =>
    events.length > 2 * LINES_EXPLAINED.end + 1 &&
    place >= LINES_EXPLAINED.end &&
    place < events.length - LINES_EXPLAINED.end &&
    !isNear(place);
  return explainPlaces(events, wrong, isLeftOut, began);
}

/** The events that are not left out, a line each, and how many are left out between them. */
function explainPlaces(
  events: readonly WireEvent[],
  wrong: Wrong,
  isLeftOut: (place: number) => boolean,
  began: number,
): ExplainedLine[] {
  const lines: ExplainedLine[] = [];
  const more = () => lineOf(`  … ${left} more`);
  let left = 0;
  for (const [place, event] of events.entries()) {
    if (isLeftOut(place)) left += 1;
    else {
      if (left > 0) lines.push(more());
      left = 0;
      lines.push(eventLine(event, wrong.get(place), began));
    }
  }
  return left > 0 ? [...lines, more()] : lines;
}

/** The direction of an event. A remark of the suite has none. */
const arrow = (event: WireEvent) => (isRemark(event) ? "·" : event.from === "client" ? "→" : "←");

/** One event as a line: its time since the case began, its direction, and what it is. A wrong one is marked. */
function eventLine(event: WireEvent, wrong: ToldSpot | undefined, began: number): ExplainedLine {
  const code = "code" in event && event.type !== "upgrade" ? event.code : undefined;
  const how = event.type === "end" && event.reset ? "(reset)" : undefined;
  const start = [event.type, code, how].filter((word) => word !== undefined).join(" ");
  const content = excerpt(event, LINE_CHARACTERS - start.length - 1, wrong);
  const text = [start, content].filter(Boolean).join(" ");
  const isWrong = wrong !== undefined;
  const margin = `${isWrong ? "> " : "  "}${(event.at - began).toFixed(1).padStart(8)} ms ${arrow(event)} `;
  return { margin, text, isWrong };
}

import { isFinding, type Requirement } from "../harness/catalogue.ts";
import { parse, show, type WireEvent } from "../harness/transcript.ts";
import type { ReportCase, ReportCheck, ReportConnection } from "./report.ts";
import { isTrouble, notable } from "./trouble.ts";

/** Of a long transcript an explanation shows so many lines at each end. */
const LINES = 8;

/** Characters of one line. */
const WIDTH = 160;

/** Connections of one case. */
const CONNECTIONS = 5;

/**
 * Explains what was not kept in a case: each check, then the transcripts of so many connections, those first on which something
 * went wrong. One string per line, nothing made visible yet.
 */
export function explainCase(it: ReportCase, requirements: readonly Requirement[], most = CONNECTIONS): string[] {
  const all = it.connections;
  const shown = notable(all, most, ({ events }) => events.some(isTrouble));
  return [
    it.title,
    ...distinct(it.checks.filter(isFinding).map((check) => explainCheck(check, requirements))),
    ...shown.flatMap((connection) => explainConnection(connection, all.indexOf(connection), all)),
    ...(most > 0 ? andMore(all.length - shown.length) : []),
  ];
}

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

const andMore = (n: number) => (n > 0 ? [`… ${n} more connections, in report.json`] : []);

/** So many connections of many, and how many more there are. */
export function explainConnections(connections: readonly ReportConnection[], most = CONNECTIONS): string[] {
  return [...connections.slice(0, most).flatMap(explainConnection), ...andMore(connections.length - most)];
}

/** One connection: what it was for, and what happened on it. */
function explainConnection({ url, name, events }: ReportConnection, i: number, all: readonly unknown[]): string[] {
  const which = all.length > 1 ? `connection ${i + 1} of ${all.length}` : "connection";
  const lines = events.map(line);
  const left = lines.length - 2 * LINES;
  const shown = left > 1 ? [...lines.slice(0, LINES), `  … ${left} more`, ...lines.slice(-LINES)] : lines;
  return [[which, name && `(${name})`, url].filter(Boolean).join(" "), ...shown];
}

/** One event as a line: when, which way, what. */
function line(event: WireEvent): string {
  const code = "code" in event && event.type !== "upgrade" ? event.code : undefined;
  const text = [event.type, code, content(event)].filter((word) => word !== undefined && word !== "").join(" ");
  const short = text.length > WIDTH ? `${text.slice(0, WIDTH)}…` : text;
  return `  ${event.at.toFixed(1).padStart(8)} ms ${event.from === "client" ? "→" : "←"} ${short}`;
}

/** What an event holds, on one line: of an HTTP head the first, of JSON that the server laid out over several its values. */
function content(event: WireEvent): string | undefined {
  if (!("data" in event)) return undefined;
  if (event.type === "upgrade") return event.data.split("\n", 1)[0];
  if (event.type === "text" && event.data === "") return "(empty)";
  const laidOut = event.type === "text" && event.from === "server" && /[\n\t]/.test(event.data);
  const value = laidOut ? parse(event.data) : undefined;
  return value === undefined ? event.data : show(value);
}

import { isFinding } from "../harness/catalogue.ts";
import type { WireEvent } from "../harness/transcript.ts";
import type { ReportCase, ReportCheck, ReportConnection } from "./report.ts";

/** The place of an event in the transcripts of a case: of which connection, and which of its events, both from 0. */
export interface Spot {
  readonly connection: number;
  readonly event: number;
}

/** The place of an event that is wrong, what came there in words, and the names of the properties that lead to it. */
export interface ToldSpot extends Spot {
  readonly actual?: string;
  readonly path?: readonly string[] | undefined;
}

const MISHAP = new Set<WireEvent["type"]>(["timeout", "error", "limit"]);
const BREACH = new Set<WireEvent["type"]>(["violation", "end"]);

/** Tells if an event is a remark of the suite that something went wrong: a wait in vain, a failure of the network, a bound. */
const isMishap = ({ type }: WireEvent): boolean => MISHAP.has(type);

/** Tells if an event is a remark of the suite, and never went over the wire. */
export const isRemark = (event: WireEvent): boolean => isMishap(event) || event.type === "cut";

/** Tells if something went wrong here: a wait in vain, an error, a breach by the server. */
export const isTrouble = (event: WireEvent): boolean =>
  isMishap(event) || (event.from === "server" && BREACH.has(event.type));

/** The beginning of a case, in ms of the clock of the run, by the events of its connections. All reports count their times from it. */
export const beganAt = (connections: readonly Pick<ReportConnection, "events">[]): number =>
  Math.min(...connections.map(({ events }) => events[0]?.at ?? Number.POSITIVE_INFINITY));

/** The event that each finding of a case is about. All reports mark these, and no others. */
export const spotsOf = ({ checks, connections }: Pick<ReportCase, "checks" | "connections">): readonly ToldSpot[] =>
  checks.filter(isFinding).flatMap((check) => {
    const spot = spotOf(check, connections);
    return spot ? [{ ...spot, actual: check.actual, path: check.evidence?.path }] : [];
  });

/** The event that shows a finding; nothing where nothing happened. */
export function spotOf(
  check: Pick<ReportCheck, "evidence" | "silence" | "actual">,
  connections: readonly ReportConnection[],
): Spot | undefined {
  const { evidence } = check;
  const event = evidence?.events.findLast((place) => connections[evidence.connection]?.events[place] !== undefined);
  if (evidence && event !== undefined) return { connection: evidence.connection, event };
  const all = connections.flatMap(({ events }, connection) =>
    events.map((it, place): Candidate => ({ connection, event: place, it })),
  );
  for (const shows of SIGNALS) {
    const best = all.findLast((candidate) => shows(candidate, check));
    if (best) return { connection: best.connection, event: best.event };
  }
  return undefined;
}

interface Candidate extends Spot {
  readonly it: WireEvent;
}

/**
 * The signs that an event shows a finding whose check has no evidence, the surest first. A check of version 0.5.0 has none, nor has one of
 * a value that several events hold or that a case worked out.
 */
const SIGNALS: readonly ((candidate: Candidate, check: Pick<ReportCheck, "silence" | "actual">) => boolean)[] = [
  ({ it }, { silence }) => silence !== undefined && it.type === "timeout" && it.what === silence.what,
  ({ it }, { actual }) => it.from === "server" && "data" in it && /^["{[]./.test(actual) && it.data.includes(actual),
  ({ it }, { actual }) => it.type === "upgrade" && it.from === "server" && actual.includes(`HTTP ${it.code}`),
  ({ it }) => isTrouble(it),
  ({ it }) => it.from === "server",
];

/**
 * Chooses so many connections, and keeps their order. Those that tell the most count first, by `tells`, whose first is the surest; then the
 * last ones: a case with very many ends with those that show its finding.
 */
export function notable<T>(
  connections: readonly T[],
  most: number,
  ...tells: readonly ((connection: T) => boolean)[]
): T[] {
  if (connections.length <= most) return [...connections];
  const chosen = connections
    .map((connection, place) => ({ connection, place, told: tells.map((of) => Number(of(connection))) }))
    .toSorted((a, b) => firstOther(b.told, a.told) || b.place - a.place)
    .slice(0, most);
  return chosen.toSorted((a, b) => a.place - b.place).map(({ connection }) => connection);
}

/** The first difference between two lists of as many numbers. */
const firstOther = (a: readonly number[], b: readonly number[]): number =>
  a.map((it, i) => it - (b[i] ?? 0)).find((difference) => difference !== 0) ?? 0;

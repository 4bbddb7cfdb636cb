import { isFinding, type Requirement, sourceKeys } from "../../harness/catalogue.ts";
import { breaking, type Clause, type Fault, type Protocol, testing } from "../../harness/protocol.ts";
import { isObject, parse, type WireEvent } from "../../harness/transcript.ts";
import { likelyCause } from "../cause.ts";
import { visible } from "../escape.ts";
import { findings } from "../findings.ts";
import { ownExpected } from "../names.ts";
import type { Report, ReportCase, ReportCheck, ReportShard } from "../report.ts";
import { type OtherWay, otherWays } from "../ways.ts";
import { beganAt, notable, type Spot, spotOf } from "../wrong-event.ts";
import { hasTrouble, type PageConnection, type PageEvent, type SchemaError } from "./events.ts";

/** A requirement of the page: its row in the catalogue, and its verdict. */
export type PageRequirement = Requirement &
  Pick<Report["requirements"][number], "verdict"> & {
    /** The usual mistakes behind it. */
    readonly cause?: string;
    readonly clause?: Clause;
    /** The faults of the reference server that break it. */
    readonly faults?: readonly { readonly name: string; readonly says: string }[];
    /** The cases that test it and did not run. */
    readonly others?: readonly { readonly id: string; readonly title: string }[];
    /** The further ways in which it is broken than the one that is shown. */
    readonly ways?: readonly OtherWay[];
  };

/** A check of the page. */
export type PageCheck = Omit<ReportCheck, "level" | "expected" | "evidence"> & {
  /** Left out where it is the statement of the requirement. */
  readonly expected?: string;
  /** The event that shows what a finding is about. */
  readonly spot?: Spot;
  /** Its likely cause, if it is a finding. */
  readonly cause?: string;
};

/** A case of the page. */
export type PageCase = Omit<ReportCase, "digest" | "checks" | "connections"> & {
  readonly checks: readonly PageCheck[];
  readonly connections: readonly PageConnection[];
  /** The number of connections, including those that the page leaves out. */
  readonly connected: number;
  /** The time at which it began, by all of them, in ms of the clock of the run. */
  readonly began: number;
};

/** Connections of a case that a page holds at most: some cases make hundreds, and nobody reads them all. */
const CONNECTIONS_ON_PAGE = 60;

/** The content of the page, which its script reads, too. */
export interface PageData extends Omit<Report, "requirements" | "cases" | "shard"> {
  /** Says what the sources of its requirements begin with: a letter or an RFC, and the words. */
  readonly sources: readonly (readonly [key: string, words: string])[];
  readonly shard?: Pick<ReportShard, "index" | "of">;
  readonly requirements: readonly PageRequirement[];
  readonly cases: readonly PageCase[];
}

/**
 * Makes the data of a page out of a report. All texts are made visible here, except those that were sent: these are made
 * visible where they are shown.
 */
export function pageData(report: Report, protocol: Protocol, faults: Faults): PageData {
  const { requirements, sources } = protocol;
  const { shard, ...rest } = report;
  const catalogue = new Map(requirements.map((row) => [row.id, row]));
  const rows = report.requirements.flatMap(({ id }) => catalogue.get(id) ?? []);
  const named = new Set(rows.flatMap((row) => sourceKeys(row, sources)));
  const ways = new Map(
    findings(report).flatMap((it) => {
      const others = otherWays(it, protocol);
      return others.length > 0 ? [[it.requirement.id, { ways: others }] as const] : [];
    }),
  );
  const judging = judgingIn(report, protocol);
  const ran = report.recording ? undefined : new Set(report.cases.map(({ id }) => id));
  return tidy({
    ...rest,
    ...(shard && { shard: { index: shard.index, of: shard.of } }),
    sources: Object.entries(sources).filter(([key]) => named.has(key)),
    requirements: report.requirements.map(({ id, level, verdict }) => ({
      ...(catalogue.get(id) ?? { id, section: "others", source: "", statement: "" }),
      level,
      verdict,
      ...knownOf(id, protocol, faults, ran),
      ...ways.get(id),
    })),
    cases: report.cases.map((it) => pageCase(it, catalogue, judging(it.id), protocol)),
  });
}

type Faults = Readonly<Record<string, Fault>>;

/** The facts on a requirement that only the documentation has. `ran` are the cases of the report, if cases can run. */
function knownOf(
  id: string,
  protocol: Protocol,
  faults: Faults,
  ran: ReadonlySet<string> | undefined,
): Partial<PageRequirement> {
  const [cause, clause] = [protocol.causes[id], protocol.clauses[id]];
  const broken = breaking(id, faults);
  const others = testing(id, protocol).filter((it) => ran?.has(it.id) === false);
  return {
    ...(cause !== undefined && { cause }),
    ...(clause && { clause }),
    ...(broken.length > 0 && { faults: broken.map(([name, { says }]) => ({ name, says })) }),
    ...(others.length > 0 && { others: others.map(({ id: other, title }) => ({ id: other, title })) }),
  };
}

/** Returns what is wrong with an event of a case, by its place in the only connection of one that is recorded. */
type Judge = (event: WireEvent, place: number) => readonly SchemaError[];

/** Returns for each case, by its id, what finds the wrong messages in it: those of servers by their schemas, those of clients as told. */
function judgingIn(report: Report, { violationsOf }: Protocol): (id: string) => Judge {
  const mistakes = mistakesIn(report);
  const judge = remembering((text) => {
    const message = parse(text);
    return isObject(message) ? violationsOf(message).map(({ path, says }) => ({ path, says })) : [];
  });
  return (id) => (event, place) =>
    event.type === "text" && event.from === "server" ? judge(event.data) : (mistakes.get(`${id} ${place}`) ?? []);
}

/** The mistakes of clients, by the case and the place of the event. */
const mistakesIn = ({ recording }: Report): ReadonlyMap<string, readonly SchemaError[]> =>
  new Map(
    (recording?.clients?.mistakes ?? []).flatMap(({ says, places = [] }) =>
      places.map((it) => [`${it.case} ${it.event}`, [{ path: [], says, by: "client" }]] as const),
    ),
  );

function pageCase(
  { digest: _, ...it }: ReportCase,
  catalogue: ReadonlyMap<string, Requirement>,
  judge: Judge,
  protocol: Protocol,
): PageCase {
  const checks = it.checks.map((check): PageCheck => {
    const { level: _, expected: __, evidence: ___, ...rest } = check;
    const spot = isFinding(check) ? spotOf(check, it.connections) : undefined;
    const cause = isFinding(check) ? likelyCause(check, it, protocol) : undefined;
    const expected = ownExpected(check, catalogue.get(check.requirement)?.statement);
    return {
      ...rest,
      ...(expected !== undefined && { expected }),
      ...(spot && { spot }),
      ...(cause !== undefined && { cause }),
    };
  });
  const spotted = new Set(checks.flatMap(({ spot }) => (spot ? [spot.connection + 1] : [])));
  const connections = it.connections.map((one, i) => ({
    ...one,
    number: i + 1,
    events: one.events.map((event, place) => marked(event, judge(event, place))),
  }));
  return {
    ...it,
    checks,
    connections: notable(connections, CONNECTIONS_ON_PAGE, ({ number }) => spotted.has(number), hasTrouble),
    connected: connections.length,
    began: connections.length > 0 ? beganAt(connections) : 0,
  };
}

function marked(event: WireEvent, wrong: readonly SchemaError[]): PageEvent {
  return wrong.length > 0 ? { ...event, wrong } : event;
}

/** The same function, asked once for each text: most messages of a run are alike. */
function remembering<T>(of: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    if (!known.has(text)) known.set(text, of(text));
    return known.get(text) as T;
  };
}

/**
 * The same with every text made visible, but what went over the wire: a browser still has to tell its parts. Only what that
 * changes is copied, since nearly nothing is.
 */
function tidy<T>(value: T): T {
  if (typeof value === "string") return visible(value) as T;
  if (typeof value !== "object" || value === null) return value;
  let copy: T | undefined;
  for (const name in value) {
    if (name === "data" || name === "path") continue;
    const inner = tidy(value[name]);
    if (inner === value[name]) continue;
    copy ??= (Array.isArray(value) ? [...value] : { ...value }) as T & object;
    copy[name] = inner;
  }
  return copy ?? value;
}

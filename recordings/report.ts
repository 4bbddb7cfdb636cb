import { createHash } from "node:crypto";
import { broken, type Requirement, VERDICTS, type Verdict, worst } from "../harness/catalogue.ts";
import { cut, shorten } from "../harness/kept.ts";
import type { Protocol } from "../harness/protocol.ts";
import type { RecordedRule, Rule } from "../harness/rule.ts";
import type { Transcript, WireEvent } from "../harness/transcript.ts";
import { aboutProtocol } from "../reports/names.ts";
import type {
  Report,
  ReportCase,
  ReportCheck,
  ReportClients,
  ReportRecording,
  ReportTarget,
} from "../reports/report.ts";
import { conclude } from "../reports/verdict.ts";
import type { FollowedConnection } from "./followed.ts";
import { judgeRecorded } from "./judge.ts";

/** The most connections that a report holds: the first ones, and beyond them so many for each requirement that is broken. */
const MOST_TOLD = { first: 200, broken: 20 } as const;

/** Judges connections one after another, and makes a report of them. */
export interface Recording {
  add(connection: FollowedConnection): void;
  /** Returns the breaches on a connection so far. */
  broken(transcript: Transcript): readonly Broken[];
  /** The number of connections so far. */
  readonly size: number;
  report(about: About): Report;
}

/** A rule that is broken on a connection. */
export interface Broken {
  readonly requirement: string;
  readonly verdict: Verdict;
  readonly actual: string;
}

/** Returns all rules by which recorded traffic is judged. */
export const rulesOf = ({ rules, recordedRules = [] }: Protocol): readonly Rule[] => [...rules, ...recordedRules];

/** The facts that a report of recordings says beside the findings. */
export interface About {
  readonly suite: Report["suite"];
  readonly files: readonly string[];
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly clients: ReportClients;
  readonly leftOut?: ReportRecording["leftOut"];
}

/** The connections that were judged so far. */
interface Tally {
  readonly rows: readonly Row[];
  readonly kept: { readonly number: number; readonly it: ReportCase }[];
  /** The first two urls. */
  readonly urls: Set<string>;
  readonly connections: Record<Verdict, number>;
  events: number;
  size: number;
}

/** The ways to judge a recording. */
export interface RecordingOptions {
  /** A SHOULD counts as a MUST. */
  readonly strict: boolean;
  /** A mistake of a client fails the run. */
  readonly failOnClientMistakes?: boolean | undefined;
}

/** Judges by the rules of a protocol. Its memory is bounded. */
export function recording(protocol: Protocol, options: RecordingOptions): Recording {
  const { strict } = options;
  const rows = rulesOf(protocol).map((rule) => rowOf(rule, protocol.requirements, strict));
  const tally: Tally = { rows, kept: [], urls: new Set(), connections: noVerdicts(), events: 0, size: 0 };
  return {
    get size() {
      return tally.size;
    },
    add: (connection) => count(tally, connection),
    broken: (transcript) =>
      judgedBy(rows, transcript)
        .filter(({ row, verdict }) => verdict === row.broken)
        .map(({ row, verdict, actual }) => ({ requirement: row.requirement.id, verdict, actual })),
    report: (about) => reportOf(tally, about, protocol, options),
  };
}

const noVerdicts = () => Object.fromEntries(VERDICTS.map((verdict) => [verdict, 0])) as Record<Verdict, number>;

/** Judges a connection that is over, and keeps it if the report needs it. */
function count(tally: Tally, connection: FollowedConnection): void {
  const { rows, urls, kept, connections } = tally;
  const found = judgedBy(rows, connection.decisive);
  const told = found.map((it) => it.verdict).filter((verdict) => verdict !== "skip");
  const verdict = worst(told, "skip");
  tally.size += 1;
  tally.events += connection.events;
  connections[verdict] += 1;
  const [place = ""] = connection.url.split("?", 1);
  if (urls.size < 2 && place !== "") urls.add(place);
  if (tally.size <= MOST_TOLD.first || found.some(isNew))
    kept.push({ number: connection.number, it: caseOf(connection, verdict, found) });
  for (const it of found) it.row.counts[it.verdict] += 1;
}

function reportOf(
  { rows, kept, urls, connections, events }: Tally,
  about: About,
  protocol: Protocol,
  options: RecordingOptions,
) {
  const { suite, files, startedAt, durationMs, clients, leftOut } = about;
  const [url, ...more] = urls;
  const draft = {
    suite,
    protocol: aboutProtocol(protocol),
    target: {
      url: url !== undefined && more.length === 0 ? url : files.join(", "),
      embedded: false,
      ...judgingOf(options),
    },
    startedAt: startedAt.toISOString(),
    durationMs,
    seed: 0,
    recording: {
      files,
      events,
      connections,
      requirements: Object.fromEntries(rows.map(({ requirement, counts }) => [requirement.id, counts])),
      ...((clients.wrong > 0 || clients.unanswered !== undefined) && { clients }),
      ...(leftOut && { leftOut }),
    },
  };
  // Connections end in another order than they begin in.
  const cases = kept.toSorted((a, b) => a.number - b.number).map(({ it }) => it);
  return conclude(draft, counted(cases), protocol.requirements);
}

const judgingOf = ({
  strict,
  failOnClientMistakes = false,
}: RecordingOptions): Omit<ReportTarget, "url" | "embedded"> => ({
  strict,
  ...(failOnClientMistakes && { failOnClientMistakes }),
});

/** A rule, its requirement, and of how many connections it gave each verdict. */
interface Row {
  readonly rule: Rule | RecordedRule;
  readonly requirement: Requirement;
  readonly broken: Verdict;
  readonly counts: Record<Verdict, number>;
}

function rowOf(rule: Rule, requirements: readonly Requirement[], strict: boolean): Row {
  const requirement = requirements.find(({ id }) => id === rule.requirement);
  if (!requirement) throw new Error(`the catalogue has no requirement "${rule.requirement}"`);
  return { rule, requirement, broken: broken(requirement.level, strict), counts: noVerdicts() };
}

/** The finding of a rule on a connection. */
interface Judged {
  readonly row: Row;
  readonly verdict: Verdict;
  readonly actual: string;
  readonly events?: readonly WireEvent[] | undefined;
}

function judgedBy(rows: readonly Row[], transcript: Transcript): readonly Judged[] {
  const refused = refusal(transcript);
  const why = refused ?? (isSilent(transcript) ? "nothing that the server sent is recorded" : undefined);
  const asked = rows.filter(({ rule }) => !("applies" in rule) || rule.applies(transcript));
  return asked.map((row) => {
    const { outcome, actual, events } = judgeRecorded(
      row.rule,
      refused === undefined ? transcript : withoutEnds(transcript),
    );
    if (outcome === "broken") return { row, verdict: row.broken, actual, events };
    if (refused !== undefined) return { row, verdict: "skip", actual: refused };
    if (outcome === "inconclusive") return { row, verdict: "skip", actual };
    return why === undefined ? { row, verdict: "pass", actual } : { row, verdict: "skip", actual: why };
  });
}

const isHeard = ({ from, type }: WireEvent) => from === "server" && type !== "cut";
const isSilent = ({ events }: Transcript) => !events.some(isHeard);

/** Leaves out the end of TCP after a refused handshake: it ends no connection of the protocol. */
const withoutEnds = ({ url, events }: Transcript): Transcript => ({
  url,
  events: events.filter(({ type }) => type !== "end"),
});

/** Says how a handshake was refused, or failed. Nothing that is owed on a connection can be judged there. */
function refusal({ events }: Transcript): string | undefined {
  let failed: WireEvent | undefined;
  for (const event of events) {
    if (!isHeard(event)) continue;
    if (event.type !== "upgrade" && event.type !== "error" && event.type !== "end") return undefined;
    if (event.type === "error" || (event.type === "upgrade" && (event.code ?? 101) !== 101)) failed ??= event;
  }
  if (failed?.type === "upgrade") return `the handshake was refused (HTTP ${failed.code})`;
  return failed && `the handshake failed (${"data" in failed ? failed.data : ""})`;
}

/** Tells if the report needs more connections on which a rule found the same. */
const isNew = ({ row, verdict }: Judged) => row.counts[verdict] < (verdict === row.broken ? MOST_TOLD.broken : 1);

function caseOf(it: FollowedConnection, verdict: Verdict, found: readonly Judged[]): ReportCase {
  const { url, events } = it.shown();
  const short = events.map((event) => ("data" in event ? shorten(event) : event));
  return {
    id: `check/${it.number}`,
    title: `${it.file}: connection ${cut(it.id, 200)}`,
    suite: "check",
    verdict,
    durationMs: it.durationMs,
    digest: createHash("sha256").update(`${it.file}\0${it.id}`).digest("hex").slice(0, 16),
    checks: found.map((one) => checkOf(one, it)),
    connections: [{ url: cut(url), events: short }],
  };
}

function checkOf(
  { row: { requirement }, verdict, actual, events = [] }: Judged,
  { placeOf }: FollowedConnection,
): ReportCheck {
  const places = events.flatMap((event) => placeOf(event) ?? []);
  return {
    requirement: requirement.id,
    level: requirement.level,
    verdict,
    expected: requirement.statement,
    actual: cut(actual),
    ...(places.length > 0 && { evidence: { connection: 0, events: places } }),
    ...(verdict === "skip" && { unrecorded: true }),
  };
}

/** Counts checks without a recording as unjudged if nothing at all was judged: nothing could pass then. */
function counted(cases: readonly ReportCase[]): readonly ReportCase[] {
  if (cases.some(({ verdict }) => verdict !== "skip")) return cases;
  return cases.map((it) => ({ ...it, checks: it.checks.map(({ unrecorded: _, ...check }) => check) }));
}

import { isDeepStrictEqual } from "node:util";
import { worst } from "../harness/catalogue.ts";
import type { CaseResult } from "../harness/execute.ts";
import { ground } from "../harness/ground.ts";
import { keep } from "../harness/kept.ts";
import { casesIn, catalogueOf, type Protocol } from "../harness/protocol.ts";
import { replay } from "../harness/replay.ts";
import { headersIn } from "../harness/replay-handshake.ts";
import type { Case } from "../harness/scenario.ts";
import type { Keys } from "../harness/target.ts";
import { reportCase } from "../reports/make.ts";
import type { Report, ReportCase } from "../reports/report.ts";
import type { Conditions } from "./conditions.ts";
import type { Read } from "./content.ts";
import { oddInCase, oddInRun, type Span, spanOf } from "./facts.ts";
import { sha256 } from "./files.ts";
import type { RecordedCase } from "./recording.ts";

/** The outcome of judging recorded cases again. */
interface Rejudged {
  /** The number of cases that gave the same again. */
  readonly reproduced: number;
  /** The claims that the recordings do not support. */
  readonly problems: readonly string[];
  /** The cases that this version of the suite does not know, or knows otherwise. */
  readonly unknown: readonly string[];
}

/**
 * Judges all cases of a report again by their recordings: each verdict, each text, each line of the transcripts in the
 * report. Its target has to be one that can be tested.
 */
export async function rejudge(
  report: Report,
  recorded: AsyncIterable<RecordedCase>,
  conditions: Conditions,
  protocol: Protocol,
): Promise<Rejudged> {
  const known = new Map(casesIn(protocol).map((it) => [it.id, it]));
  const bench = benchFor(report, conditions, protocol);
  const left = new Map(report.cases.map((it) => [it.id, it]));
  const twins = new Map<string, string>();
  const [problems, unknown]: [string[], string[]] = [[], []];
  const judged: Judged[] = [];
  const spans: Span[] = [];
  for await (const recording of recorded) {
    const { id } = recording;
    const stored = left.get(id);
    const it = known.get(id);
    const again = stored && it?.digest === stored.digest ? await judgeAgain(stored, it, recording, bench) : undefined;
    const twin = twinOf(recording, twins);
    spans.push(spanOf(recording));
    left.delete(id);
    const problem =
      stored === undefined
        ? `${id} is recorded more often than it stands in the report`
        : problemIn([again?.problem, twin, oddInCase(stored, recording, report, conditions)[0]], id);
    if (problem !== undefined) problems.push(problem);
    else if (again?.is) judged.push(again.is);
    else unknown.push(id);
  }
  const unrecorded = await judgeUnrecorded(left, known, bench);
  judged.push(...unrecorded.judged);
  const wrong = contradictions(judged, protocol);
  return {
    reproduced: judged.length - wrong.length,
    problems: [...problems, ...unrecorded.problems, ...oddInRun(spans, report, conditions), ...wrong],
    unknown,
  };
}

/** Returns what each case needs to run again on its recording, as in the run of a report. */
const benchFor = (report: Report, conditions: Conditions, protocol: Protocol): Parameters<typeof replay>[2] => ({
  protocol,
  judging: { requirements: catalogueOf(protocol), strict: report.target.strict },
  random: conditions,
  idle: conditions.idleMs,
  timeout: conditions.timeoutMs,
  url: new URL(report.target.url),
  ...meansOf(report.target),
  headers: headersIn(report.cases.flatMap(({ connections }) => connections)),
});

/** The first problem of a case. */
function problemIn(found: readonly (string | undefined)[], id: string): string | undefined {
  const words = found.find((it) => it !== undefined);
  return words === undefined ? undefined : `${id}: ${words}`;
}

/**
 * Says which other case a recording belongs to, and remembers the recording: no two connections happen at the same times with the same
 * keys.
 */
function twinOf({ id, transcripts }: RecordedCase, seen: Map<string, string>): string | undefined {
  const print = sha256(JSON.stringify(transcripts));
  const twin = seen.get(print);
  seen.set(print, id);
  return twin === undefined ? undefined : `its recording is that of ${twin}`;
}

/** Finds claims on cases that their recordings do not show. */
function contradictions(judged: readonly Judged[], { foundations }: Protocol): string[] {
  // All results together show which checks rest on a broken requirement.
  const grounded = ground(
    judged.map(({ result }) => result),
    [],
    foundations,
  );
  return judged.flatMap(({ stored }, i) => {
    const why = contradiction(stored, grounded[i] as CaseResult);
    return why === undefined ? [] : [`${stored.id}: ${why}`];
  });
}

/** The users that cases had, and substitutes for the secrets, which no recording holds. */
function meansOf({ users }: Report["target"]) {
  const secrets: Required<Keys> = { client: { id: HIDDEN, secret: HIDDEN }, unscoped: HIDDEN, refresh: HIDDEN };
  const keys: Keys = Object.fromEntries((users?.keys ?? []).map((key) => [key, secrets[key]]));
  return { users: users?.count ?? 1, exclusive: users?.exclusive ?? false, keys, concealed: [HIDDEN] };
}

const HIDDEN = "hidden";

/** A case of a report, and its result by the recording. */
interface Judged {
  readonly stored: ReportCase;
  readonly result: CaseResult;
}

/** Judges the cases of a report that have no recording. */
async function judgeUnrecorded(
  stored: ReadonlyMap<string, ReportCase>,
  known: ReadonlyMap<string, Case>,
  bench: Parameters<typeof replay>[2],
): Promise<{ readonly judged: readonly Judged[]; readonly problems: readonly string[] }> {
  const [judged, problems]: [Judged[], string[]] = [[], []];
  for (const [id, it] of stored) {
    const again = await judgeUnconnected(it, known.get(id), bench);
    if (again) judged.push(again);
    else problems.push(`${id} is in the report, and no recording shows it`);
  }
  return { judged, problems };
}

/** Judges a case without a recording. Only a case that takes more users than there are opens no connection, and needs no recording. */
async function judgeUnconnected(
  stored: ReportCase,
  it: Case | undefined,
  bench: Parameters<typeof replay>[2],
): Promise<Judged | undefined> {
  if (stored.connections.length > 0 || it?.digest !== stored.digest) return undefined;
  return (await judgeAgain(stored, it, { id: it.id, transcripts: [] }, bench)).is;
}

/** Judges the recording of a case. The problem says that it is none of that case, or not the one in the report. */
async function judgeAgain(
  stored: ReportCase,
  it: Case,
  { transcripts }: RecordedCase,
  bench: Parameters<typeof replay>[2],
): Promise<Read<Judged>> {
  const { checks, strayed } = await replay(it, transcripts, bench);
  if (strayed[0] !== undefined) return { problem: `it is not a recording of this case: ${strayed[0]}` };
  const verdict = worst(checks.map((check) => check.verdict));
  const result = { case: it, verdict, checks, connections: [], beganAt: 0, durationMs: 0 };
  const shown = reportCase({ ...result, connections: transcripts.map(keep) }, bench.protocol);
  if (shown.title !== stored.title || shown.suite !== stored.suite)
    return { problem: "its title or suite is not that of the case" };
  return isDeepStrictEqual(shown.connections, stored.connections)
    ? { is: { stored, result } }
    : { problem: "the transcripts in the report are not those that were recorded" };
}

/** Finds a claim on a case that its recording does not show. Returns nothing where it shows all. */
function contradiction(stored: ReportCase, again: CaseResult): string | undefined {
  if (again.verdict !== stored.verdict)
    return `it is reported as ${stored.verdict}, and by its recording it is ${again.verdict}`;
  const odd = Array.from(
    { length: Math.max(stored.checks.length, again.checks.length) },
    (_, i) => [stored.checks[i], again.checks[i]] as const,
  ).find(([told, shown]) => !isDeepStrictEqual(told, shown));
  return odd && `its recording does not support what is reported of ${(odd[0] ?? odd[1])?.requirement}`;
}

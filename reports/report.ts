import { isBinding, type Level, VERDICTS, type Verdict, worst } from "../harness/catalogue.ts";
import type { CaseResult } from "../harness/execute.ts";
import type { Check } from "../harness/judge.ts";
import type { Protocol } from "../harness/protocol.ts";
import type { RunResult } from "../harness/runner.ts";
import { cut, type WireEvent } from "../harness/transcript.ts";

/** What a run says of the target: conformant, not conformant, or that something it was asked to judge was not judged. */
export type RunVerdict = "pass" | "fail" | "incomplete";

/** A connection of a report. */
export interface ReportConnection {
  readonly url: string;
  readonly name?: string;
  readonly events: readonly WireEvent[];
}

/** A case of a report. Times are in ms. */
export interface ReportCase {
  readonly id: string;
  readonly title: string;
  readonly suite: string;
  readonly verdict: Verdict;
  readonly unstable?: true;
  readonly unconfirmed?: true;
  /** What the server did wrong while it ran among others, though not alone. */
  readonly doubt?: string;
  readonly durationMs: number;
  readonly digest: string;
  readonly checks: readonly Check[];
  readonly connections: readonly ReportConnection[];
}

/** A row of the catalogue in a report, with the worst verdict over the cases that tested it. */
export interface ReportRequirement {
  readonly id: string;
  readonly level: Level;
  readonly verdict: Verdict;
  readonly cases: readonly string[];
}

/** The content of report.json, from which every other format is made. Its schema is `report.schema.json`. */
export interface Report {
  readonly suite: { readonly name: string; readonly version: string };
  readonly protocol: { readonly version: string };
  readonly target: { readonly url: string; readonly embedded: boolean; readonly strict: boolean };
  readonly startedAt: string;
  readonly durationMs: number;
  readonly seed: number;
  readonly verdict: RunVerdict;
  readonly counts: Readonly<Record<Verdict, number>>;
  readonly requirements: readonly ReportRequirement[];
  readonly cases: readonly ReportCase[];
}

/** What a report says beside the results. */
export interface ReportContext {
  readonly suite: Report["suite"];
  readonly protocol: Protocol;
  readonly target: Report["target"];
  /** Takes secrets out of a text. */
  readonly redact: (text: string) => string;
}

/** Characters of a text in a report, at most. Fewer than are kept of one, so that no secret is cut in two before it is redacted. */
const TEXT = 2_000;

/** Makes the report of a run: secrets taken out, long texts and transcripts cut. */
export function makeReport(run: RunResult, { suite, protocol, target, redact }: ReportContext): Report {
  const cases = run.results.map((result) => reportCase(result, redact));
  return {
    suite,
    protocol: { version: protocol.version },
    target: { ...target, url: redact(target.url) },
    startedAt: run.startedAt.toISOString(),
    durationMs: run.durationMs,
    seed: run.seed,
    verdict: runVerdict(run, target.strict),
    counts: Object.fromEntries(
      VERDICTS.map((verdict) => [verdict, cases.filter((it) => it.verdict === verdict).length]),
    ) as Report["counts"],
    requirements: protocol.requirements.map(({ id, level }) => {
      const tested = cases.filter(({ checks }) => checks.some(({ requirement }) => requirement === id));
      const checks = tested.flatMap((it) => it.checks.filter(({ requirement }) => requirement === id));
      const verdict = worst(
        checks.map((check) => check.verdict),
        "skip",
      );
      return { id, level, verdict, cases: tested.map((it) => it.id) };
    }),
    cases,
  };
}

/** `fail` where a MUST was broken or the target went away; `incomplete` where a MUST that was asked for was not judged. */
function runVerdict({ results, stop }: RunResult, strict: boolean): RunVerdict {
  const checks = results.flatMap((result) => result.checks);
  if (stop?.reason === "lost" || checks.some(({ verdict }) => verdict === "fail")) return "fail";
  const unjudged = checks.some(
    ({ verdict, level }) => verdict === "error" || (verdict === "skip" && isBinding(level, strict)),
  );
  return unjudged || stop || results.some(({ doubt }) => doubt !== undefined) ? "incomplete" : "pass";
}

function reportCase(result: CaseResult, redact: ReportContext["redact"]): ReportCase {
  const { id, title, suite, digest } = result.case;
  return {
    id,
    title,
    suite,
    verdict: result.verdict,
    ...(result.unstable && { unstable: true }),
    ...(result.unconfirmed && { unconfirmed: true }),
    ...(result.doubt !== undefined && { doubt: cut(redact(result.doubt), TEXT) }),
    durationMs: result.durationMs,
    digest,
    checks: result.checks.map((check) => ({ ...check, actual: cut(redact(check.actual), TEXT) })),
    connections: result.connections.map(({ url, name, events }) => ({
      url: redact(url),
      ...(name !== undefined && { name }),
      events: events.map((event) => ("data" in event ? { ...event, data: cut(redact(event.data), TEXT) } : event)),
    })),
  };
}

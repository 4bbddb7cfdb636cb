import type { CaseResult } from "../harness/execute.ts";
import type { Protocol } from "../harness/protocol.ts";
import type { RunResult } from "../harness/runner.ts";
import { cut } from "../harness/transcript.ts";
import { medians } from "./latency.ts";
import type { Report, ReportCase, ReportShard } from "./report.ts";
import { conclude } from "./verdict.ts";

/** What a report says beside the results. */
export interface ReportContext {
  readonly suite: Report["suite"];
  readonly protocol: Protocol;
  readonly target: Report["target"];
  readonly shard?: ReportShard | undefined;
  readonly concurrency?: number;
  /** Takes secrets out of a text. */
  readonly redact: (text: string) => string;
}

/** Characters of a text in a report, at most. */
export const TEXT = 2_000;

/** Makes the report of a run: secrets taken out, long texts and transcripts cut. */
export function makeReport(
  run: RunResult,
  { suite, protocol, target, shard, concurrency, redact }: ReportContext,
): Report {
  const { stop, limit, passes } = run;
  const draft = {
    suite,
    protocol: { name: protocol.name, version: protocol.version },
    target: { ...target, url: redact(target.url) },
    startedAt: run.startedAt.toISOString(),
    durationMs: run.durationMs,
    seed: run.seed,
    ...(concurrency !== undefined && { concurrency }),
    ...(stop && { stop: { ...stop, words: redact(stop.words) } }),
    ...(limit !== undefined && { limit }),
    ...(shard && { shard }),
    ...(run.stalls.length > 0 && { stalls: run.stalls }),
    ...(run.unexplained.length > 0 && {
      unexplained: run.unexplained.map((it) => ({ ...it, words: redact(it.words) })),
    }),
    latencies: medians(protocol.latencies, passes),
  };
  return conclude(
    draft,
    run.results.map((result) => reportCase(result, redact)),
    protocol.requirements,
  );
}

/** A case of a report: secrets taken out, long texts cut. */
export function reportCase(result: CaseResult, redact: ReportContext["redact"]): ReportCase {
  const { id, title, suite, digest } = result.case;
  return {
    id,
    title,
    suite,
    verdict: result.verdict,
    ...(result.unstable && { unstable: true }),
    ...(result.unconfirmed && { unconfirmed: true }),
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

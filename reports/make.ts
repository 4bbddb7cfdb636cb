import type { CaseResult } from "../harness/execute.ts";
import { isPlainForm } from "../harness/foundation.ts";
import { wordsOfNotRun } from "../harness/not-run.ts";
import { wordsOfNoticed } from "../harness/noticed-limits.ts";
import type { Protocol } from "../harness/protocol.ts";
import type { Stop } from "../harness/run-options.ts";
import type { RunResult } from "../harness/runner.ts";
import type { Target } from "../harness/target.ts";
import { medians } from "./latency.ts";
import { aboutProtocol } from "./names.ts";
import type { Report, ReportCase, ReportConditions, ReportShard, ReportStop, ReportTarget } from "./report.ts";
import { conclude } from "./verdict.ts";

/** The facts that a report says beside the results. */
interface ReportContext {
  readonly suite: Report["suite"];
  readonly protocol: Protocol;
  readonly target: Report["target"];
  readonly speaks?: string | undefined;
  readonly shard?: ReportShard | undefined;
  readonly concurrency?: number;
  readonly conditions?: ReportConditions;
  readonly given?: readonly string[];
}

/** Makes the report of a run: its results hold no secrets, and their texts are cut. */
export function makeReport(
  run: RunResult,
  { suite, protocol, target, speaks, shard, concurrency, conditions, given = [] }: ReportContext,
): Report {
  const { stop, limits, passes } = run;
  const draft = {
    suite,
    protocol: aboutProtocol(protocol),
    target,
    startedAt: run.startedAt.toISOString(),
    durationMs: run.durationMs,
    seed: run.seed,
    allCases: protocol.suites.reduce((sum, { cases }) => sum + cases.length, 0),
    ...(concurrency !== undefined && { concurrency }),
    ...(conditions && { conditions }),
    ...(given.length > 0 && { given }),
    ...(stop && { stop: reportStop(stop) }),
    ...(limits && { limit: wordsOfNoticed(limits), limits }),
    ...(speaks !== undefined && { speaks }),
    ...(shard && { shard }),
    ...(run.stalls.length > 0 && { stalls: run.stalls }),
    ...(run.unexplained.length > 0 && { unexplained: run.unexplained }),
    latencies: medians(protocol.latencies, passes),
  };
  return conclude(
    draft,
    run.results.map((it) => reportCase(it, protocol)),
    protocol.requirements,
  );
}

/** Returns the part of a report that says who clients came as, where a server knows users. */
export function reportUsers(
  { others = [], keys = {} }: Pick<Target, "others" | "keys">,
  { exclusive }: RunResult,
): Pick<ReportTarget, "users"> {
  const count = exclusive ?? 1 + others.length;
  const given = SECRETS_GIVEN.filter((key) => keys[key] !== undefined);
  if (count === 1 && exclusive === undefined && given.length === 0) return {};
  return {
    users: { count, ...(exclusive !== undefined && { exclusive: true }), ...(given.length > 0 && { keys: given }) },
  };
}

const SECRETS_GIVEN = ["client", "unscoped", "refresh"] as const;

/** The early end of a run, as it stands in a report. */
export const reportStop = (stop: Stop): ReportStop => ({ ...stop, words: wordsOfNotRun(stop.why) });

/** The result of a case, as it stands in a report. */
export function reportCase(
  { case: it, verdict, ...result }: CaseResult,
  { foundations }: Pick<Protocol, "foundations">,
): ReportCase {
  const { id, title, suite, digest, generates } = it;
  return {
    id,
    title,
    suite,
    verdict,
    ...(result.unstable && { unstable: true }),
    ...(result.unconfirmed && { unconfirmed: true }),
    ...(generates && { generates }),
    ...(isPlainForm(id, foundations) && { plain: true }),
    ...(result.unrun && { unrun: true }),
    durationMs: result.durationMs,
    digest,
    checks: result.checks,
    connections: result.connections.map(({ acts: _, anonymous: __, unsent: ___, ...connection }) => connection),
  };
}

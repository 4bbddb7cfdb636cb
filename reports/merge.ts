import { groupBy } from "../harness/group.ts";
import { notRun } from "../harness/not-run.ts";
import { casesIn, catalogueOf, type Protocol } from "../harness/protocol.ts";
import type { Stop } from "../harness/run-options.ts";
import { UsageError } from "../harness/usage.ts";
import { median } from "./latency.ts";
import { reportCase, reportStop } from "./make.ts";
import { targetOf } from "./names.ts";
import type { Report, ReportCase, ReportLatency, ReportShard } from "./report.ts";
import { deal } from "./shard.ts";
import { conclude, type Draft } from "./verdict.ts";

/** A stored shard of a run and where it stands. */
export interface Shard {
  readonly file: string;
  readonly report: Report;
}

type Part = Shard & { readonly shard: ReportShard };

/**
 * One report out of the shards of a run: the same as that of one run, but for its times. The cases of shards that are missing
 * are skipped, and the verdict is `incomplete`. Throws a `UsageError` where they are not shards of one run.
 */
export function merge(shards: readonly Shard[], protocol: Protocol): Report {
  const parts = shards.map(part);
  const [first] = parts;
  if (!first) throw new UsageError("Name the reports of the shards to merge.");
  for (const [i, a] of parts.entries()) for (const b of parts.slice(i + 1)) agree(a, b);
  for (const it of parts) holdsItsOwn(it);
  const reports = parts.map(({ report }) => report);
  const missing = whyIncomplete(parts, first.shard);
  const cases = new Map(reports.flatMap((report) => report.cases.map((it) => [it.id, it])));
  return conclude(
    draftOf(first.report, reports, missing),
    first.shard.cases.map((id) => cases.get(id) ?? notSeen(id, missing?.why, protocol)),
    protocol.requirements,
  );
}

/** One report out of parts of a run that followed one another, with the cases in the given order. */
export function joined(parts: readonly [Report, ...Report[]], order: readonly string[], protocol: Protocol): Report {
  const durationMs = parts.reduce((sum, it) => sum + it.durationMs, 0);
  const cases = new Map(parts.flatMap((report) => report.cases.map((it) => [it.id, it])));
  return conclude(
    { ...draftOf(parts[0], parts, undefined), durationMs },
    order.flatMap((id) => cases.get(id) ?? []),
    protocol.requirements,
  );
}

/** Says that shards are missing; nothing where all are there. */
function whyIncomplete(parts: readonly Part[], { of }: ReportShard): Stop | undefined {
  const present = new Set(parts.map(({ shard }) => shard.index));
  const missing = Array.from({ length: of }, (_, i) => i + 1).filter((i) => !present.has(i));
  if (missing.length === 0) return undefined;
  const [shards, are] = missing.length > 1 ? ["shards", "are"] : ["shard", "is"];
  return { reason: "missing", why: `${shards} ${missing.join(", ")} of ${of} ${are} missing` };
}

/** All of a merged report that does not follow from its cases; `missing` says why it is not whole. */
function draftOf(first: Report, reports: readonly Report[], missing: Stop | undefined): Draft {
  const { suite, protocol, target, concurrency, allCases, conditions, given } = first;
  const stops = reports.flatMap(({ stop }) => stop ?? []);
  const stop = stops.find(({ reason }) => reason === "lost") ?? stops[0] ?? (missing && reportStop(missing));
  const stalls = reports.flatMap((it) => it.stalls ?? []);
  const unexplained = reports.flatMap((it) => it.unexplained ?? []);
  const { limit, limits } = reports.find((it) => it.limit !== undefined) ?? {};
  const { speaks } = reports.find((it) => it.speaks !== undefined) ?? {};
  const { expectedFailures } = reports.find((it) => it.expectedFailures) ?? {};
  return {
    suite,
    protocol,
    target,
    startedAt: reports.map(({ startedAt }) => startedAt).toSorted()[0] ?? "",
    durationMs: Math.max(...reports.map(({ durationMs }) => durationMs)),
    seed: Math.max(...reports.map(({ seed }) => seed)),
    ...(allCases !== undefined && { allCases }),
    ...(concurrency !== undefined && { concurrency }),
    ...(conditions && { conditions }),
    ...(given && { given }),
    ...(limit !== undefined && { limit }),
    ...(limits && { limits }),
    ...(speaks !== undefined && { speaks }),
    ...(stalls.length > 0 && { stalls }),
    ...(unexplained.length > 0 && { unexplained }),
    latencies: latencies(reports),
    ...(expectedFailures && { expectedFailures }),
    ...(stop && { stop }),
  };
}

function part({ file, report }: Shard): Part {
  const { shard } = report;
  if (!shard) throw new UsageError(`${file} is not a shard of a run. Make some with run --shard 1/2 and --shard 2/2.`);
  return { file, report, shard };
}

/** The properties that all shards of a run share, by their names in words. */
const COMMON: Readonly<Record<string, (part: Part) => unknown>> = {
  "peer that was tested": ({ report }) => report.protocol.actor,
  target: ({ report }) => targetOf(report),
  "protocol version": ({ report }) => report.protocol.version,
  schemas: ({ report: { protocol } }) => JSON.stringify([protocol.schemas, protocol.schemasVersion]),
  "version of the suite": ({ report }) => report.suite.version,
  "choice of --strict": ({ report }) => report.target.strict,
  "choice of --fail-on-unstable": ({ report }) => report.target.failOnUnstable,
  "value of --concurrency": ({ report }) => report.concurrency,
  "options of the run": ({ report }) => JSON.stringify(report.conditions),
  "number of shards": ({ shard }) => shard.of,
  "selection of cases": ({ shard }) => shard.cases.join(),
};

/** Throws a `UsageError` where two reports are no different shards of one run. */
function agree(a: Part, b: Part): void {
  const refuse = (why: string) => {
    throw new UsageError(`${a.file} and ${b.file} are not shards of one run: ${why}. Leave one out.`);
  };
  for (const [what, of] of Object.entries(COMMON)) if (of(a) !== of(b)) refuse(`they differ in the ${what}`);
  if (a.shard.index === b.shard.index) refuse(`both are shard ${a.shard.index} of ${a.shard.of}`);
  if (a.report.seed !== b.report.seed && a.report.seed * b.report.seed > 0) refuse("they differ in the seed");
}

/** Throws a `UsageError` where a report does not hold the cases of its shard, and no others. */
function holdsItsOwn({ file, report, shard }: Part): void {
  const { index, of } = shard;
  if (deal(shard.cases, shard).join() === report.cases.map(({ id }) => id).join()) return;
  throw new UsageError(`${file} was changed: it does not hold the cases of shard ${index} of ${of}. Make it anew.`);
}

/** A case of a shard that is missing. Throws a `UsageError` where this version of the suite does not know it. */
function notSeen(id: string, why: string | undefined, protocol: Protocol): ReportCase {
  const it = casesIn(protocol).find((one) => one.id === id);
  if (!it)
    throw new UsageError(`There is no case "${id}". Merge the shards with the version of the suite that made them.`);
  return reportCase(notRun(it, why, { requirements: catalogueOf(protocol) }), protocol);
}

/** The latencies of all shards: of each repetition the median of their medians. */
function latencies(reports: readonly Report[]): readonly ReportLatency[] {
  const all = groupBy(
    reports.flatMap((report) => report.latencies ?? []),
    ({ name }) => name,
  );
  return Array.from(all, ([name, some]) => ({
    name,
    mediansMs: Array.from({ length: Math.max(...some.map(({ mediansMs }) => mediansMs.length)) }, (_, i) =>
      median(some.flatMap(({ mediansMs }) => mediansMs[i] ?? [])),
    ),
  }));
}

import { isBroken, withChecks } from "../harness/catalogue.ts";
import type { Report, ReportCase, ReportProtocol } from "./report.ts";
import { conclude } from "./verdict.ts";

/** A report as some version of the suite wrote it. */
export interface StoredReport extends Omit<Report, "protocol" | "stop" | "cases"> {
  /** Version 0.5.0 tested one protocol, and did not name it. */
  readonly protocol: Omit<ReportProtocol, "name"> & Partial<Pick<ReportProtocol, "name">>;
  /** Version 0.5.0 gave the reason only as each case that did not run has it. */
  readonly stop?: Omit<Stopped, "why"> & Partial<Pick<Stopped, "why">>;
  readonly cases: readonly StoredCase[];
}

type Stopped = NonNullable<Report["stop"]>;

interface StoredCase extends ReportCase {
  /** The breach of the server while the case ran among others, though not alone. Versions before 0.5.0 could not say whose it was. */
  readonly doubt?: string;
}

/** Brings a report up to date. One that is comes back as it is. */
export function upToDate(stored: StoredReport): Report {
  const { stop, ...rest } = stored;
  const { protocol, cases } = rest;
  const isDoubtful = cases.some(({ doubt }) => doubt !== undefined);
  if (isNamed(protocol) && isReasoned(stop) && !isDoubtful) return stored as Report;
  const report: Report = {
    ...rest,
    protocol: { name: "Tachyon", ...protocol },
    ...(stop && { stop: { ...stop, why: stop.why ?? stop.words.replace(/^not run: /, "") } }),
    cases: cases.map(withoutDoubt),
  };
  return isDoubtful ? conclude(report, report.cases, report.requirements) : report;
}

const isNamed = ({ name }: StoredReport["protocol"]) => name !== undefined;
const isReasoned = (stop: StoredReport["stop"]) => stop === undefined || stop.why !== undefined;

/** Returns a case that says of what was in doubt that nobody can tell. */
function withoutDoubt({ doubt, ...it }: StoredCase): ReportCase {
  if (doubt === undefined) return it;
  const actual = `in doubt, since no case does this alone: ${doubt}`;
  return withChecks(
    it,
    it.checks.map((check) => (isBroken(check) ? check : { ...check, verdict: "error", actual })),
  );
}

import { isBroken, withChecks } from "../harness/catalogue.ts";
import type { Report, ReportCase, ReportCheck, ReportProtocol } from "./report.ts";
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
  if (isNamed(protocol) && isReasoned(stop) && !isDoubtful && !cases.some(isUntyped)) return stored as Report;
  const why = stop && (stop.why ?? stop.words.replace(/^not run: /, ""));
  const report: Report = {
    ...rest,
    protocol: { name: "Tachyon", ...protocol },
    ...(stop && why !== undefined && { stop: { ...stop, why } }),
    cases: cases.map((it) => withReasons(withoutDoubt(it), why)),
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

/** The words before a reason for which something was not judged. */
const REASON = /^not (?:run|judged): /;

/** Tells if a check says only in words why it was not judged. */
const saysWhy = ({ why, see, actual }: ReportCheck) => why === undefined && see === undefined && REASON.test(actual);

const isUntyped = ({ checks }: StoredCase) => checks.some(saysWhy);

/** Returns a case that holds apart why it was not judged. Version 0.5.0 said that in words alone. `stop` is why the run stopped. */
function withReasons(it: ReportCase, stop: string | undefined): ReportCase {
  if (!isUntyped(it)) return it;
  const checks = it.checks.map((check) => {
    if (!saysWhy(check)) return check;
    const isStop = stop !== undefined && check.actual.includes(stop);
    return { ...check, why: isStop ? stop : check.actual.replace(REASON, "") };
  });
  return { ...it, ...(it.checks.every(({ actual }) => actual.startsWith("not run")) && { unrun: true }), checks };
}

import { isDeepStrictEqual } from "node:util";
import { isPlainForm } from "../harness/foundation.ts";
import { wordsOfNoticed } from "../harness/noticed-limits.ts";
import type { Protocol } from "../harness/protocol.ts";
import { aboutProtocol, titleOf } from "../reports/names.ts";
import type { Report, ReportCertificate } from "../reports/report.ts";

/** The fields of the report of a whole run without expected failures. */
const FIELDS: ReadonlySet<string> = new Set<keyof Report>([
  ...(["suite", "protocol", "target", "startedAt", "durationMs", "seed", "concurrency", "conditions"] as const),
  "certificate",
  ...(["allCases", "limit", "limits", "stalls", "latencies", "verdict", "counts", "requirements", "cases"] as const),
]);

const VERSION = /^\d+\.\d+\.\d+(-[\w.-]{1,40})?$/;

/** Finds claims, beside those on cases, that no report of a certified run makes: anybody may have written them. */
export function oddClaims(report: Report, protocol: Protocol, suite: Report["suite"]): string[] {
  const { target, stalls = [], latencies = [], durationMs } = report;
  const { name, version } = report.suite;
  const exclusive = target.users?.exclusive ?? false;
  const known = new Set(protocol.latencies.map((it) => it.name));
  const claims: Readonly<Record<string, boolean>> = {
    [`it was made by ${JSON.stringify(name)}, and not by ${suite.name}`]: name !== suite.name,
    [`${JSON.stringify(version)} is no version of the suite`]: !VERSION.test(version),
    [`it is about ${titleOf(report.protocol)}`]: !isDeepStrictEqual(report.protocol, aboutProtocol(protocol)),
    "it is about the embedded reference server": target.embedded,
    "its users have one connection each, and this version knows no users": !protocol.login && exclusive,
    "its limit is not as the suite says it": !namesItsLimits(report),
    "the target stood still for longer than the run took": stalls.some(({ at, ms }) => at + ms > durationMs + 1),
    "the suite measures no such latencies": latencies.some(
      (it) => !known.has(it.name) || it.mediansMs.some((ms) => ms > durationMs),
    ),
    "it counts fewer cases than it holds": (report.allCases ?? report.cases.length) < report.cases.length,
  };
  return [
    ...Object.keys(report).flatMap((key) =>
      FIELDS.has(key) ? [] : [`${key} has no place in the report of a whole run`],
    ),
    ...Object.entries(claims).flatMap(([words, isWrong]) => (isWrong ? [words] : [])),
  ];
}

/**
 * Tells if the sentence about the limits of a target follows from the limits, and these from its users. A report that says conditions, as a
 * certified one has to, says limits as data, too.
 */
function namesItsLimits({ limit, limits, target: { users } }: Report): boolean {
  const isKnown = (!limits?.oneEach || users?.exclusive) && (!limits?.messages || users);
  return Boolean(isKnown) && limit === (limits && wordsOfNoticed(limits));
}

/** Tells if a report says what its certificate does. One of an older version of the suite says nothing of it. */
export const saysAlike = ({ certificate }: Report, said: ReportCertificate, isOlder: boolean): boolean =>
  certificate === undefined ? isOlder : isDeepStrictEqual(certificate, said);

/** Tells if each case that a report calls plain is plain. Another version of the suite may call other cases so. */
export const callsPlain = ({ cases }: Report, { foundations }: Pick<Protocol, "foundations">): boolean =>
  cases.every(({ id, plain }) => !plain || isPlainForm(id, foundations));

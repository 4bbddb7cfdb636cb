import { titleOf } from "./names.ts";
import type { Report } from "./report.ts";
import { isWhole, scopeOf } from "./scope.ts";
import { failsForUnstable } from "./verdict.ts";

/** The colours of a badge, as shields.io names them. */
const COLORS = { pass: "brightgreen", fail: "red", incomplete: "yellow" } as const;

/**
 * A badge, as an endpoint that shields.io reads. A run with expected failures is not called conformant. It is green only if every MUST was
 * judged.
 */
export function badge(report: Report): string {
  const parts = {
    schemaVersion: 1,
    label: titleOf(report.protocol),
    message: messageOf(report),
    color: colorOf(report),
  };
  return `${JSON.stringify(parts)}\n`;
}

const isUnstable = (report: Report) => report.verdict === "pass" && failsForUnstable(report);

function messageOf(report: Report): string {
  const { verdict, requirements } = report;
  const broken = requirements.filter((it) => it.verdict === "fail").length;
  if (verdict === "incomplete") return "incomplete";
  if (broken > 0) return `${broken} broken${verdict === "pass" ? ", as expected" : ""}`;
  if (isUnstable(report)) return "unstable";
  if (verdict === "fail") return "not conformant";
  return isWhole(report) ? "conformant" : `partial: ${scopeOf(report)}`;
}

function colorOf(report: Report): string {
  const { verdict, counts } = report;
  if (isUnstable(report)) return COLORS.fail;
  const isPartial = verdict === "pass" && (counts.fail > 0 || !isWhole(report));
  return isPartial ? COLORS.incomplete : COLORS[verdict];
}

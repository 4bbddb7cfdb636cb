import { titleOf } from "./names.ts";
import type { Report } from "./report.ts";
import { isWhole, scopeOf } from "./scope.ts";
import { failsForUnstable } from "./verdict.ts";

/** The colours of a badge, as shields.io names them. */
const COLORS = { pass: "brightgreen", fail: "red", incomplete: "yellow" } as const;

/**
 * A badge, as an endpoint that shields.io reads. A run that passes only for the failures that were expected is not called
 * conformant, and green only where every MUST was judged.
 */
export function badge(report: Report): string {
  const { verdict, protocol, counts, requirements } = report;
  const whole = isWhole(report);
  const isUnstable = verdict === "pass" && failsForUnstable(report);
  const broken = requirements.filter((it) => it.verdict === "fail").length;
  const failures = `${broken} broken${verdict === "pass" ? ", as expected" : ""}`;
  const message =
    verdict === "incomplete"
      ? "incomplete"
      : broken > 0
        ? failures
        : isUnstable
          ? "unstable"
          : verdict === "pass"
            ? whole
              ? "conformant"
              : `partial: ${scopeOf(report)}`
            : "not conformant";
  return `${JSON.stringify({
    schemaVersion: 1,
    label: titleOf(protocol),
    message,
    color: isUnstable ? COLORS.fail : verdict === "pass" && (counts.fail > 0 || !whole) ? "yellow" : COLORS[verdict],
  })}\n`;
}

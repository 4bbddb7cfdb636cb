import type { Report } from "./report.ts";

/** The colours of a badge, as shields.io names them. */
const COLORS = { pass: "brightgreen", fail: "red", incomplete: "yellow" } as const;

/** A badge, as an endpoint that shields.io reads. What passes only for the failures that were expected is not called conformant. */
export function badge({ verdict, protocol, counts, requirements }: Report): string {
  const broken = requirements.filter((it) => it.verdict === "fail").length;
  const failures = `${broken} broken${verdict === "pass" ? ", as expected" : ""}`;
  const message =
    verdict === "incomplete"
      ? "incomplete"
      : broken > 0
        ? failures
        : verdict === "pass"
          ? "conformant"
          : "not conformant";
  return `${JSON.stringify({
    schemaVersion: 1,
    label: `Tachyon ${protocol.version}`,
    message,
    color: verdict === "pass" && counts.fail > 0 ? "yellow" : COLORS[verdict],
  })}\n`;
}

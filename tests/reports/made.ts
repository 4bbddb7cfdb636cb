import type { CaseResult } from "../../harness/execute.ts";
import type { RunResult } from "../../harness/runner.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { cases } from "../helpers.ts";

/** A text that does harm where it stands raw. */
export const NASTY = '\u001b[31m]]><script>alert(1)</script>&"\u0000\u202e\ud800\ufffe';
/** The facts that a report says beside results. */
export const context = () => ({
  suite: { name: "tachyon-conformance", version: "1.2.3" },
  protocol,
  target: { url: "ws://example.org/", embedded: false, strict: false },
});

/** A check of one requirement. */
export const check = (verdict: CaseResult["verdict"], actual = "it") =>
  ({ requirement: "disconnect.answered", level: "MUST", verdict, expected: "that", actual }) as const;
/** The result of a case, a different one for some verdicts. */
export const result = (verdict: CaseResult["verdict"], more: Partial<CaseResult> = {}): CaseResult => ({
  case: cases.find(
    ({ id }) => id === `disconnect/${verdict === "fail" ? "alone" : verdict === "error" ? "at-once" : "reconnect"}`,
  ) as CaseResult["case"],
  verdict,
  checks: [check(verdict)],
  connections: [],
  beganAt: 0,
  durationMs: 1,
  ...more,
});
/** A run that had these results. */
export const run = (...results: CaseResult[]): RunResult => ({
  startedAt: new Date(0),
  durationMs: 5,
  results,
  passes: [results],
  stop: undefined,
  stalls: [],
  unexplained: [],
  seed: 0,
});

import type { Verdict } from "../../harness/catalogue.ts";
import type { Report, ReportCheck } from "../../reports/report.ts";
import { sample, withCase } from "./samples.ts";

export const FAILING = "version/parity-patch-with-zero";

/** On a busy machine an answer may take long, and what nobody answers is observed. */
export const PATIENT = { timeout: 10_000, idle: 100 };

export const good = await sample(undefined, PATIENT);

/** Returns the good report, in which one case found something else of `parity.patch`. */
export const found = (verdict: Verdict, more: Partial<ReportCheck> = {}): Report =>
  withCase(good, FAILING, ({ checks }) => ({
    checks: checks.map((it) => (it.requirement === "parity.patch" ? { ...it, verdict, actual: verdict, ...more } : it)),
  }));

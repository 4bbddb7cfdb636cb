import type { WireEvent } from "../../harness/transcript.ts";
import type * as Api from "../../library/index.d.cts";
import * as library from "../../library/index.ts";
import type { StoredReport } from "../../reports/older.ts";
import type { Report } from "../../reports/report.ts";

// The compiler checks here that what is declared to users is what they get. Nothing of it runs.

type Mutable<T> = { -readonly [Key in keyof T]: Mutable<T[Key]> };
type WithoutEvents<T> = T extends readonly (infer Item)[]
  ? WithoutEvents<Item>[]
  : T extends object
    ? { [Key in keyof T as Key extends "events" ? never : Key]: WithoutEvents<T[Key]> }
    : T;
type KeysOfAny<T> = T extends unknown ? keyof T : never;

/** The code has the declared type, and the declared type promises no more than any version wrote. */
export const written = (report: Mutable<Report>): Api.Report => report;
export const promised = (report: WithoutEvents<Api.Report>): WithoutEvents<Mutable<StoredReport>> => report;
export const named = (key: keyof Api.ReportEvent): KeysOfAny<WireEvent> => key;

/** The code takes all that is declared, and gives it. */
export const alike: Pick<typeof Api, "cases" | "serve"> = library;
type Takes<Name extends "run" | "conformance" | "check"> = (
  ...given: Parameters<(typeof Api)[Name]>
) => Promise<Report>;
export const takes: { readonly [Name in "run" | "conformance" | "check"]: Takes<Name> } = library;

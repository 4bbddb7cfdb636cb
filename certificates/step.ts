import type { KeyObject } from "node:crypto";
import type { Protocol } from "../harness/protocol.ts";
import type { RequirementSet } from "../harness/set.ts";
import type { Report } from "../reports/report.ts";
import type { Envelope } from "./envelope.ts";
import type { Files } from "./files.ts";
import type { Statement } from "./statement.ts";

/** The findings of a step. */
export interface Findings {
  readonly problems: readonly string[];
  readonly notes?: readonly string[];
  /** The parts of the bundle that could not be checked, and so prove nothing. */
  readonly unchecked?: readonly string[];
  /** The work that was done, if it has to be said. */
  readonly done?: string;
}

/** The options of a verification. */
export interface VerifyOptions {
  readonly protocol: Protocol;
  readonly suite: Report["suite"];
  /** The public key of the signature that is asked for. */
  readonly key?: KeyObject | undefined;
}

/** All that a bundle holds. */
export interface BundleContent extends VerifyOptions {
  readonly files: Files;
  readonly envelope: Envelope;
  readonly statement: Statement;
  readonly report: Report;
  readonly set: RequirementSet;
}

/** A step that needs all of a bundle. */
export type Look = (content: BundleContent) => Findings | Promise<Findings>;

/** The findings of a step that may find one problem. */
export const found = (problem: string | false): Findings => ({ problems: problem === false ? [] : [problem] });

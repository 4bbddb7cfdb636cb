import type { KeyObject } from "node:crypto";
import type { Protocol } from "../harness/protocol.ts";
import type { RequirementSet } from "../harness/set.ts";
import type { Report } from "../reports/report.ts";
import { type Read, readEnvelope, readReportOf, readSet, readStatement } from "./content.ts";
import type { Envelope } from "./envelope.ts";
import { BundleError, type Files, openBundle } from "./open.ts";
import type { Conformance, Statement } from "./statement.ts";
import { STEPS, sums } from "./steps.ts";

/** One thing that was looked at: whether it is as it should be, and what there is to say of it. */
export interface Step extends Findings {
  readonly name: string;
  /** What is certified, once that could be read. */
  readonly certifies?: Conformance;
}

/** What a step finds. */
export interface Findings {
  readonly problems: readonly string[];
  readonly notes?: readonly string[];
  /** What was done, where that does not go without saying. */
  readonly done?: string;
}

/** What a bundle is verified with. */
export interface Means {
  readonly protocol: Protocol;
  readonly suite: Report["suite"];
  /** Whose signature is asked for. */
  readonly key?: KeyObject | undefined;
}

/** All that a bundle holds. */
export interface Content extends Means {
  readonly files: Files;
  readonly envelope: Envelope;
  readonly statement: Statement;
  readonly report: Report;
  readonly set: RequirementSet;
}

/** A step that needs all of a bundle. */
export type Look = (content: Content) => Findings | Promise<Findings>;

/**
 * Verifies a bundle, one step after another, the cheap ones first. Nothing in it is trusted; where a file cannot be read, the
 * steps that need it are left out. Throws a `UsageError` where there is none.
 */
export async function* verify(path: string, means: Means): AsyncGenerator<Step> {
  const opened = await attempt(() => openBundle(path));
  yield { name: "structure", problems: problemsOf(opened) };
  if (!opened.is) return;
  yield* verifyFiles(opened.is, means);
}

/** Verifies the files of a bundle. */
export async function* verifyFiles(files: Files, means: Means): AsyncGenerator<Step> {
  yield { name: "SHA256SUMS", ...sums(files) };
  const envelope = readEnvelope(files);
  yield { name: "envelope", problems: problemsOf(envelope) };
  const report = readReportOf(files);
  yield { name: "report", problems: problemsOf(report) };
  if (!envelope.is) return;
  const statement = readStatement(envelope.is);
  const certifies = statement.is?.predicate.conformance;
  yield { name: "statement", problems: problemsOf(statement), ...(certifies && { certifies }) };
  if (!statement.is) return;
  const set = readSet(statement.is.predicate.conformance.set, means.protocol);
  yield { name: "set", problems: problemsOf(set) };
  if (!report.is || !set.is) return;
  const content = { ...means, files, envelope: envelope.is, statement: statement.is, report: report.is, set: set.is };
  for (const [name, look] of Object.entries(STEPS)) {
    const found = await attempt(async () => await look(content));
    yield { name, ...(found.is ?? { problems: [found.problem] }) };
  }
}

const problemsOf = ({ problem }: Read<unknown>): string[] => (problem === undefined ? [] : [problem]);

async function attempt<T>(look: () => Promise<T>): Promise<Read<T>> {
  try {
    return { is: await look() };
  } catch (error) {
    if (error instanceof BundleError) return { problem: error.message };
    throw error;
  }
}

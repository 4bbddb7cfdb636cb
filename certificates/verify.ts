import { type Read, readEnvelope, readReportOf, readSet, readStatement } from "./content.ts";
import type { Files } from "./files.ts";
import { BundleError, openBundle } from "./open.ts";
import type { Conformance } from "./statement.ts";
import { type Findings, STEPS, sums, type VerifyOptions } from "./steps.ts";

/** A step of verifying, and its findings. */
export interface Step extends Findings {
  readonly name: string;
  /** The claim of the certificate, once it could be read. */
  readonly certifies?: Conformance;
}

/**
 * Verifies a bundle, one step after another, the cheap ones first. Nothing in it is trusted; where a file cannot be read, the
 * steps that need it are left out. Throws a `UsageError` where there is none.
 */
export async function* verifyBundle(path: string, means: VerifyOptions): AsyncGenerator<Step> {
  const opened = await attempt(() => openBundle(path));
  yield { name: "structure", problems: problemIn(opened), notes: opened.is?.odd ?? [] };
  if (!opened.is) return;
  yield* verifyFiles(opened.is.files, means);
}

/** Verifies the files of a bundle. */
export async function* verifyFiles(files: Files, means: VerifyOptions): AsyncGenerator<Step> {
  yield { name: "SHA256SUMS", ...sums(files) };
  const envelope = readEnvelope(files);
  yield { name: "envelope", problems: problemIn(envelope) };
  const report = readReportOf(files);
  yield { name: "report", problems: problemIn(report) };
  if (!envelope.is) return;
  const statement = readStatement(envelope.is);
  const certifies = statement.is?.predicate.conformance;
  yield { name: "statement", problems: problemIn(statement), ...(certifies && { certifies }) };
  if (!statement.is) return;
  const set = readSet(statement.is.predicate.conformance.set, means.protocol);
  yield { name: "set", problems: problemIn(set) };
  if (!report.is || !set.is) return;
  const content = { ...means, files, envelope: envelope.is, statement: statement.is, report: report.is, set: set.is };
  for (const [name, look] of Object.entries(STEPS)) {
    const found = await attempt(async () => await look(content));
    yield { name, ...(found.is ?? { problems: [found.problem] }) };
  }
}

const problemIn = ({ problem }: Read<unknown>): string[] => (problem === undefined ? [] : [problem]);

async function attempt<T>(look: () => Promise<T>): Promise<Read<T>> {
  try {
    return { is: await look() };
  } catch (error) {
    if (error instanceof BundleError) return { problem: error.message };
    throw error;
  }
}

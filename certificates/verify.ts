import type { Protocol } from "../harness/protocol.ts";
import { UsageError } from "../harness/usage.ts";
import type { Report, ReportProtocol } from "../reports/report.ts";
import { type Read, readEnvelope, readReportOf, readSet, readStatement } from "./content.ts";
import type { Files } from "./files.ts";
import { BundleError, openBundle } from "./open.ts";
import { sums } from "./origin.ts";
import type { Conformance } from "./statement.ts";
import type { Findings, VerifyOptions } from "./step.ts";
import { STEPS } from "./steps.ts";

/** A step of verifying, and its findings. */
export interface Step extends Findings {
  readonly name: string;
  /** The claim of the certificate, once it could be read. */
  readonly certifies?: Conformance;
}

/** The means of a verification, before it is known which protocol version the bundle is about. */
interface Verifying extends Omit<VerifyOptions, "protocol"> {
  /** Loads the protocol version of a report, with the schemas that the user gives. Throws a `UsageError` where it knows none. */
  readonly load: (of: ReportProtocol) => Promise<Protocol>;
}

/**
 * Verifies a bundle, one step after another, the cheap ones first. Nothing in it is trusted; where a file cannot be read, the
 * steps that need it are left out. Throws a `UsageError` where there is none.
 */
export async function* verifyBundle(path: string, means: Verifying): AsyncGenerator<Step> {
  const opened = await attempt(() => openBundle(path));
  yield { name: "structure", problems: problemIn(opened), notes: opened.is?.odd ?? [] };
  if (!opened.is) return;
  yield* verifyFiles(opened.is.files, means);
}

/** Verifies the files of a bundle. */
export async function* verifyFiles(files: Files, { load, ...means }: Verifying): AsyncGenerator<Step> {
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
  if (!report.is) return;
  const known = await loadFor(report.is, load);
  if (!known.is) return yield { name: "protocol", problems: problemIn(known) };
  const set = readSet(statement.is.predicate.conformance.set, known.is);
  yield { name: "set", problems: problemIn(set) };
  if (!set.is) return;
  const content = {
    ...means,
    protocol: known.is,
    files,
    envelope: envelope.is,
    statement: statement.is,
    report: report.is,
    set: set.is,
  };
  for (const [name, look] of Object.entries(STEPS)) {
    const found = await attempt(async () => await look(content));
    yield { name, ...(found.is ?? { problems: [found.problem] }) };
  }
}

/** Loads the protocol version of a report, by the very schemas that judged it. */
async function loadFor({ protocol: said }: Report, load: Verifying["load"]): Promise<Read<Protocol>> {
  try {
    const protocol = await load(said);
    if (protocol.folder?.digest === said.schemas) return { is: protocol };
    const problem =
      said.schemas === undefined
        ? "it was judged by the schemas of the suite: leave out --schemas"
        : `it was judged by the schemas of a folder: give that with --schemas. Its digest is ${said.schemas}`;
    return { problem };
  } catch (error) {
    if (error instanceof UsageError) return { problem: error.message };
    throw error;
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

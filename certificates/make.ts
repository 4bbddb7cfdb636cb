import type { KeyObject } from "node:crypto";
import { join } from "node:path";
import { pipeline, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { createGzip } from "node:zlib";
import type { Protocol } from "../harness/protocol.ts";
import { FORMATS } from "../reports/formats.ts";
import type { Report } from "../reports/report.ts";
import { writeBundle } from "./bundle.ts";
import { digestsOf } from "./digests.ts";
import { envelopeText, seal } from "./envelope.ts";
import { digestsOfFiles, FILE_NAMES, FILES, type Files, sumsOf } from "./files.ts";
import { BundleError, checkSizes } from "./open.ts";
import { type Certified, statement } from "./statement.ts";
import { verifyFiles } from "./verify.ts";

/** The input of a bundle. */
export interface Making extends Pick<Certified, "implementation" | "set" | "level" | "conditions"> {
  readonly report: Report;
  /** The lines of the transcripts of all cases, in the order of the report. */
  readonly transcripts: AsyncIterable<Buffer> | Iterable<Buffer>;
  /** The private key to sign with. */
  readonly key?: KeyObject | undefined;
}

/**
 * Makes a bundle, verifies it as anybody will, and puts it in its place. Throws a `BundleError` where that finds something, and
 * a `UsageError` where it cannot be written.
 */
export async function makeBundle(folder: string, making: Making, protocol: Protocol): Promise<void> {
  const files = await filesOf(making, protocol);
  checkSizes(files);
  for await (const { name, problems } of verifyFiles(files, { load: async () => protocol, suite: making.report.suite }))
    if (problems[0] !== undefined) throw new BundleError(`${name}: ${problems[0]}`);
  await writeBundle(folder, files);
}

/** The files of a bundle. */
export async function filesOf(making: Making, protocol: Protocol): Promise<Files> {
  const { transcripts, key, set, implementation, level } = making;
  const report: Report = { ...making.report, certificate: { implementation, set: set.name, level } };
  const files = new Map<string, Buffer>();
  for (const format of ["json", "junit", "html"] as const)
    files.set(FORMATS[format].file, Buffer.from(await FORMATS[format].make(report, protocol)));
  files.set(FILES.transcripts, await zipped(transcripts));
  const certified = { ...making, digests: digestsOf(protocol, set), files: digestsOfFiles(files) };
  files.set(FILES.certificate, Buffer.from(envelopeText(seal(statement(report, certified), key))));
  files.set(FILES.sums, Buffer.from(sumsOf(files)));
  return files;
}

/** Compresses parts of a file. Throws what they throw. */
const zipped = (parts: Making["transcripts"]): Promise<Buffer> =>
  buffer(pipeline(Readable.from(parts), createGzip({ level: 9 }), () => {}));

/** The paths of a bundle that was written, as a user reads them. */
export const writtenIn = (folder: string): string[] => [
  ...FILE_NAMES.map((name) => join(folder, name)),
  `${folder}.tgz`,
];

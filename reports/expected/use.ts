import type { Protocol } from "../../harness/protocol.ts";
import { UsageError } from "../../harness/usage.ts";
import type { Report } from "../report.ts";
import { exists, prepare, write } from "../write.ts";
import { applyExpected } from "./apply.ts";
import { type ExpectedFailures, parseExpected, readExpected } from "./read.ts";
import { emptyExpected, updateExpected } from "./update.ts";

/** The user's choice about expected failures: the file, and if it shall be brought up to date. */
export interface Expecting {
  readonly expectedFailures?: string | undefined;
  readonly writeExpectedFailures: boolean;
}

/** Reads the file that the user named, if any; one that is still to be written is empty. Throws a `UsageError`. */
export async function readWanted(wanted: Expecting, protocol: Protocol): Promise<ExpectedFailures | undefined> {
  const { expectedFailures: file, writeExpectedFailures } = wanted;
  if (file === undefined) {
    if (!writeExpectedFailures) return undefined;
    throw new UsageError("--write-expected-failures needs the file to write: --expected-failures file.yaml.");
  }
  if (!writeExpectedFailures) return await readExpected(file, protocol);
  await prepare(file);
  return await readOrEmpty(file, protocol);
}

/** A report with the expected failures applied. */
export interface Expected {
  readonly report: Report;
  /** The file, where it was brought up to date. */
  readonly written?: string;
  /** The reason why it was not. */
  readonly left?: string;
}

/** Brings the file up to date if the user wants that, then applies the expected failures. */
export async function expecting(
  report: Report,
  expected: ExpectedFailures | undefined,
  { writeExpectedFailures }: Expecting,
  protocol: Protocol,
): Promise<Expected> {
  if (!expected) return { report };
  const applied = applyExpected(report, expected, protocol);
  if (!writeExpectedFailures) return { report: applied };
  // A case that did not run shows neither a failure nor a pass.
  if (report.stop) return { report: applied, left: `${expected.file} stays as it is: the run ended early` };
  const { file } = expected;
  // It may have been edited while the run went on.
  const now = await readOrEmpty(file, protocol);
  const text = updateExpected(now, applyExpected(report, now, protocol), protocol);
  if (text === undefined) return { report: applyExpected(report, now, protocol) };
  await write(file, now.lineBreak === "\n" ? text : text.replaceAll("\n", now.lineBreak));
  return { report: applyExpected(report, parseExpected(text, file, protocol), protocol), written: file };
}

async function readOrEmpty(file: string, protocol: Protocol): Promise<ExpectedFailures> {
  return (await exists(file)) ? await readExpected(file, protocol) : emptyExpected(file);
}

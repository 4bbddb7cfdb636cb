import { createReadStream, type ReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { isDeepStrictEqual } from "node:util";
import { Ajv, type ValidateFunction } from "ajv";
import semver from "semver";
import { structureOf } from "../harness/bounds.ts";
import { type Verdict, worst } from "../harness/catalogue.ts";
import type { Protocol } from "../harness/protocol.ts";
import { errorInWords } from "../harness/schema.ts";
import { isObject, parse } from "../harness/transcript.ts";
import { cannotRead, STDIN, UsageError } from "../harness/usage.ts";
import about from "../package.json" with { type: "json" };
import { titleOf } from "./names.ts";
import { type StoredReport, upToDate } from "./older.ts";
import schema from "./report.schema.json" with { type: "json" };
import type { Report, ReportCase } from "./report.ts";
import { conclude } from "./verdict.ts";

/** The bytes that a report may have. The suite writes much smaller ones. */
export const REPORT_BYTES = 100 << 20;

/** The most of a report, in signs that make values: commas, colons and opening brackets. */
const MOST_VALUES = 6_000_000;

/**
 * Reads a stored report, or the `report.json` of a folder, and brings it up to date. Throws a `UsageError` where it is none, is cut off,
 * is too big, or was written by a version of the suite that this one cannot know.
 */
export async function readReport(path: string): Promise<Report> {
  const file = await reportFile(path);
  return reportFrom(await read(file), file);
}

/** The report that a text is. Throws a `UsageError` as `readReport` does. */
export function reportFrom(content: string, file: string): Report {
  const report = upToDate(parseReport(content, file));
  const wrong = contradictionIn(report);
  if (wrong !== undefined) throw new UsageError(`${file} was changed: ${wrong}. Make it anew.`);
  return report;
}

/** A report of the protocol that is known: the requirements of others have no words. Throws a `UsageError`. */
export function ofProtocol(known: Pick<Protocol, "name" | "version" | "actor">, report: Report, file: string): Report {
  const { name, version, actor } = report.protocol;
  if (name === known.name && version === known.version && actor === known.actor) return report;
  throw new UsageError(
    `${file} is of ${titleOf(report.protocol)}; this suite knows ${titleOf(known)}. Read it with the version that wrote it.`,
  );
}

/** Parses a whole file. Throws a `UsageError` where it holds so many values that they would fill the memory. */
export function parseFile(content: string, file: string): unknown {
  if (structureOf(content) > MOST_VALUES)
    throw new UsageError(`${file} holds more values than any file of its kind. Choose another, or a part of it.`);
  return parse(content);
}

/** The report that a text holds, as it was written; `file` is its name. Throws a `UsageError` as `readReport` does. */
export function parseReport(content: string, file: string): StoredReport {
  const value = parseFile(content, file);
  if (value === undefined) throw new NoReport(file, "it holds no JSON, or was cut off");
  const version = isObject(value) && isObject(value.suite) ? value.suite.version : undefined;
  const newer = isNewer(version);
  const validate = validator();
  if (validate(value) && newer !== "major") return value;
  if (newer)
    throw new UsageError(
      `${file} was written by ${about.name} ${version}; this is ${about.version}. Read it with that version.`,
    );
  const words = (validate.errors ?? []).slice(0, 1).map((error) => errorInWords(error, "the file"));
  throw new NoReport(file, words.join());
}

/** The mistake of naming a file that is something else, or that was cut off. */
export class NoReport extends UsageError {
  readonly why: string;

  constructor(file: string, why: string) {
    super(`${file} is not a report: ${why}. Name a report.json that ${about.name} wrote.`);
    this.why = why;
  }
}

let compiled: ValidateFunction<StoredReport> | undefined;

/** Validates a report by its schema, which is compiled when the first report is read: most runs read none. */
const validator = (): ValidateFunction<StoredReport> => {
  compiled ??= new Ajv({ strict: true }).compile<StoredReport>(schema);
  return compiled;
};

/** Finds a claim of a report that does not follow from its cases: somebody changed it. Returns nothing where all follow. */
export function contradictionIn(report: Report): string | undefined {
  const { verdict, counts, requirements, cases, ...draft } = report;
  if (new Set(cases.map(({ id }) => id)).size < cases.length) return "it holds a case twice";
  const marked = cases.some(({ checks }) => checks.some((check) => check.expectedFailure !== undefined));
  if (marked && !report.expectedFailures) return "failures are marked as expected, and no file says so";
  const wrong = cases.find((it) => it.verdict !== verdictOfCase(it));
  if (wrong) return `the verdict of ${wrong.id} is not that of its checks`;
  const again = conclude(draft, cases, requirements);
  if (again.verdict !== verdict || !isDeepStrictEqual(again.counts, counts))
    return "its verdict is not that of its cases";
  if (!isDeepStrictEqual(again.requirements, requirements))
    return "the verdicts of requirements are not those of its cases";
  return undefined;
}

/** The worst verdict of its checks. Those that were not recorded do not count. */
function verdictOfCase({ checks }: ReportCase): Verdict {
  const told = checks.filter(({ unrecorded }) => !unrecorded);
  return worst(
    told.map(({ verdict }) => verdict),
    told.length < checks.length ? "skip" : "pass",
  );
}

/** The file of a report that is named by itself, or by its folder. */
export async function reportFile(path: string): Promise<string> {
  return (await isFolder(path)) ? join(path, "report.json") : path;
}

/** Tells if a path is that of a folder. */
export async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

/** Opens a file to read it. The standard input may be a socket, which no path opens. */
export const inputFrom = (
  path: string,
  options: { readonly end?: number; readonly highWaterMark?: number },
): ReadStream => createReadStream(path, { ...options, ...(path === STDIN && { fd: 0 }) });

async function read(file: string): Promise<string> {
  try {
    // A pipe has no size to ask for, so the reading itself is bounded.
    const content = await text(inputFrom(file, { end: REPORT_BYTES }));
    if (Buffer.byteLength(content) <= REPORT_BYTES) return content;
  } catch (error) {
    throw cannotRead(file, error);
  }
  throw new NoReport(file, `it has more than ${REPORT_BYTES >> 20} MiB`);
}

/** Tells by how much a version is newer than this suite, if it is. */
function isNewer(version: unknown): "major" | "minor" | undefined {
  if (typeof version !== "string" || !semver.valid(version) || semver.lte(version, about.version)) return undefined;
  return semver.major(version) > semver.major(about.version) ? "major" : "minor";
}

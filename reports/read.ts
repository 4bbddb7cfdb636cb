import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { isDeepStrictEqual } from "node:util";
import { Ajv, type ErrorObject } from "ajv";
import semver from "semver";
import { worst } from "../harness/catalogue.ts";
import { isObject, parse } from "../harness/transcript.ts";
import { reason, UsageError } from "../harness/usage.ts";
import about from "../package.json" with { type: "json" };
import schema from "./report.schema.json" with { type: "json" };
import type { Report } from "./report.ts";
import { conclude } from "./verdict.ts";

/** Bytes (100 MiB) that a report may have: many times what the suite writes. */
const MOST = 100 << 20;

/**
 * Reads a stored report, or the `report.json` of a folder. Throws a `UsageError` where it is none, is cut off, is too big, or was
 * written by a version of the suite that this one cannot know.
 */
export async function readReport(path: string): Promise<Report> {
  const file = await reportFile(path);
  const value = parse(await read(file));
  if (value === undefined) throw new UsageError(`${file} is no report: it holds no JSON, or was cut off. ${HINT}`);
  const version = isObject(value) && isObject(value.suite) ? value.suite.version : undefined;
  const newer = isNewer(version);
  if (validate(value) && newer !== "major") return consistent(value, file);
  if (newer)
    throw new UsageError(
      `${file} was written by ${about.name} ${version}; this is ${about.version}. Read it with that version.`,
    );
  throw new UsageError(`${file} is no report: ${problem(validate.errors?.[0])}. ${HINT}`);
}

const HINT = `Name a report.json that ${about.name} wrote.`;

const validate = new Ajv({ strict: true }).compile<Report>(schema);

/** A report whose verdicts are those of its cases. Throws a `UsageError` where somebody changed what it says. */
function consistent(report: Report, file: string): Report {
  const { verdict, counts, requirements, cases, ...draft } = report;
  const refuse = (what: string) => {
    throw new UsageError(`${file} was changed: ${what}. Make it anew.`);
  };
  if (new Set(cases.map(({ id }) => id)).size < cases.length) refuse("it holds a case twice");
  const marked = cases.some(({ checks }) => checks.some((check) => check.expectedFailure !== undefined));
  if (marked && !report.expectedFailures) refuse("failures are marked as expected, and no file says so");
  const wrong = cases.find((it) => it.verdict !== worst(it.checks.map((check) => check.verdict)));
  if (wrong) refuse(`the verdict of ${wrong.id} is not that of its checks`);
  const again = conclude(draft, cases, requirements);
  if (again.verdict !== verdict || !isDeepStrictEqual(again.counts, counts))
    refuse("its verdict is not that of its cases");
  if (!isDeepStrictEqual(again.requirements, requirements))
    refuse("the verdicts of requirements are not those of its cases");
  return report;
}

/** The file of a report that is named by itself, or by its folder. */
export async function reportFile(path: string): Promise<string> {
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
  return isFolder ? join(path, "report.json") : path;
}

async function read(file: string): Promise<string> {
  try {
    // What is no plain file has no size to ask for, so the reading itself is bounded.
    const content = await text(createReadStream(file, { end: MOST }));
    if (Buffer.byteLength(content) <= MOST) return content;
  } catch (error) {
    throw new UsageError(`Cannot read ${file}: ${reason(error)}. Check the path.`);
  }
  throw new UsageError(`${file} is no report: it has more than ${MOST >> 20} MiB. ${HINT}`);
}

/** Whether a version is newer than this suite: by how much. */
function isNewer(version: unknown): "major" | "minor" | undefined {
  if (typeof version !== "string" || !semver.valid(version) || semver.lte(version, about.version)) return undefined;
  return semver.major(version) > semver.major(about.version) ? "major" : "minor";
}

function problem(error: ErrorObject | undefined): string {
  const where = error?.instancePath ? error.instancePath.slice(1).replaceAll("/", ".") : "the file";
  const what = error?.params.additionalProperty ?? error?.params.allowedValues?.join(", ");
  return `${where} ${error?.message
    ?.replace(/^must be /, "is no ")
    .replace(/^must have required property/, "lacks")
    .replace(
      /^must NOT have additional properties/,
      "holds what no report has",
    )}${what === undefined ? "" : ` (${what})`}`;
}

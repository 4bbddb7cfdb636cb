import { readFileSync } from "node:fs";
import { newSeed } from "../harness/property.ts";
import type { ServeOptions } from "../harness/protocol.ts";
import type { RunOptions } from "../harness/run-options.ts";
import { cannotRead, suggestion, UsageError } from "../harness/usage.ts";
import { type ExpectedFailures, parseExpected } from "../reports/expected/read.ts";
import { DEFAULTS, LAST_PORT, LONGEST_MS, LONGEST_S, LONGEST_TIMEOUT } from "../running/defaults.ts";
import { aim, type Reached, targetHeaders, type Way } from "../running/target.ts";
import { comingAs } from "../running/users.ts";
import { isVersionName, VERSION_NAMES } from "../suites/versions.ts";
import type * as Api from "./index.d.cts";
import { versionOf } from "./versions.ts";

type Options = Api.CasesOptions & Api.RunOptions & ServeOptions;

const isText = (it: unknown) => typeof it === "string" && it !== "";
const isTexts = (it: unknown) => isText(it) || (Array.isArray(it) && it.length > 0 && it.every(isText));
const isSwitch = (it: unknown) => typeof it === "boolean";
const isFunction = (it: unknown) => typeof it === "function";
const isRecord = (it: unknown) => typeof it === "object" && it !== null && Object.values(it).every(isText);
const isRecords = (it: unknown) => Array.isArray(it) && it.every(isRecord);
const isWhole =
  (least: number, most = LONGEST_MS) =>
  (it: unknown) =>
    Number.isInteger(it) && Number(it) >= least && Number(it) <= most;
const whole = (least: number, most: number) =>
  [isWhole(least, most), `a whole number from ${least} to ${most}`] as const;

const TEXTS = [isTexts, "a text, or a list of texts that is not empty"] as const;
const SWITCH = [isSwitch, "true or false"] as const;
const COUNT = [isWhole(1), "a whole number from 1"] as const;
const TEXT = [isText, "a text"] as const;
const RECORD = [isRecord, "an object of texts"] as const;
const FUNCTION = [isFunction, "a function"] as const;

/** The values that each option may have, as a test and in words. */
const KINDS_OF_VALUES: { readonly [name in keyof Options]-?: readonly [(it: unknown) => boolean, string] } = {
  protocol: [isVersionName, VERSION_NAMES.map((name) => `"${name}"`).join(" or ")],
  suite: TEXTS,
  case: TEXTS,
  requirement: TEXTS,
  all: SWITCH,
  timeout: whole(1, LONGEST_TIMEOUT),
  strict: SWITCH,
  expectedFailures: [isText, "the name of a YAML file"],
  headers: RECORD,
  credentials: RECORD,
  users: [isRecords, "a list of objects of texts"],
  ca: [isText, "a text in PEM format"],
  insecure: SWITCH,
  idle: whole(0, LONGEST_S),
  seed: COUNT,
  runs: COUNT,
  concurrency: COUNT,
  signal: [(it) => typeof it === "object" && it !== null && "aborted" in it, "an AbortSignal"],
  onWarning: FUNCTION,
  onCase: FUNCTION,
  host: TEXT,
  port: whole(0, LAST_PORT),
  fault: TEXT,
};

/** Refuses options that the caller does not know or that are of the wrong kind. Throws a `UsageError`. */
export function checkOptions(options: object, known: readonly (keyof Options)[]): void {
  for (const [name, value] of Object.entries(options)) {
    const key = known.find((it) => it === name);
    if (key === undefined) throw new UsageError(`There is no option "${name}".${suggestion(name, known)}`);
    const [fits, words] = KINDS_OF_VALUES[key];
    if (value !== undefined && !fits(value)) throw new UsageError(`The option "${name}" takes ${words}.`);
  }
}

/** The options that select cases. */
export const SELECTING = ["suite", "case", "requirement", "all"] as const satisfies (keyof Api.Selection)[];
/** The options that say how a server is reached and judged. */
export const JUDGING = [
  "protocol",
  "timeout",
  "strict",
  "expectedFailures",
  "headers",
  "credentials",
  "users",
  "ca",
  "insecure",
  "idle",
  "seed",
  "runs",
] as const satisfies (keyof Api.Judging)[];

/** The globs of a selection, as the command line has them. */
export const selection = ({ suite, case: cases, requirement }: Api.Selection) => ({
  suite: list(suite),
  case: list(cases),
  requirement: list(requirement),
});

const list = (texts: string | readonly string[] | undefined) => (texts === undefined ? undefined : [texts].flat());

/** The options of a run against a server, as the harness has them. Throws a `UsageError`. */
export async function runOptions(url: Api.Url, options: Api.Judging) {
  // Fake timers have a clock; a wait by them would never end.
  if ("clock" in setTimeout)
    throw new UsageError("The timers are fake. Give these tests the real ones: useRealTimers().");
  const protocol = versionOf(options.protocol);
  const { timeout = DEFAULTS.timeout, strict = false, idle, seed = newSeed(), runs = DEFAULTS.runs } = options;
  return {
    ...DEFAULTS,
    timeout,
    strict,
    seed,
    runs,
    idle: idle === undefined ? undefined : idle * 1_000,
    rate: protocol.rate,
    target: await asUsers(aim(await urlOf(url), await way(options), protocol), options),
  } satisfies RunOptions;
}

async function way({ headers, credentials, ca, insecure = false }: Api.Judging): Promise<Way> {
  const [open, secret] = await Promise.all([targetHeaders(lines(headers)), targetHeaders(lines(credentials))]);
  return { headers: open, credentials: secret, tls: { insecure, ...(ca !== undefined && { ca }) } };
}

/** Returns a target to which clients come as the users of the options. */
async function asUsers(target: Reached, { users: given = [] }: Api.Judging): Promise<Reached> {
  const users = await Promise.all(given.map((it) => targetHeaders(lines(it))));
  target.secrets.add(...users.flatMap((it) => Object.values(it)));
  return comingAs(target, users);
}

const lines = (headers: Api.Judging["headers"] = {}) =>
  Object.entries(headers).map(([name, value]) => ` ${name}: ${value}`);

/** The expected failures, if there are some. Throws a `UsageError`. */
export function expectedOf({ expectedFailures: file, protocol }: Api.Judging): ExpectedFailures | undefined {
  if (file === undefined) return undefined;
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw cannotRead(file, error);
  }
  return parseExpected(text, file, versionOf(protocol));
}

/** The url that a caller means. Throws a `UsageError`. */
async function urlOf(url: Api.Url): Promise<string> {
  const given: unknown = typeof url === "function" ? await url() : url;
  if (typeof given === "string" || given instanceof URL) return String(given);
  const words = given === undefined ? "undefined" : `of type ${given === null ? "null" : typeof given}`;
  throw new UsageError(
    `The url is ${words}. Give a text, or a function that gives one: it is called when the server is needed.`,
  );
}

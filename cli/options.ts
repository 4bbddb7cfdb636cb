import type { Options } from "yargs";
import { UsageError } from "../harness/usage.ts";
import { FORMAT_NAMES, FORMATS, type FormatName } from "../reports/formats.ts";
import type { ShardOptions } from "../reports/shard.ts";
import { DEFAULTS } from "./defaults.ts";

/** The most that a timer can wait, in ms. */
const MOST = 2 ** 31 - 1;

/** The highest port that there is. */
const LAST_PORT = 65_535;

const integer =
  (name: string, least: number, most = MOST) =>
  (value: unknown): number => {
    if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
    throw new UsageError(`--${name} takes one whole number from ${least} to ${most}.`);
  };

const several =
  (name: string) =>
  (value: unknown): string[] | undefined => {
    if (value === undefined) return undefined;
    const values = [value].flat();
    if (values.every((it) => typeof it === "string" && it !== "")) return values as string[];
    throw new UsageError(`--${name} takes a text; give the option again for each further one.`);
  };

const once =
  (name: string) =>
  (value: unknown): string | undefined => {
    if (value === undefined || (typeof value === "string" && value !== "")) return value;
    throw new UsageError(`--${name} takes one value.`);
  };

function url(value: unknown): string | undefined {
  if (value === undefined || (typeof value === "string" && value.trim() !== "")) return value;
  throw new UsageError("The url is empty. Give one like ws://localhost:8080/path, or none at all.");
}

/** `2/5` as a place and a count. */
function shardOf(value: unknown): ShardOptions | undefined {
  if (value === undefined) return undefined;
  const [, index = 0, of = 0] = (/^(\d{1,6})\/(\d{1,6})$/.exec(String(value)) ?? []).map(Number);
  if (index >= 1 && index <= of) return { index, of };
  throw new UsageError("--shard takes which part of how many, as 2/5.");
}

const number = (name: string, least: number, byDefault: number, describe: string) =>
  ({
    type: "number",
    requiresArg: true,
    default: byDefault,
    coerce: integer(name, least),
    describe,
  }) as const satisfies Options;
const text = (name: string, describe: string) =>
  ({ type: "string", requiresArg: true, coerce: once(name), describe }) as const satisfies Options;
/** The url of a server: one that is empty is a mistake, as of an unset variable. */
export const target = (describe: string) => ({ type: "string", coerce: url, describe }) as const;
const texts = (name: string, describe: string) =>
  ({ type: "string", requiresArg: true, coerce: several(name), describe }) as const satisfies Options;
const flag = (describe: string) => ({ type: "boolean", default: false, describe }) as const satisfies Options;

/** The other name under which yargs knows an option. */
export const camel = (name: string): string => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

/** Some options of several. */
const pick = <T extends object, K extends keyof T>(options: T, ...names: readonly K[]): Pick<T, K> =>
  Object.fromEntries(names.map((name) => [name, options[name]])) as Pick<T, K>;

/** What is selected. */
export const SELECTION = {
  suite: texts("suite", "Only these suites (globs, repeatable)"),
  case: texts("case", "Only these cases (globs, repeatable)"),
  requirement: texts("requirement", "Only the cases that test these requirements (globs, repeatable)"),
} as const;

/** What is listed instead of cases. */
export const LISTING = {
  sets: flag("List the sets that certificates are made by, instead of cases and requirements"),
} as const;

/** How the suites are run, and where the reports go. */
export const RUNNING = {
  all: flag("Also run the suites that put load on the server"),
  strict: flag("A SHOULD counts as a MUST"),
  timeout: number("timeout", 1, DEFAULTS.timeout, "How long the target may take to answer, in ms"),
  concurrency: number(
    "concurrency",
    1,
    DEFAULTS.concurrency,
    "Cases at work at the same time; those that wait for the network do not count, except with 1",
  ),
  recovery: number(
    "recovery",
    0,
    DEFAULTS.recovery,
    "How long a target that accepts no more connections is waited for, in ms",
  ),
  restarts: number(
    "restarts",
    0,
    DEFAULTS.restarts,
    "How often a server that ended is started again (--start) or waited for (--recovery) to find out what ends it",
  ),
  idle: {
    type: "number",
    requiresArg: true,
    coerce: (value: unknown) => (value === undefined ? undefined : integer("idle", 0)(value)),
    describe: "For so many seconds a client that says nothing must be left alone (default: one --timeout)",
  },
  repeat: number("repeat", 1, DEFAULTS.repeat, "Run everything so many times; a case whose verdict varies is unstable"),
  seed: {
    type: "number",
    requiresArg: true,
    coerce: (value: unknown) => (value === undefined ? undefined : integer("seed", 1)(value)),
    describe:
      "What generated commands start from, to send those of an earlier run again (default: another each time; with --shard 1)",
  },
  runs: number("runs", 1, DEFAULTS.runs, "How many inputs each case that generates some makes"),
  bail: flag("Stop at the first failure"),
  "fail-on-unstable": flag("Exit with 1 where the verdict of a case varies, even if nothing else is wrong"),
  header: texts(
    "header",
    'Send a header, as "Name: value" or @file with one a line (repeatable); redacted in every output',
  ),
  credential: texts(
    "credential",
    "Send a header as --header does, and leave it out where a case comes without credentials, as Authorization, Proxy-Authorization and Cookie always are",
  ),
  ca: text("ca", "Trust the certificates in this PEM file"),
  insecure: flag("Accept any certificate"),
  start: text("start", "Start the server under test with this shell command, and end it afterwards"),
  "start-timeout": number(
    "start-timeout",
    1,
    DEFAULTS.startTimeout,
    "How long it may take to accept connections, in ms",
  ),
  shard: {
    ...text("shard", "Run one part of the cases only, as 2/5; report --merge makes one report of all parts"),
    coerce: shardOf,
  },
} as const;

const files = Object.fromEntries(FORMAT_NAMES.map((name) => [name, text(name, FORMATS[name].describe)])) as Readonly<
  Record<FormatName, ReturnType<typeof text>>
>;

/** Where reports go, and how much is printed. */
export const OUTPUT = {
  ...files,
  out: text(
    "out",
    "Write report.json, junit.xml and report.html to this folder (run: tachyon-report, unless a file is named)",
  ),
  quiet: flag("Print the verdict and what is broken only"),
  verbose: flag("Print every finding in full, every observation, and stack traces of errors of the suite"),
} as const;

/** What is certified, and where the certificate goes. */
export const CERTIFYING = {
  implementation: {
    ...text("implementation", "The name of what is certified"),
    demandOption: true,
    coerce: (value: unknown) => once("implementation")(value) ?? "",
  },
  "implementation-version": text("implementation-version", "Its version"),
  revision: text("revision", "The revision of its source, as the commit of Git"),
  set: text("set", "The set of requirements and cases that counts (default: the newest)"),
  key: text("key", "Sign with this private key: Ed25519, a PEM file"),
  ...pick(RUNNING, "strict", "timeout", "concurrency", "recovery", "restarts", "idle", "runs"),
  seed: {
    ...RUNNING.seed,
    describe: "What generated commands start from, to send those of an earlier run again (default: another each time)",
  },
  ...pick(RUNNING, "header", "credential", "ca", "insecure", "start", "start-timeout"),
  out: {
    ...text("out", "Write the bundle to this folder, and beside it as .tgz"),
    default: "tachyon-certificate",
    coerce: (value: unknown) => once("out")(value) ?? "",
  },
  ...pick(OUTPUT, "quiet", "verbose"),
} as const;

/** Who is to have signed a certificate, and how much is printed. */
export const VERIFYING = {
  "public-key": text("public-key", "It must be signed with the private key of this public one: Ed25519, a PEM file"),
  quiet: flag("Print what is wrong and the verdict only"),
} as const;

/** Failures that are no news. */
export const EXPECTING = {
  "expected-failures": text("expected-failures", "Failures that do not fail the run, each with a reason: a YAML file"),
  "write-expected-failures": flag("Make or update that file from the run; reasons and comments stay"),
} as const;

/** How recorded traffic is judged. */
export const CHECKING = {
  strict: RUNNING.strict,
} as const;

/** What is made of stored reports. */
export const REPORTING = {
  merge: flag("Make one report of the shards of a run"),
} as const;

/** Where a comparison goes. */
export const COMPARING = {
  json: text("json", "Write the comparison of two reports as JSON to this file"),
  html: text("html", "Write the matrix of a folder of reports, one page that needs nothing else, to this file"),
  markdown: text("markdown", "Write it in Markdown to this file (default: the one that $GITHUB_STEP_SUMMARY names)"),
} as const;

/** Where the reference server listens, and how it misbehaves. */
export const SERVING = {
  fault: text("fault", "Misbehave in one named way"),
  "list-faults": flag("List the faults, with what each does and which requirement it breaks"),
  host: { ...text("host", "The address to listen on"), default: "127.0.0.1" },
  port: {
    ...number("port", 0, 0, "The port to listen on; 0 is any free one"),
    coerce: integer("port", 0, LAST_PORT),
  },
} as const;

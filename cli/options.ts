import { FORMAT_NAMES, FORMATS, type FormatName } from "../reports/formats.ts";
import { LAST_PORT, LONGEST_TIMEOUT } from "../running/defaults.ts";
import { VERSION_NAMES } from "../suites/versions.ts";
import {
  flagOption as flag,
  numberOption as number,
  onlyOnce,
  pick,
  SHORT,
  target,
  textOption as text,
  textsOption as texts,
  urlGiven,
} from "./option-kinds.ts";
import { RUNNING } from "./run-options.ts";

const [byDefault, ...others] = VERSION_NAMES;

/** The options that choose a protocol version. */
export const PROTOCOL = {
  protocol: {
    ...text("protocol", `The protocol version: ${[`${byDefault} (the default)`, ...others].join(" or ")}`),
    words: VERSION_NAMES,
  },
  schemas: text("schemas", "With v0: read the schemas of messages in this folder, not those of the suite"),
  "schemas-version": text(
    "schemas-version",
    "The version of the schemas in that folder, such as 1.22.0: reports and certificates name it",
  ),
} as const;

/** The options that select cases. */
export const SELECTION = {
  suite: texts("suite", "Only these suites (globs, repeatable)"),
  case: texts("case", "Only these cases (globs, repeatable)"),
  requirement: texts("requirement", "Only the cases that test these requirements (globs, repeatable)"),
} as const;

/** The further options of `list`. */
export const LISTING = {
  sets: flag("List the sets that certificates are made by, instead of cases and requirements"),
  json: flag("Print JSON, as list.schema.json describes it"),
} as const;

/** The options of `explain`. */
export const EXPLAINING = {
  json: flag("Print JSON, as explain.schema.json describes it"),
} as const;

const files = Object.fromEntries(FORMAT_NAMES.map((name) => [name, text(name, FORMATS[name].describe)])) as Readonly<
  Record<FormatName, ReturnType<typeof text>>
>;

/** The options of reports. */
export const OUTPUT = {
  ...files,
  out: text(
    "out",
    "Write report.json, junit.xml and report.html to this folder (default of run: tachyon-report, unless an option names a file)",
  ),
  quiet: { ...flag("Print only the verdict and what is broken"), alias: SHORT.quiet },
  verbose: {
    ...flag("Print every finding in full, every observation, and stack traces of errors of the suite"),
    alias: SHORT.verbose,
  },
} as const;

/** The options of `certify`. */
export const CERTIFYING = {
  implementation: {
    ...text("implementation", "The name of the implementation that is certified"),
    demandOption: true,
    coerce: (value: unknown) => onlyOnce("implementation")(value) ?? "",
  },
  "implementation-version": text("implementation-version", "Its version"),
  revision: text("revision", "The revision of its source, such as a Git commit"),
  set: text("set", "Certify by this set of requirements and cases (default: the newest)"),
  key: text("key", "Sign with this private key: Ed25519, a PEM file. TACHYON_KEY may also hold the PEM itself"),
  ...pick(RUNNING, "strict", "timeout", "concurrency", "recovery", "restarts", "idle", "runs"),
  seed: { ...RUNNING.seed, describe: "The seed of generated commands: that of the set, or there is no certificate" },
  ...pick(RUNNING, "header", "credential", "redact", "ca", "insecure", "start", "start-timeout", "rate"),
  ...pick(RUNNING, "as", "token-command", "client", "unscoped-token"),
  "refresh-token": text(
    "refresh-token",
    "Test that the refresh token in this @file gives no connection. With --client it is revoked",
  ),
  out: {
    ...text("out", "Write the bundle to this folder, and beside it as .tgz"),
    default: "tachyon-certificate",
    coerce: (value: unknown) => onlyOnce("out")(value) ?? "",
  },
  ...pick(OUTPUT, "quiet", "verbose"),
} as const;

/** The options of `verify`. */
export const VERIFYING = {
  "public-key": text(
    "public-key",
    "Demand a signature that this public key proves: Ed25519, a PEM file. TACHYON_PUBLIC_KEY may also hold the PEM itself",
  ),
  schemas: text("schemas", "Judge again by the schemas in this folder, if the certificate names a folder"),
  quiet: { ...flag("Print only the verdict and what is wrong"), alias: SHORT.quiet },
} as const;

/** The options of expected failures. */
export const EXPECTING = {
  "expected-failures": text(
    "expected-failures",
    "Do not fail the run for the failures in this YAML file, each with a reason",
  ),
  "write-expected-failures": flag("Make or update that file from the run. Reasons and comments stay"),
} as const;

const OF_CLIENTS = {
  "fail-on-client-mistakes": flag("Exit with 1 if a client sent something wrong, even if nothing else is"),
} as const;

/** The options of `check`, beside those of reports. */
export const CHECKING = {
  url: texts("url", "Only the connections whose url matches (globs, repeatable)"),
  strict: RUNNING.strict,
  ...OF_CLIENTS,
} as const;

/** The options of `record`, beside the files of reports. */
export const RECORDING = {
  to: {
    ...target("The url of the server"),
    requiresArg: true,
    demandOption: true,
    coerce: (value: unknown) => urlGiven(value) ?? "",
  },
  host: {
    ...text("host", "The address to listen on"),
    default: "127.0.0.1",
    coerce: (value: unknown) => onlyOnce("host")(value) ?? "",
  },
  port: number("port", 0, 9000, "The port to listen on; 0 is any free one", { most: LAST_PORT }),
  out: text("out", "Write the recording to this file, which must not exist (default: tachyon-recording-<time>.ndjson)"),
  rotate: number("rotate", 1, 1024, "Begin another file before one has more MiB than this", {
    most: 1024,
    unit: "MiB",
  }),
  timeout: number(
    "timeout",
    1,
    10_000,
    "The time that the server has for the greeting, and for the end behind a goodbye, in ms",
    { most: LONGEST_TIMEOUT, unit: "ms" },
  ),
  ...pick(RUNNING, "redact", "ca", "insecure", "strict"),
  ...OF_CLIENTS,
  ...files,
  ...pick(OUTPUT, "quiet", "verbose"),
} as const;

/** The options of `report`, beside those of reports and expected failures. */
export const REPORTING = {
  merge: flag("Make one report of the shards of a run"),
} as const;

/** The options of `compare`. */
export const COMPARING = {
  json: text("json", "Write the comparison of two reports as JSON to this file"),
  html: text("html", "Write the matrix of a folder of reports, one page that needs nothing else, to this file"),
  markdown: text("markdown", "Write it in Markdown to this file (default: the one that $GITHUB_STEP_SUMMARY names)"),
  quiet: { ...flag("Print only the outcome; of a folder only a line for each report"), alias: SHORT.quiet },
} as const;

/** The options of `serve`. */
export const SERVING = {
  fault: text(
    "fault",
    "Misbehave in one named way",
    "A server has one fault at a time: start another one, on another --port, for the next.",
  ),
  "list-faults": flag("List the faults: what each does, and the requirement that it breaks"),
  host: { ...text("host", "The address to listen on"), default: "127.0.0.1" },
  port: number("port", 0, 0, "The port to listen on; 0 is any free one", { most: LAST_PORT }),
} as const;

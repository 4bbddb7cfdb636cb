import type { RunOptions } from "../../harness/run-options.ts";
import { DEFAULTS } from "../../running/defaults.ts";
import { fileIn, type Reached } from "../../running/target.ts";
import type { TargetArguments } from "./reach.ts";

/** The options that say how a target is met. */
export interface MeetingArguments
  extends TargetArguments,
    Pick<RunOptions, "timeout" | "concurrency" | "recovery" | "restarts" | "runs"> {
  /** The time for which a silent client is watched, in s. */
  readonly idle?: number | undefined;
  /** The most messages a second that each client sends; 0 is no limit. */
  readonly rate?: number | undefined;
}

/** The options with a number that another run needs to end as this one did. */
const NUMBER_OPTIONS = [
  ["timeout", "timeout"],
  ["startTimeout", "start-timeout"],
  ["recovery", "recovery"],
  ["restarts", "restarts"],
  ["concurrency", "concurrency"],
  ["runs", "runs"],
] as const;

/** Returns the words of the options that another run needs to meet the target in the same way, without secrets. */
export function given(args: MeetingArguments, { secrets }: Reached): string[] {
  const { config, rate, idle, ca, insecure, start, header = [], credential = [], redact = [] } = args;
  const hidden = (name: string, values: readonly string[]) =>
    values.flatMap((value) => [`--${name}`, fileIn(value) === undefined ? "…" : value]);
  const all = [
    ...(typeof config === "string" ? ["--config", config] : []),
    ...NUMBER_OPTIONS.flatMap(([key, name]) => (args[key] === DEFAULTS[key] ? [] : [`--${name}`, String(args[key])])),
    ...(idle === undefined ? [] : ["--idle", String(idle)]),
    ...(rate === undefined ? [] : ["--rate", String(rate)]),
    ...(ca === undefined ? [] : ["--ca", ca]),
    ...(insecure ? ["--insecure"] : []),
    ...(start === undefined ? [] : ["--start", withoutValues(start)]),
    ...hidden("header", header),
    ...hidden("credential", credential),
    ...userOptions(args),
    ...hidden("redact", redact),
  ];
  return all.map((word) => secrets.redact(word));
}

/** The options that say who clients come as. Secrets are left out unless they stand in a file, and so are commands that print them. */
const userOptions = ({
  as = [],
  tokenCommand = [],
  client,
  unscopedToken,
  refreshToken,
}: TargetArguments): string[] => [
  ...as.flatMap((user) => ["--as", user]),
  ...tokenCommand.flatMap(() => ["--token-command", "…"]),
  ...(client === undefined ? [] : ["--client", client.replace(/:(?!@).*/, ":…")]),
  ...(unscopedToken === undefined ? [] : ["--unscoped-token", unscopedToken]),
  ...(refreshToken === undefined ? [] : ["--refresh-token", refreshToken]),
];

/** The parts of a word of a shell: quoted, escaped, substituted, or plain. */
const PARTS_OF_WORD = [
  /'[^']*'/,
  /"(?:\\.|[^"\\])*"/,
  /\\"(?:(?!\\").)*\\"/,
  /\\./,
  /\$\([^)]*\)/,
  /`[^`]*`/,
  /[^\s;&|()'"\\]/,
];

/** The values of variables. A value behind a quote goes to the end of the quotation; any other is a word. An arrow function is none. */
const VALUES_OF_VARIABLES = [
  /(?<=(["'])[A-Za-z_]\w*=)(?!>)(?:(?!\1).)+/,
  new RegExp(`(?<=(?:^|[\\s;&|({\`])[A-Za-z_]\\w*=)(?!>)(?:${PARTS_OF_WORD.map(({ source }) => source).join("|")})+`),
].map(({ source }) => new RegExp(source, "gs"));

/** Returns a shell command without the values of the variables that it sets: a secret may be among them. */
export const withoutValues = (command: string): string =>
  VALUES_OF_VARIABLES.reduce((text, value) => text.replace(value, "…"), command);

import { readFileSync } from "node:fs";
import yargs from "yargs";
import type { Protocol } from "../harness/protocol.ts";
import { isObject } from "../harness/transcript.ts";
import { reason, suggestion, UnreachableError, UsageError } from "../harness/usage.ts";
import about from "../package.json" with { type: "json" };
import { STDIN } from "../recordings/stdin.ts";
import { visible } from "../reports/escape.ts";
import { EXIT } from "./exit.ts";
import {
  CERTIFYING,
  CHECKING,
  COMPARING,
  EXPECTING,
  LISTING,
  OUTPUT,
  REPORTING,
  RUNNING,
  SELECTION,
  SERVING,
  VERIFYING,
} from "./options.ts";
import { dropForeign, PREFIX } from "./variables.ts";

const GLOBAL = ["config", "help", "h", "version"];
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  run: [...Object.keys({ ...SELECTION, ...RUNNING, ...EXPECTING, ...OUTPUT }), ...GLOBAL, "url"],
  list: [...Object.keys({ ...SELECTION, ...LISTING }), ...GLOBAL],
  explain: [...GLOBAL, "id"],
  report: [...Object.keys({ ...REPORTING, ...EXPECTING, ...OUTPUT }), ...GLOBAL, "files"],
  check: [...Object.keys({ ...CHECKING, ...OUTPUT }), ...GLOBAL, "files"],
  compare: [...Object.keys(COMPARING), ...GLOBAL, "old", "new"],
  certify: [...Object.keys(CERTIFYING), ...GLOBAL, "url"],
  verify: [...Object.keys(VERIFYING), ...GLOBAL, "bundle"],
  serve: [...Object.keys(SERVING), ...GLOBAL],
};
const COMMANDS = Object.keys(OPTIONS);
const ALL_OPTIONS = [...new Set(Object.values(OPTIONS).flat())];

/** Reads the command line, runs the command, and resolves to the exit code. */
export async function main(argv: readonly string[], protocol: () => Promise<Protocol>): Promise<number> {
  let code: number = EXIT.conformant;
  const parser = yargs()
    .scriptName(about.name)
    .usage(`${about.description}.\n\n$0 <command>`)
    .command(
      "run [url]",
      "Run the suites against a server, or without a url against the embedded reference server",
      (it) =>
        it
          .positional("url", { type: "string", describe: "ws:, wss:, http: or https: url of the server" })
          .options(SELECTION)
          .options(RUNNING)
          .options(EXPECTING)
          .options(OUTPUT),
      async (args) => {
        const { run } = await import("./commands/run.ts");
        code = await run(args, await protocol());
      },
    )
    .command(
      "list",
      "List every case and requirement",
      (it) => it.options(SELECTION).options(LISTING),
      async (args) => {
        const { list } = await import("./commands/list.ts");
        list(args, await protocol());
      },
    )
    .command(
      "explain <id>",
      "Explain a case, a requirement or a fault: what is sent, what is accepted, why, and what usually goes wrong",
      (it) =>
        it.positional("id", {
          type: "string",
          demandOption: true,
          describe: "id of a case or requirement, or name of a fault",
        }),
      async ({ id }) => {
        const { explain } = await import("./commands/explain.ts");
        await explain(id, await protocol());
      },
    )
    .command(
      "report <files..>",
      "Write a stored report.json in other formats, or make one of the shards of a run",
      (it) =>
        it
          .positional("files", {
            type: "string",
            array: true,
            demandOption: true,
            describe: "report.json, or its folder",
          })
          .options(REPORTING)
          .options(EXPECTING)
          .options(OUTPUT),
      async (args) => {
        const { report } = await import("./commands/report.ts");
        code = await report(args, await protocol());
      },
    )
    .command(
      "check <files..>",
      "Judge recorded traffic without a server, by the rules for every message",
      (it) =>
        it
          .positional("files", {
            type: "string",
            array: true,
            demandOption: true,
            describe: "report.json, a HAR file with WebSocket messages, or one event a line; - is the standard input",
          })
          .options(CHECKING)
          .options(OUTPUT),
      async (args) => {
        const { check } = await import("./commands/check.ts");
        code = await check(args, await protocol());
      },
    )
    .command(
      "compare <old> [new]",
      "Say what changed between two reports, or make a matrix of a folder of reports",
      (it) =>
        it
          .positional("old", {
            type: "string",
            demandOption: true,
            describe: "report.json, its folder, or a folder of reports",
          })
          .positional("new", { type: "string", describe: "report.json, or its folder" })
          .options(COMPARING),
      async (args) => {
        const { compare } = await import("./commands/compare.ts");
        code = await compare(args);
      },
    )
    .command(
      "certify <url>",
      "Run everything against a server, and write a certificate where it conforms",
      (it) =>
        it.positional("url", { type: "string", demandOption: true, describe: "url of the server" }).options(CERTIFYING),
      async (args) => {
        const { certify } = await import("./commands/certify.ts");
        code = await certify(args, await protocol());
      },
    )
    .command(
      "verify <bundle>",
      "Say whether to believe a certificate, without trusting who made it",
      (it) =>
        it
          .positional("bundle", { type: "string", demandOption: true, describe: "its folder or .tgz" })
          .options(VERIFYING),
      async (args) => {
        const { verify } = await import("./commands/verify.ts");
        code = await verify(args, await protocol());
      },
    )
    .command(
      "serve",
      "Run the reference server, for those who write a client",
      (it) => it.options(SERVING),
      async (args) => {
        const { serve } = await import("./commands/serve.ts");
        await serve(args, await protocol());
      },
    )
    .env(PREFIX)
    .middleware((args) => dropForeign(args, argv, OPTIONS[args._[0] ?? ""] ?? ALL_OPTIONS, ALL_OPTIONS), true)
    .config("config", "Read options from this JSON file", readConfig)
    .middleware(nothingMore)
    .demandCommand(1, "Name a command.")
    .strict()
    .alias("help", "h")
    .detectLocale(false)
    .version(about.version)
    .exitProcess(false)
    .fail((message, error) => {
      throw error instanceof UsageError || !/^YError$/.test(error?.name ?? "YError")
        ? error
        : new UsageError(nearest(message ?? error.message, argv));
    });

  try {
    // yargs drops the usual name of the standard input.
    await parser.parseAsync(argv.map((word) => (word === "-" ? STDIN : word)));
    return code;
  } catch (error) {
    const verbose = argv.includes("--verbose");
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    const known = error instanceof UsageError || error instanceof UnreachableError;
    const words = known ? message : bug(message, argv);
    // A runner of CI takes this for a command in the middle of a line, too.
    process.stderr.write(
      `${about.name}: ${visible(verbose && !known ? (stack ?? words) : words).replaceAll("##[", "## [")}\n`,
    );
    return error instanceof UnreachableError ? EXIT.unreachable : EXIT.usage;
  }
}

/** Nobody owns a tracker for the suite, so the user is sent to whoever handed it on. */
function bug(message: string, [command = ""]: readonly string[]): string {
  const where = OPTIONS[command]?.includes("verbose") ? " --verbose shows where it is." : "";
  return `A bug of the suite: ${message}. Please tell the people who gave you this program.${where}`;
}

/** What stands behind the command and its positional arguments, for instance after `--`. */
function nothingMore({ _: [, extra] }: { readonly _: readonly (string | number)[] }): void {
  if (extra !== undefined) throw new UsageError(`"${extra}" is one argument too many. See --help.`);
}

/** What yargs found wrong, in one line that names the nearest known command or option. */
function nearest(message: string, argv: readonly string[]): string {
  const [command = ""] = argv;
  if (/^Unknown/.test(message) && !command.startsWith("-") && !COMMANDS.includes(command)) {
    if (/^(ws|http)s?:/.test(command)) return `There is no command "${command}". Did you mean run ${command}?`;
    return `There is no command "${command}".${suggestion(command, COMMANDS)}`;
  }

  const [, names = ""] = /^Unknown arguments?: (.*)$/.exec(message) ?? [];
  const [first = ""] = names.split(", ");
  if (first !== "" && argv.includes(first)) return `"${first}" is one argument too many. See --help.`;
  if (argv.includes(`--no-${first}`)) return `There is no option --no-${first}. See --help.`;
  if (first !== "") return `There is no option --${first}.${suggestion(first, OPTIONS[command] ?? ALL_OPTIONS)}`;
  const [, lacking] = /^Not enough arguments following: (.*)$/.exec(message) ?? [];
  if (lacking !== undefined) return `--${lacking} needs a value. See --help.`;
  return `${message.replaceAll("\n", " ").replace(/\.?$/, ".")} See --help.`;
}

/** Reads a config file: a JSON object of options. Throws a `UsageError`. */
function readConfig(path: string): Record<string, unknown> {
  const config = parseConfig(path);
  const unknown = Object.keys(config).find((key) => !ALL_OPTIONS.includes(key));
  if (unknown !== undefined)
    throw new UsageError(`${path}: there is no option "${unknown}".${suggestion(unknown, ALL_OPTIONS)}`);
  return config;
}

function parseConfig(path: string): Record<string, unknown> {
  try {
    const config: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (isObject(config)) return config;
  } catch (error) {
    throw new UsageError(`Cannot read the config file ${path}: ${reason(error)}.`);
  }
  throw new UsageError(`The config file ${path} holds no JSON object. Write one like {"timeout": 5000}.`);
}

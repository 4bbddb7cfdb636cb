import yargs, { type Argv } from "yargs";
import { UnreachableError, UsageError } from "../harness/usage.ts";
import about from "../package.json" with { type: "json" };
import { visible } from "../reports/escape.ts";
import { ALL_OPTIONS, COMMANDS, commandNamed, unspokenOf } from "./commands/index.ts";
import { mistake, STRINGS } from "./complaints.ts";
import { findConfig, readConfig } from "./config.ts";
import { EXIT } from "./exit.ts";
import type { Load, Subcommand } from "./subcommand.ts";
import { forYargs } from "./switches.ts";
import { PREFIX, sortVariables, typedIn } from "./variables.ts";

/** Reads the command line, runs the command, and resolves to the exit code. */
export async function main(argv: readonly string[], load: Load): Promise<number> {
  let code: number | undefined;
  let words = argv;
  let verbose = wantsStack(argv);
  const run = async (command: Subcommand, args: unknown) => {
    verbose ||= (args as { verbose?: boolean }).verbose === true;
    code = await command.run({ ...(args as object), typed: typedIn(words) }, load);
  };
  try {
    words = forYargs(argv);
    const [name = "", ...rest] = words;
    const command = commandNamed(name);
    const isHelp = words.some((word) => word === "--help" || word === "-h");
    await (command && !isHelp ? one(name, command, rest, run) : all(words, run));
    return code ?? EXIT.conformant;
  } catch (error) {
    process.stderr.write(complaintOf(error, words, verbose));
    return error instanceof UnreachableError ? EXIT.unreachable : EXIT.usage;
  }
}

/** Tells if the user asks for the stack of a bug, before the options are read. */
export const wantsStack = (argv: readonly string[]): boolean =>
  argv.some((word) => /^(-v|--verbose(=true)?)$/.test(word)) ||
  /^(1|true|yes|on)$/i.test(process.env[`${PREFIX}_VERBOSE`] ?? "");

type Run = (command: Subcommand, args: unknown) => Promise<void>;

/** Parses the words behind the name of a command. yargs lays out the help of any but a default command, which takes long. */
function one(name: string, command: Subcommand, words: readonly string[], run: Run): Promise<unknown> {
  const found = command.findsConfig && !namesConfig(words) ? findConfig() : undefined;
  if (found) process.stderr.write(`${about.name}: options from ${found.place}\n`);
  const named = parserFor(words, command, found?.place);
  const parser = declare(named, `$0 ${command.takes}`, command, run).config(found?.options ?? {});
  return parser
    .scriptName(`${about.name} ${name}`)
    .middleware(({ _: [extra] }) => nothingMore(extra))
    .parseAsync(words);
}

const namesConfig = (words: readonly string[]): boolean =>
  words.some((word) => /^--config(=|$)/.test(word)) || process.env[`${PREFIX}_CONFIG`] !== undefined;

/** Parses a line that does not begin with a command, or asks for help. */
function all(words: readonly string[], run: Run): Promise<unknown> {
  const parser = Object.entries(COMMANDS).reduce(
    (it, [name, command]) => declare(it, `${name} ${command.takes}`, command, run),
    parserFor(words),
  );
  return parser
    .scriptName(about.name)
    .usage(`${about.description}.\n\n$0 <command>`)
    .middleware(({ _: [, extra] }) => nothingMore(extra))
    .demandCommand(1, "Name a command.")
    .parseAsync(words);
}

function declare(parser: Argv, usage: string, command: Subcommand, run: Run): Argv {
  const { positionals, options, describe } = command;
  const build = (it: Argv) =>
    Object.entries(positionals)
      .reduce((some, [key, how]) => some.positional(key, how), it)
      .options(options);
  return parser.command(usage.trim(), describe, build, (args) => run(command, args));
}

/** Makes a parser of all that commands have in common. `config` is the place of the options that nobody named. */
function parserFor(words: readonly string[], named?: Subcommand, config?: string): Argv {
  const options = (typed: unknown) => {
    const command = named ?? commandNamed(String(typed));
    return command ? unspokenOf(command) : ALL_OPTIONS;
  };
  let place = config;
  const reads = (path: string) => {
    place = path;
    return readConfig(path);
  };
  return yargs()
    .env(PREFIX)
    .middleware((args) => sortVariables(args, words, options(args._[0])), true)
    .config("config", "Read options from this JSON file", reads)
    .strict()
    .alias("help", "h")
    .detectLocale(false)
    .updateStrings(STRINGS)
    .version(about.version)
    .epilogue(
      "--no-strict switches off a --strict that a variable or the config switches on. The same holds for every switch.",
    )
    .exitProcess(false)
    .fail((message, error) => {
      throw error instanceof UsageError || !/^YError$/.test(error?.name ?? "YError")
        ? error
        : new UsageError(mistake(message ?? error.message, { words, named, config: place }));
    });
}

/** Refuses a word behind the positional arguments. */
function nothingMore(extra: string | number | undefined): void {
  if (extra !== undefined) throw new UsageError(`"${extra}" is one argument too many. See --help.`);
}

/** Puts an error in one line. A bug of the suite is told with its stack if the user asks for that with `--verbose`. */
export function complaintOf(error: unknown, argv: readonly string[], verbose: boolean): string {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const known = error instanceof UsageError || error instanceof UnreachableError;
  const words = known ? message : bug(message, argv);
  // A CI runner obeys this in the middle of a line, too.
  const told = visible(verbose && !known ? (stack ?? words) : words).replaceAll("##[", "## [");
  return `${about.name}: ${told}\n`;
}

/** Tells of a bug. The suite has no tracker, so the user is sent to whoever handed it on. */
function bug(message: string, [name = ""]: readonly string[]): string {
  const command = commandNamed(name);
  const where = command && "verbose" in command.options ? " --verbose shows where it is." : "";
  return `A bug of the suite: ${message}. Please tell the people who gave you this program.${where}`;
}

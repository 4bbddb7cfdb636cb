import { casesIn, type Protocol } from "../../harness/protocol.ts";
import { UsageError } from "../../harness/usage.ts";
import about from "../../package.json" with { type: "json" };
import { explainable } from "../explain/explainable.ts";
import type { Load, Subcommand } from "../subcommand.ts";

type Commands = Readonly<Record<string, Subcommand>>;

/** The options of `completion`, as the command line gives them. */
interface CompletionArguments {
  readonly shell: string;
  /** The words behind the name of the program, a line each, the last of them unfinished. The script asks with it. */
  readonly words?: string | undefined;
}

const FUNCTION = `_${about.name.replaceAll("-", "_")}`;

/** The scripts that ask for the words that can stand next. */
const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `${FUNCTION}() {
  local IFS=$'\\n' words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
  # To bash, --case=id is three words, of which it completes the last.
  local line="\${words[*]/#=/}"
  COMPREPLY=($("\${COMP_WORDS[0]}" completion bash $'\\n'"\${line//$'\\n\\n'/$'\\n'}" 2>/dev/null))
}
complete -o default -F ${FUNCTION} ${about.name}
`,
  zsh: `${FUNCTION}() {
  local -a found
  found=("\${(@f)$("\${words[1]}" completion zsh $'\\n'"\${(pj:\\n:)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "\${found[1]}" ]]; then compadd -a found; else compset -P '--*='; _files; fi
}
compdef ${FUNCTION} ${about.name}
`,
};

/** Prints the script that completes in a shell, or the completions of the last of some words. Throws a `UsageError`. */
export async function completionCommand(
  { shell, words }: CompletionArguments,
  load: Load,
  commands: Commands,
): Promise<void> {
  const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined;
  if (script === undefined) throw new UsageError(`There is no completion for "${shell}". Name bash or zsh.`);
  const lines =
    words === undefined
      ? [script]
      : (await completions(words.split("\n").slice(1), load, commands)).map((it) => `${it}\n`);
  process.stdout.write(lines.join(""));
}

/** Returns what can stand for the last of the words behind the name of the program; nothing where a file can. */
async function completions(words: readonly string[], load: Load, commands: Commands): Promise<string[]> {
  const [name = "", ...rest] = words;
  if (rest.length === 0) return startingWith(name, Object.keys(commands));
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) return [];
  const current = rest.at(-1) ?? "";
  const typed = (name: string) => {
    const place = rest.indexOf(`--${name}`);
    const joined = rest.find((it) => it.startsWith(`--${name}=`));
    return place < 0 ? joined?.slice(`--${name}=`.length) : rest[place + 1];
  };
  const loadTyped = () => load({ protocol: typed("protocol"), actor: typed("actor") });
  const [joined = "", ahead = rest.at(-2) ?? ""] = /^(--[^=]+)=/.exec(current) ?? [];
  const option = /^--(.+)$/.exec(ahead)?.[1] ?? "";
  if (takesValue(command, option)) {
    const values = command.options[option]?.words ?? (await valuesOf(option, loadTyped));
    return values.map((it) => `${joined}${it}`).filter((it) => it.startsWith(current));
  }
  if (current.startsWith("-")) return startingWith(current, longOptionsOf(command));
  return Object.hasOwn(command.positionals, "id") ? startingWith(current, await valuesOf("id", loadTyped)) : [];
}

const startingWith = (start: string, words: readonly string[]): string[] => words.filter((it) => it.startsWith(start));

const longOptionsOf = ({ options }: Subcommand): string[] =>
  [...Object.keys(options), "config", "help"].map((it) => `--${it}`);

const takesValue = ({ options }: Subcommand, option: string): boolean =>
  Object.hasOwn(options, option) && options[option]?.type !== "boolean";

/** The values that an option or argument can have, where they are known. */
const VALUES: Readonly<Record<string, (protocol: Protocol) => Promise<string[]> | string[]>> = {
  suite: ({ suites }) => suites.map(({ name }) => name),
  case: (protocol) => idsOf(casesIn(protocol)),
  requirement: ({ requirements }) => idsOf(requirements),
  set: ({ sets }) => sets.map(({ name }) => name),
  fault: async (protocol) => Object.keys(await protocol.faults()),
  id: explainable,
};

const idsOf = (all: readonly { readonly id: string }[]): string[] => all.map(({ id }) => id);

const valuesOf = async (name: string, load: Load): Promise<string[]> =>
  Object.hasOwn(VALUES, name) ? ((await VALUES[name]?.(await load())) ?? []) : [];

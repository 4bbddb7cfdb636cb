import { nearestOf, suggestion } from "../harness/usage.ts";
import { ALL_OPTIONS, COMMANDS, commandNamed, optionsOf } from "./commands/index.ts";
import { MARK } from "./option-kinds.ts";
import type { Subcommand } from "./subcommand.ts";
import { placeOf } from "./variables.ts";

/** The command line in which yargs found something wrong. */
interface Line {
  readonly words: readonly string[];
  /** Its command, if it begins with one. */
  readonly named: Subcommand | undefined;
  /** The place of its config, if it has one. */
  readonly config?: string | undefined;
}

/** A complaint of yargs, and the words that the suite has for it. */
interface Complaint {
  /** The key of the complaint in the locales of yargs. */
  readonly key: string;
  /** Puts it in one line, with the nearest known command or option. `about` is what yargs says it is about. */
  says(about: string, line: Line): string;
  /** It has a plural. */
  readonly counts?: true;
}

const SEE_HELP = " See --help.";

/** An option as it stands in a command line. */
const dashed = (name: string): string => `${name.length === 1 ? "-" : "--"}${name}`;

const COMPLAINTS: readonly Complaint[] = [
  {
    key: "Unknown argument: %s",
    counts: true,
    says(names, { words, named }) {
      const [first = ""] = words;
      if (!named && !first.startsWith("-") && !commandNamed(first)) return noCommand(first);
      const unknown = (names.split(", ")[0] ?? "").replace(/^"(\s*)"$/, "$1");
      if (words.includes(unknown)) return `"${unknown}" is one argument too many.${SEE_HELP}`;
      if (words.includes(`--no-${unknown}`)) return `There is no option --no-${unknown}.${SEE_HELP}`;
      const known = named ? optionsOf(named) : ALL_OPTIONS;
      // yargs takes what stands behind one dash for letters.
      const letters = words.map((it) => /^-(\w[\w-]+)/.exec(it)?.[1] ?? "").find((it) => it.includes(unknown)) ?? "";
      const meant = nearestOf(letters, known);
      if (unknown.length === 1 && meant !== undefined)
        return `There is no option -${letters}. A long one has two dashes: ${dashed(meant)}.`;
      return `There is no option ${dashed(unknown)}.${suggestion(unknown, known, dashed) || SEE_HELP}`;
    },
  },
  {
    key: "Missing required argument: %s",
    counts: true,
    says(names, { named }) {
      const [name = ""] = names.split(", ");
      const { describe = "" } = named?.options[name] ?? {};
      return `Give --${name}${describe.replace(/^./, (c) => `: ${c.toLowerCase()}`)}.${SEE_HELP}`;
    },
  },
  {
    key: "Not enough non-option arguments: got %s, need at least %s",
    counts: true,
    // Words in brackets can be left out.
    says: (_, { named }) =>
      `Something is missing.${named ? ` Give ${named.takes.replace(/ \[.*/, "")}.` : ""}${SEE_HELP}`,
  },
  {
    key: "Not enough arguments following: %s",
    says: (name) => `--${name} needs a value.${SEE_HELP}`,
  },
  {
    key: "Invalid JSON config file: %s",
    says: () => `--config needs the path of one file.${SEE_HELP}`, // What a file holds wrong, the reader of configs says.
  },
];

function noCommand(word: string): string {
  if (/^(ws|http)s?:/.test(word)) return `There is no command "${word}". Did you mean run ${word}?`;
  return `There is no command "${word}".${suggestion(word, Object.keys(COMMANDS)) || SEE_HELP}`;
}

/** The strings that yargs takes for its complaints: the number of each, and what it is about. */
export const STRINGS: Readonly<Record<string, string>> = Object.fromEntries(
  COMPLAINTS.map(({ key, counts }, i) => {
    const text = `${MARK}${i}${MARK}%s`;
    return [key, (counts ? { one: text, other: text } : text) as string]; // The types of yargs know no plurals.
  }),
);

/** Puts a complaint of yargs, which has these strings, in one line. */
export function mistake(message: string, line: Line): string {
  // The number of a complaint of yargs, or the option that does not take its value.
  const [, number = "", about = ""] = message.split(MARK);
  const complaint = COMPLAINTS[Number(number || Number.NaN)];
  if (complaint) return complaint.says(about, line);
  if (number !== "") return `${placeOf(number, line.words, line.config)} ${about}${SEE_HELP}`;
  const text = message.replaceAll("\n", " ").replace(/\.?$/, ".");
  return text.endsWith(SEE_HELP) ? text : `${text}${SEE_HELP}`;
}

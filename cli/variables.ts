import { distance } from "fastest-levenshtein";
import { suggestion, UsageError } from "../harness/usage.ts";
import { ALL_OPTIONS, SWITCHES } from "./commands/index.ts";
import { camel } from "./option-kinds.ts";
import { onOrOff } from "./switches.ts";

/** The prefix of variables that stand for options. The servers under test may have such variables, too. */
export const PREFIX = "TACHYON";

/** Returns the names of the options that stand in the command line, and not in a variable or a config. */
export const typedIn = (words: readonly string[]): ReadonlySet<string> =>
  new Set(words.flatMap((word) => /^--(?:no-)?([\w-]+)/.exec(word)?.[1] ?? []));

/** The variable that stands for an option. */
const variableOf = (option: string): string => `${PREFIX}_${option.replaceAll("-", "_").toUpperCase()}`;

/** Says where the value of an option stands: in the command line, in a variable, or in a config. */
export function placeOf(option: string, words: readonly string[], config = "the config"): string {
  const typed = typedIn(words);
  if (typed.has(option) || typed.has(camel(option))) return `--${option}`;
  const variable = variableOf(option);
  return process.env[variable] === undefined ? `${config}: "${option}"` : variable;
}

/** A word with one wrong letter in three is a typing mistake. */
const LETTERS_A_MISTAKE = 3;

/**
 * Drops arguments that nobody typed and the command does not know: variables of other programs, and options of other commands.
 * Reads the switches among the variables. Throws a `UsageError` if a variable looks like a typing mistake, or if a switch is
 * neither on nor off.
 */
export function sortVariables(
  args: Record<string, unknown>,
  typed: readonly string[],
  options: readonly string[],
): void {
  const words = typed.map((word) => word.split("=", 1)[0] ?? "");
  const isTyped = (name: string) =>
    [name, camel(name)].some((it) => words.includes(`--${it}`) || words.includes(`--no-${it}`));
  for (const name of ALL_OPTIONS) {
    if (options.includes(name) || isTyped(name)) continue;
    for (const key of [name, camel(name)]) delete args[key];
  }
  for (const [variable, value] of Object.entries(process.env).filter(([it]) => it.startsWith(`${PREFIX}_`))) {
    const parts = variable
      .slice(PREFIX.length + 1)
      .toLowerCase()
      .split("_");
    const name = parts.join("-");
    if (!ALL_OPTIONS.includes(name)) {
      checkSpelling(variable, name);
      for (const key of [name, camel(name), parts.join("_")]) if (!isTyped(key)) delete args[key];
    } else if (SWITCHES.has(name) && options.includes(name) && !isTyped(name)) {
      for (const key of [name, camel(name)]) args[key] = onOrOff(value, variable);
    }
  }
}

function checkSpelling(variable: string, name: string): void {
  if (ALL_OPTIONS.some((option) => distance(option, name) <= name.length / LETTERS_A_MISTAKE))
    throw new UsageError(`The variable ${variable} stands for no option.${suggestion(name, ALL_OPTIONS, variableOf)}`);
}

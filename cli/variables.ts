import { distance } from "fastest-levenshtein";
import { suggestion, UsageError } from "../harness/usage.ts";

/** What every variable that stands for an option begins with; the servers under test may have such variables too. */
export const PREFIX = "TACHYON";

/** One wrong letter in so many makes a typing mistake. */
const LETTERS = 3;

/**
 * Takes out of the arguments what nobody typed and the command does not know: a variable that is somebody else's, and what a
 * variable or the config file sets for other commands. Throws a `UsageError` where a variable looks like a typing mistake.
 */
export function dropForeign(
  args: Record<string, unknown>,
  typed: readonly string[],
  options: readonly string[],
  allOptions: readonly string[],
): void {
  const onLine = (key: string) => typed.some((word) => word.split("=", 1)[0] === `--${key}`);
  for (const name of allOptions) {
    if (options.includes(name) || onLine(name)) continue;
    for (const key of [name, camel(name)]) delete args[key];
  }
  for (const variable of Object.keys(process.env).filter((name) => name.startsWith(`${PREFIX}_`))) {
    const words = variable
      .slice(PREFIX.length + 1)
      .toLowerCase()
      .split("_");
    const name = words.join("-");
    if (allOptions.includes(name)) continue;
    if (allOptions.some((option) => distance(option, name) <= name.length / LETTERS)) {
      throw new UsageError(`The variable ${variable} stands for no option.${suggestion(name, allOptions)}`);
    }
    for (const key of [name, camel(name), words.join("_")]) if (!onLine(key)) delete args[key];
  }
}

/** The other name under which yargs knows an option. */
const camel = (name: string) => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

import { STDIN, UsageError } from "../harness/usage.ts";
import { commandNamed, SWITCHES, switchesOf } from "./commands/index.ts";
import { camel, SHORT } from "./option-kinds.ts";

/** The words for on and off, in any case. */
const ON_OR_OFF: ReadonlyMap<string, boolean> = new Map([
  ...["1", "true", "yes", "on"].map((word) => [word, true] as const),
  ...["0", "false", "no", "off"].map((word) => [word, false] as const),
]);

const meaning = (value: unknown) =>
  typeof value === "object" ? undefined : ON_OR_OFF.get(String(value).toLowerCase());

/** Reads the value of a switch, which stands at `place`. Throws a `UsageError` for any other word. */
export function onOrOff(value: unknown, place: string): boolean {
  const is = meaning(value);
  if (is !== undefined) return is;
  throw new UsageError(`${place} takes yes or no (or true, false, on, off, 1, 0), not ${JSON.stringify(value)}.`);
}

const NAME_OF_LETTER: ReadonlyMap<string, string> = new Map(
  Object.entries(SHORT).map(([name, letter]) => [letter, name]),
);

/** Writes in full the letters that stand for options: `-qv` is `--quiet --verbose`. Other words stay. */
function inFull(word: string): string[] {
  const [, letters = ""] = /^-([a-z]+)$/.exec(word) ?? [];
  const names = Array.from(letters, (letter) => NAME_OF_LETTER.get(letter));
  return letters === "" || names.includes(undefined) ? [word] : names.map((name) => `--${name}`);
}

/**
 * Marks a word behind `--`. Otherwise yargs takes a word that begins with a dash for an option, and does not count the others as arguments
 * of the command.
 */
const asPath = (word: string): string => (word === "-" ? STDIN : /^-./.test(word) ? `./${word}` : word);

/** Rewrites the switches of a command line, and all behind `--`, as yargs understands them. Throws a `UsageError`. */
export function forYargs(argv: readonly string[]): string[] {
  const [name = ""] = argv;
  const command = commandNamed(name);
  const switches = command ? switchesOf(command) : [...SWITCHES];
  const names = new Set([...switches, ...switches.map(camel)]);
  const isSwitch = (word = "") => word.startsWith("--") && names.has(word.slice(2));
  const takesValue = (word: string) => /^--[^=]+$/.test(word) && !isSwitch(word.replace(/^--no-/, "--"));
  const end = argv.includes("--") ? argv.indexOf("--") : argv.length;
  const words = argv.slice(0, end).flatMap(inFull);
  const rewritten = words.flatMap((word, i) => {
    const before = words[i - 1] ?? "";
    if (isSwitch(before) && meaning(word) !== undefined) return [];
    if (word === "-" && takesValue(before)) throw new UsageError(`${before} takes no "-": that is the standard input.`);
    if (word === "-") return [STDIN]; // yargs drops its usual name.
    const [, name = "", value] = /^--([^=]+)=(.*)$/s.exec(word) ?? [];
    if (names.has(name)) return [`--${name}=${onOrOff(value, `--${name}`)}`];
    const next = i + 1 < words.length ? meaning(words[i + 1]) : undefined;
    return isSwitch(word) && next !== undefined ? [`${word}=${next}`] : [word];
  });
  return [...rewritten, ...argv.slice(end + 1).map(asPath)];
}

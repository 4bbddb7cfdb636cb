import { UsageError } from "../harness/usage.ts";
import { SWITCHES } from "./commands/index.ts";
import { camel } from "./options.ts";

/** The words for on and off, in any case. */
const WORDS: ReadonlyMap<string, boolean> = new Map([
  ...["1", "true", "yes", "on"].map((word) => [word, true] as const),
  ...["0", "false", "no", "off"].map((word) => [word, false] as const),
]);

const meaning = (value: unknown) => (typeof value === "object" ? undefined : WORDS.get(String(value).toLowerCase()));

/** Reads the value of a switch, which stands at `place`. Throws a `UsageError` for any other word. */
export function onOrOff(value: unknown, place: string): boolean {
  const is = meaning(value);
  if (is !== undefined) return is;
  throw new UsageError(`${place} takes yes or no (or true, false, on, off, 1, 0), not ${JSON.stringify(value)}.`);
}

const NAMES = new Set([...SWITCHES, ...Array.from(SWITCHES, camel)]);

/** Rewrites the switches of a command line as yargs understands them. Throws a `UsageError`. */
export function plainSwitches(argv: readonly string[]): string[] {
  const end = argv.includes("--") ? argv.indexOf("--") : argv.length;
  return argv.flatMap((word, i) => {
    if (i >= end) return [word];
    if (i > 0 && isSwitch(argv[i - 1]) && meaning(word) !== undefined) return [];
    const [, name = "", value] = /^--([^=]+)=(.*)$/s.exec(word) ?? [];
    if (NAMES.has(name)) return [`--${name}=${onOrOff(value, `--${name}`)}`];
    const next = i + 1 < end ? meaning(argv[i + 1]) : undefined;
    return isSwitch(word) && next !== undefined ? [`${word}=${next}`] : [word];
  });
}

const isSwitch = (word = "") => word.startsWith("--") && NAMES.has(word.slice(2));

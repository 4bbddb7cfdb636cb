import type { Options } from "yargs";
import { UsageError } from "../harness/usage.ts";
import type { ShardOptions } from "../reports/shard.ts";
import { LONGEST_MS } from "../running/defaults.ts";

/** An option: all that yargs asks for, and the values that it takes, for the schema of a config. */
export interface Option extends Options {
  /** The least number. */
  readonly least?: number;
  /** The highest number, where that is a bound of its own. */
  readonly most?: number | undefined;
  /** The form of the text. */
  readonly pattern?: string;
  /** It takes several texts. */
  readonly several?: true;
  /** The words that it takes, which shells complete. */
  readonly words?: readonly string[];
}

/** Stands around the parts of a complaint, since yargs hands on only its words. No argument can hold it. */
export const MARK = "\0";

/** The error of a value that an option does not take: `wrong` goes on behind the place where it stands. */
const valueError = (option: string, wrong: string) => new Error(`${MARK}${option}${MARK}${wrong}`);

// The values that options take. Each function throws for another; yargs makes a complaint of that.

/** The highest value of a number, and its unit. */
interface Range {
  readonly most?: number;
  readonly unit?: "ms" | "s" | "MiB";
}

/** Takes a whole number. */
const integer =
  (name: string, least: number, { most = LONGEST_MS, unit }: Range) =>
  (value: unknown): number => {
    if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
    throw valueError(name, `takes one whole number${unit ? ` of ${unit}` : ""} from ${least} to ${most}.`);
  };

/** Takes texts. */
const texts =
  (name: string) =>
  (value: unknown): string[] | undefined => {
    if (value === undefined) return undefined;
    const values = [value].flat();
    if (values.every((it) => typeof it === "string" && it !== "")) return values as string[];
    throw valueError(name, "takes a text; give the option again for each further one.");
  };

/** Takes one text. Tells a user who gives several what to do instead. */
export const onlyOnce =
  (name: string, instead = "It takes one value.") =>
  (value: unknown): string | undefined => {
    if (value === undefined || (typeof value === "string" && value !== "")) return value;
    if (value === "") throw valueError(name, "is empty. Give it a value, or leave it out.");
    throw valueError(name, Array.isArray(value) ? `is given ${value.length} times. ${instead}` : "takes a text.");
  };

/** Takes a url. A config may hold a number, such as a port: the reader of the url says what is wrong with it. */
export function urlGiven(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  if (value === undefined || (typeof value === "string" && value.trim() !== "")) return value;
  if (typeof value !== "string") throw new UsageError("The url is no text. Give one like ws://localhost:8080/path.");
  throw new UsageError("The url is empty. Give one like ws://localhost:8080/path, or none at all.");
}

/** Takes nothing, or the values of another kind. */
const optionally =
  <T>(take: (value: unknown) => T) =>
  (value: unknown): T | undefined =>
    value === undefined ? undefined : take(value);

const SHARD = "^\\d{1,6}/\\d{1,6}$";

/** Takes `2/5`: a place and a count. */
function shardOf(value: unknown): ShardOptions | undefined {
  if (value === undefined) return undefined;
  const [index = 0, of = 0] = new RegExp(SHARD).test(String(value)) ? String(value).split("/").map(Number) : [];
  if (index >= 1 && index <= of) return { index, of };
  throw valueError("shard", "takes which part of how many, as 2/5.");
}

/** An option that takes a number, which it has by default. */
export const numberOption = (name: string, least: number, byDefault: number, describe: string, range: Range = {}) =>
  ({
    type: "number",
    requiresArg: true,
    default: byDefault,
    coerce: integer(name, least, range),
    least,
    most: range.most,
    describe,
  }) as const satisfies Option;

/** An option that takes a number, and has none by default. */
export const numberIfGiven = (name: string, least: number, describe: string, range: Range = {}) =>
  ({
    type: "number",
    requiresArg: true,
    coerce: optionally(integer(name, least, range)),
    least,
    most: range.most,
    describe,
  }) as const satisfies Option;

/** An option that takes a text; `instead` is for who gives several. */
export const textOption = (name: string, describe: string, instead?: string) =>
  ({ type: "string", requiresArg: true, coerce: onlyOnce(name, instead), describe }) as const satisfies Option;

/** An option that takes a part of a run. */
export const shardOption = (describe: string) =>
  ({ type: "string", requiresArg: true, coerce: shardOf, pattern: SHARD, describe }) as const satisfies Option;

/** The url of a server. An empty one is a mistake, often an unset variable. */
export const target = (describe: string) => ({ type: "string", coerce: urlGiven, describe }) as const;

/** An option that takes texts. */
export const textsOption = (name: string, describe: string) =>
  ({ type: "string", requiresArg: true, coerce: texts(name), several: true, describe }) as const satisfies Option;

/** An option that is on or off. */
export const flagOption = (describe: string) =>
  ({ type: "boolean", default: false, describe }) as const satisfies Option;

/** The letters that stand for options. */
export const SHORT = { quiet: "q", verbose: "v" } as const;

/** The other name under which yargs knows an option. */
export const camel = (name: string): string => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

/** Some options of several. */
export const pick = <T extends object, K extends keyof T>(options: T, ...names: readonly K[]): Pick<T, K> =>
  Object.fromEntries(names.map((name) => [name, options[name]])) as Pick<T, K>;

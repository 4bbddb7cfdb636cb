import { existsSync, readFileSync } from "node:fs";
import { isObject } from "../harness/transcript.ts";
import { reason, suggestion, UsageError } from "../harness/usage.ts";
import about from "../package.json" with { type: "json" };
import { ALL_OPTIONS, SWITCHES } from "./commands/index.ts";
import { onOrOff } from "./switches.ts";

/** The config file that the suite finds in the working folder, and the other place where it looks: a key of package.json. */
const CONFIG_FILE = `${about.name}.config.json`;
const PACKAGE_FILE = "package.json";

/** The options of a config that nobody named, and the place where they stand. */
interface FoundConfig {
  readonly place: string;
  readonly options: Record<string, unknown>;
}

/** Finds the config of the working folder; nothing where there is none. Throws a `UsageError` if it is wrong. */
export function findConfig(): FoundConfig | undefined {
  if (existsSync(CONFIG_FILE)) return { place: CONFIG_FILE, options: readConfig(CONFIG_FILE) };
  const options = keyOfPackage();
  if (options === undefined) return undefined;
  const place = `the key "${about.name}" of ${PACKAGE_FILE}`;
  if (!isObject(options)) throw new UsageError(`${place} holds no JSON object. ${EXAMPLE}`);
  return { place, options: optionsIn(options, place) };
}

const EXAMPLE = 'Write one like {"timeout": 5000}.';

/** Reads the options of the suite in package.json. A broken package.json is for others to complain about. */
function keyOfPackage(): unknown {
  try {
    const content: unknown = JSON.parse(readFileSync(PACKAGE_FILE, "utf8"));
    return isObject(content) ? content[about.name] : undefined;
  } catch {
    return undefined;
  }
}

/** Reads a config file: a JSON object of options. Throws a `UsageError`. */
export const readConfig = (path: string): Record<string, unknown> => optionsIn(parseConfig(path), path);

function parseConfig(path: string): Record<string, unknown> {
  try {
    const config: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (isObject(config)) return config;
  } catch (error) {
    throw new UsageError(`Cannot read the config file ${path}: ${reason(error)}.`);
  }
  throw new UsageError(`The config file ${path} holds no JSON object. ${EXAMPLE}`);
}

/** Checks the options of a config; `$schema` is for editors. */
function optionsIn({ $schema: _, ...config }: Record<string, unknown>, place: string): Record<string, unknown> {
  const entries = Object.entries(config);
  const [unknown] = entries.find(([name]) => !ALL_OPTIONS.includes(name)) ?? [];
  if (unknown !== undefined)
    throw new UsageError(
      `${place}: there is no option "${unknown}".${suggestion(unknown, ALL_OPTIONS) || " See --help."}`,
    );
  return Object.fromEntries(
    entries.map(([name, value]) => [name, SWITCHES.has(name) ? onOrOff(value, `${place}: "${name}"`) : value]),
  );
}

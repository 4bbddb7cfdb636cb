import { readFileSync } from "node:fs";
import { isObject } from "../harness/transcript.ts";
import { reason, suggestion, UsageError } from "../harness/usage.ts";
import { ALL_OPTIONS, SWITCHES } from "./commands/index.ts";
import { onOrOff } from "./switches.ts";

/** Reads a config file: a JSON object of options. Throws a `UsageError`. */
export function readConfig(path: string): Record<string, unknown> {
  const entries = Object.entries(parseConfig(path));
  const [unknown] = entries.find(([name]) => !ALL_OPTIONS.includes(name)) ?? [];
  if (unknown !== undefined)
    throw new UsageError(
      `${path}: there is no option "${unknown}".${suggestion(unknown, ALL_OPTIONS) || " See --help."}`,
    );
  return Object.fromEntries(
    entries.map(([name, value]) => [name, SWITCHES.has(name) ? onOrOff(value, `${path}: "${name}"`) : value]),
  );
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

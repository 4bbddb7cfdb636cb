import type { Options } from "yargs";
import about from "../package.json" with { type: "json" };
import { COMMANDS, SWITCHES } from "./commands/index.ts";
import { target } from "./option-kinds.ts";

/** Makes the JSON schema of a config, for editors, out of all options: what each takes, and what it is for. */
export function configSchema(): object {
  const options = Object.values(COMMANDS).flatMap((command) => Object.entries(command.options));
  const url = target(COMMANDS.run?.positionals.url?.describe ?? "");
  // An option that is a switch in one command and takes a value in another has its value here.
  const properties = new Map<string, object>([["url", property("url", url)]]);
  for (const [name, option] of options)
    if (!properties.has(name) && (option.type !== "boolean" || SWITCHES.has(name)))
      properties.set(name, property(name, option));
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: `The config of ${about.name}`,
    type: "object",
    additionalProperties: false,
    properties: {
      $schema: { type: "string", description: "This schema, for editors" },
      ...Object.fromEntries([...properties].toSorted(([a], [b]) => a.localeCompare(b))),
    },
  };
}

const property = (name: string, option: Options): object => ({
  description: option.describe,
  ...takenBy(name, option),
});

const TEXT = { type: "string", minLength: 1 };

/** The values that an option takes. The least number, and if several texts are taken, is found by trying. */
function takenBy(name: string, option: Options): object {
  if (option.type === "boolean") return { type: "boolean" };
  if (option.type === "number") return { type: "integer", minimum: takes(option, 0) ? 0 : 1 };
  if (name === "shard") return { type: "string", pattern: "^\\d{1,6}/\\d{1,6}$" };
  return takes(option, [TEXT.type]) ? { anyOf: [TEXT, { type: "array", items: TEXT }] } : TEXT;
}

function takes({ coerce }: Options, value: unknown): boolean {
  try {
    coerce?.(value);
    return true;
  } catch {
    return false;
  }
}

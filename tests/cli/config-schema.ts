import { COMMANDS, SWITCHES } from "../../cli/commands/index.ts";
import { type Option, target } from "../../cli/option-kinds.ts";
import about from "../../package.json" with { type: "json" };

/** Makes the JSON schema of a config, for editors, out of all options: what each takes, and what it is for. */
export function configSchema(): object {
  const options = Object.values(COMMANDS).flatMap((command) => Object.entries(command.options));
  const url = target(COMMANDS.run?.positionals.url?.describe ?? "");
  // An option that is a switch in one command and takes a value in another has its value here.
  const properties = new Map<string, object>([["url", property(url)]]);
  for (const [name, option] of options)
    if (!properties.has(name) && (option.type !== "boolean" || SWITCHES.has(name)))
      properties.set(name, property(option));
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

const property = (option: Option): object => ({ description: option.describe, ...takenBy(option) });

const TEXT = { type: "string", minLength: 1 };

/** The values that an option takes. */
function takenBy({ type, least, most, pattern, several }: Option): object {
  if (type === "boolean") return { type };
  if (type === "number") return { type: "integer", minimum: least, maximum: most };
  if (pattern !== undefined) return { type: "string", pattern };
  return several ? { anyOf: [TEXT, { type: "array", items: TEXT }] } : TEXT;
}

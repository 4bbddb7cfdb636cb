import type { MessageShape, Protocol } from "../../harness/protocol.ts";
import { isObject } from "../../harness/transcript.ts";
import { sampleOf } from "../../schemas/sample.ts";
import { type PropertyFacts, propertiesIn } from "./properties.ts";

/** The explanation of a command. Its schema is `explain.schema.json`. */
export interface AboutCommand {
  readonly kind: "command";
  readonly command: string;
  readonly messages: readonly AboutMessage[];
}

/** One of the messages of a command: who sends it to whom, and what it holds. */
interface AboutMessage {
  /** Such as `request`, `response` or `event`. */
  readonly type: string;
  readonly from: readonly string[];
  readonly to: readonly string[];
  /** Its form, one or several: a response that tells of a success has another one than a failure. */
  readonly forms: readonly AboutForm[];
  readonly schema: MessageShape["schema"];
}

interface AboutForm {
  /** The status by which it differs from the others. */
  readonly status?: string;
  readonly properties: readonly PropertyFacts[];
  /** The smallest one. Its texts are the names of their properties. */
  readonly example: unknown;
}

/** Returns the names of all commands of a version, each once. */
export const commandsIn = ({ messages = [] }: Protocol): string[] => [...new Set(messages.map((it) => it.command))];

/** Explains a command by its name, or by that of one of its messages; nothing if there is none. */
export function aboutCommand(name: string, { messages = [] }: Protocol): AboutCommand | undefined {
  const [known] = messages.filter((it) => [it.command, `${it.command}/${it.kind}`].includes(name));
  if (!known) return undefined;
  const { command } = known;
  return { kind: "command", command, messages: messages.filter((it) => it.command === command).map(aboutMessage) };
}

function aboutMessage({ kind, source, target, schema }: MessageShape): AboutMessage {
  const branches = [schema.anyOf, schema.oneOf].flatMap((it) => (Array.isArray(it) ? it : [])).filter(isObject);
  return {
    type: kind,
    from: source,
    to: target,
    forms: (branches.length > 0 ? branches : [schema]).map(formOf),
    schema,
  };
}

function formOf(schema: MessageShape["schema"]): AboutForm {
  const status = Object(Object(schema.properties).status).const;
  return {
    ...(typeof status === "string" && { status }),
    properties: propertiesIn(schema),
    example: sampleOf(schema, { text: (name = "text") => name, items: 1, depth: 20 }),
  };
}

/** Tells the explanation of a command. One string per line. */
export const commandInWords = ({ command, messages }: AboutCommand): string[] => [
  command,
  ...messages.flatMap(({ type, from, to, forms }) =>
    forms.flatMap(({ status, properties, example }) => {
      const width = Math.max(...properties.map(({ path }) => path.length));
      return [
        `  ${type}${status === undefined ? "" : `, ${status}`}: from ${from.join(" or ")} to ${to.join(" or ")}`,
        ...properties.map((it) => `    ${it.path.padEnd(width)}  ${it.required ? "required" : "optional"}  ${it.type}`),
        `    example  ${JSON.stringify(example)}`,
      ];
    }),
  ),
];

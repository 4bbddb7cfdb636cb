import { groupBy } from "../../harness/group.ts";
import { isObject, type Message } from "../../harness/transcript.ts";
import { DEPTH, sampleOf } from "../../schemas/sample.ts";
import type { MessageSchema, Schema, Schemas } from "../../schemas/v0/schema.ts";
import { branches } from "../../schemas/v0/walk.ts";
import { request } from "./dialect.ts";
import { violationsIn } from "./protocol.ts";

/** Data of a request, and what is special about it. */
export interface SweepInput {
  readonly what: string;
  readonly data: unknown;
  /** A server may refuse it for any reason: data that is too long may hit a bound before that of the schema. */
  readonly anyReason?: boolean;
}

/** The inputs of one command that are made from its schema. */
export interface Sweep {
  readonly command: string;
  /** Valid data: plain, with odd texts, with further properties. The plain one comes first. */
  readonly valid: readonly SweepInput[];
  /** Data that breaks the schema in one point. */
  readonly invalid: readonly SweepInput[];
}

/** Makes the inputs of every request that one side may send. Leaves out commands for which it finds no valid data. */
export function sweepsOf(schemas: Schemas, from = "user", to = "server"): readonly Sweep[] {
  const violations = violationsIn(schemas);
  return schemas.all.filter(isRequest(from, to)).flatMap(({ command, schema }) => {
    const isValid = ({ data }: SweepInput) => violations(request(command, "", data)).length === 0;
    const data = Object(schema.properties).data;
    const plain: SweepInput = { what: "plain", data: isObject(data) ? plainOf(data) : undefined };
    if (!isValid(plain)) return [];
    const changed = isObject(data) ? changes(data, plain.data, "data") : [];
    const all = [...changed, ...(plain.data === undefined ? [] : [{ what: "without data", data: undefined }])];
    const same = new Set([JSON.stringify(plain.data)]);
    const distinct = all.filter((it) => {
      const text = `${JSON.stringify(it.data)}`;
      return !same.has(text) && same.add(text);
    });
    // Data that is no object is malformed, not invalid.
    const sendable = groupBy(
      distinct.filter((it) => it.data === undefined || isObject(it.data)),
      (it) => (isValid(it) ? "valid" : "invalid"),
    );
    return [
      {
        command,
        valid: [plain, ...(sendable.get("valid") ?? [])],
        invalid: sendable.get("invalid") ?? [],
      },
    ];
  });
}

const isRequest =
  (from: string, to: string) =>
  ({ kind, source, target }: MessageSchema) =>
    kind === "request" && source.includes(from) && target.includes(to);

/** Valid data, as small as can be, of nobody and nothing, so that nothing is harmed. */
const plainOf = (schema: Schema): unknown => sampleOf(schema, { text: () => "conformance-nobody" });

/** Texts that are valid wherever any text is, and that servers stumble over. */
const ODD_TEXTS: Readonly<Record<string, string>> = {
  "a word": "banana",
  "a negative number": "-1",
  "an empty text": "",
  "2^64": "18446744073709551616",
  emoji: "👩‍👩‍👧‍👦",
  NUL: "a\0b",
  "300 characters": "x".repeat(300),
  "4,000 characters": "x".repeat(4_000),
  "a path": "../../etc/passwd",
  "a quote": "' OR 1=1 --",
  "a name that all objects have": "constructor",
  "the name of what objects inherit": "__proto__",
};

/** All values that differ from a plain one in one point, wherever that is. */
function changes(schema: Schema, value: unknown, path: string, depth = 0): readonly SweepInput[] {
  const here = [...replacements(schema, value)].map(([what, data]) => ({
    what: `${path} is ${what}`,
    data,
    ...(isTooLong(schema, data) && { anyReason: true }),
  }));
  if (!isObject(value) || depth > DEPTH) return here;
  const properties = propertiesOf(schema);
  const known = new Map([
    ...Object.entries(properties),
    ...Object.keys(value).map((name) => [name, properties[name] ?? {}] as const),
  ]);
  const inner = [...known].flatMap(([name, one]) => {
    const it = isObject(one) ? one : {};
    const lacking: SweepInput[] = Object.hasOwn(value, name)
      ? [{ what: `without ${path}.${name}`, data: omit(value, name) }]
      : [];
    const plain = Object.hasOwn(value, name) ? value[name] : plainOf(it);
    const changed = changes(it, plain, `${path}.${name}`, depth + 1);
    return [...lacking, ...changed.map((it) => ({ ...it, data: { ...value, [name]: it.data } }))];
  });
  const more = { what: `${path} with a further property`, data: { ...value, conformance: [{ extra: 1 }] } };
  return [...here, more, ...inner];
}

/** The properties that a schema names, in any branch; of several that name one the first counts. */
function propertiesOf(schema: Schema): Message {
  return Object.assign(
    {},
    ...branches(schema)
      .toReversed()
      .map(({ properties }) => (isObject(properties) ? properties : {})),
  );
}

/** Tells if a text is longer than its schema allows: there may be a reason of its own for that. */
const isTooLong = ({ maxLength }: Schema, value: unknown): boolean =>
  typeof value === "string" && typeof maxLength === "number" && value.length > maxLength;

/** Values in the place of one: of other types, out of its list, too long, odd. */
function* replacements(schema: Schema, value: unknown): Generator<readonly [what: string, value: unknown]> {
  yield ["a number", 7];
  yield ["a text", "conformance"];
  yield ["true", true];
  yield ["null", null];
  yield ["an empty array", []];
  yield ["an empty object", {}];
  if (typeof schema.maxLength === "number") yield ["too long", "x".repeat(schema.maxLength + 1)];
  if (typeof schema.minimum === "number") yield ["too small", schema.minimum - 1];
  if (typeof value === "string") for (const [what, text] of Object.entries(ODD_TEXTS)) yield [what, text];
  const items = isObject(schema.items) ? plainOf(schema.items) : undefined;
  if (typeof schema.maxItems === "number") yield ["too many", Array(schema.maxItems + 1).fill(items)];
  if (items !== undefined) yield ["one of a list", [items]];
}

const omit = (value: Message, name: string): Message =>
  Object.fromEntries(Object.entries(value).filter(([it]) => it !== name));

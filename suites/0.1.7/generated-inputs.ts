import type { Arbitrary } from "fast-check";
import type { Generator } from "../../harness/property.ts";
import { isObject, parse } from "../../harness/transcript.ts";
import { documents } from "../../schemas/0.1.7/index.ts";

/** A command as a text. The server has to carry out a valid one. */
export interface GeneratedCommand {
  readonly text: string;
  readonly valid: boolean;
}

/** The commands that a client can send, as their schemas name them. */
const REQUESTS = documents.map(({ $id }) => $id).filter((id) => id.endsWith("/request"));

/** Tells if a text is a command that a client can send. The schemas are open: further properties do not matter. */
export function isValid(text: string): boolean {
  const message = parse(text);
  return isObject(message) && typeof message.command === "string" && REQUESTS.includes(message.command);
}

/** Indents that do not change what a JSON text says. */
const INDENTS = ["", " ", "\t", "\r\n"];

/** Valid commands with any further properties, in the plainest JSON: the command stands first, whatever they are called. */
export function extended(fc: Generator): Arbitrary<string> {
  return message(fc).map(({ command, ...more }) => {
    const rest = JSON.stringify(more).slice(1);
    const head = `{"command":${JSON.stringify(command)}`;
    return rest === "}" ? head + rest : `${head},${rest}`;
  });
}

/** Valid commands in any JSON spelling: order, white space, escapes. */
export function spelled(fc: Generator): Arbitrary<string> {
  const places = fc.array(fc.nat(200), { maxLength: 5 });
  return fc
    .tuple(message(fc), fc.constantFrom(...INDENTS), places, fc.boolean())
    .map(([it, indent, escaped, slashes]) => {
      const text = indent + JSON.stringify(it, null, indent) + indent;
      const escapedSlashes = slashes ? text.replaceAll("/", "\\/") : text;
      return escapeLetters(escapedSlashes, escaped);
    });
}

/** Malformed commands of all kinds that the catalogue names. */
export function malformed(fc: Generator): Arbitrary<string> {
  const value = json(fc);
  const properties = fc.dictionary(key(fc), value, { maxKeys: 4 });
  const noJson = fc.oneof(anything(fc), mutated(fc, extended(fc))).filter((it) => parse(it) === undefined);
  const noObject = value.filter((it) => !isObject(it)).map((it) => JSON.stringify(it));
  const noCommand = fc
    .tuple(properties, fc.option(value.filter((it) => typeof it !== "string")))
    .map(([more, command]) => JSON.stringify(command === null ? more : { ...more, command }));
  const name = fc.oneof(
    mutated(fc, fc.constantFrom(...REQUESTS)),
    fc.stringMatching(/^[a-z]{1,8}\/[a-z]{1,8}\/request$/),
    anything(fc),
  );
  const unknown = fc.tuple(properties, name).map(([more, command]) => JSON.stringify({ command, ...more }));
  // A byte-order mark is left open by the protocol.
  return fc.oneof(noJson, noObject, noCommand, unknown).filter((it) => !isValid(it) && !it.startsWith("\ufeff"));
}

const UP_TO_20 = { minLength: 1, maxLength: 20, size: "max" } as const;

/** Up to 20 commands for one connection. */
export function sequence(fc: Generator): Arbitrary<GeneratedCommand[]> {
  return fc.array(command(fc), UP_TO_20);
}

/** Up to 20 commands of up to 4 clients, in the order in which they are sent. */
export function interleaving(fc: Generator): Arbitrary<[client: number, GeneratedCommand][]> {
  return fc.array(fc.tuple(fc.nat(3), command(fc)), UP_TO_20);
}

function command(fc: Generator): Arbitrary<GeneratedCommand> {
  return fc.oneof(
    { weight: 3, arbitrary: malformed(fc).map((text) => ({ text, valid: false })) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(...REQUESTS).map((name) => ({ text: JSON.stringify({ command: name }), valid: true })),
    },
  );
}

function message(fc: Generator): Arbitrary<Record<string, unknown>> {
  const properties = fc.dictionary(key(fc), json(fc), { maxKeys: 5 });
  return fc
    .tuple(fc.constantFrom(...REQUESTS), properties, fc.boolean())
    .filter(([, more]) => !JSON.stringify(more).includes("__proto__")) // Some refuse that, to be safe.
    .map(([name, more, last]) => (last ? { ...more, command: name } : { command: name, ...more }));
}

const json = (fc: Generator) => fc.jsonValue({ maxDepth: 3, stringUnit: letter(fc) });
const key = (fc: Generator) => fc.string({ unit: letter(fc), maxLength: 8 }).filter((it) => it !== "command");
const anything = (fc: Generator) => fc.string({ unit: letter(fc) });

/** Those that Unicode sets aside for nothing but internal use; some libraries refuse them (`transport.unicode`). */
const isNoncharacter = (point: number) => (point >= 0xfdd0 && point <= 0xfdef) || (point & 0xfffe) === 0xfffe;

/** Any other character, those of ASCII more often; no lone surrogate: no RFC says what that means in JSON. */
function letter(fc: Generator): Arbitrary<string> {
  return fc
    .oneof(
      { weight: 4, arbitrary: fc.integer({ min: 0x20, max: 0x7e }) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 0xd7ff }) },
      { weight: 1, arbitrary: fc.integer({ min: 0xe000, max: 0x10ffff }) },
    )
    .filter((point) => !isNoncharacter(point))
    .map((point) => String.fromCodePoint(point));
}

/** Texts of which one character is left out, doubled, or another. */
function mutated(fc: Generator, texts: Arbitrary<string>): Arbitrary<string> {
  return fc
    .tuple(texts, fc.nat(200), fc.constantFrom("leave out", "double", "other case", "x", "/", '"', " "))
    .map(([text, place, how]) => {
      const i = place % text.length;
      const letter = text.charAt(i);
      const swapped = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
      const changed: Record<string, string> = { "leave out": "", double: letter + letter, "other case": swapped };
      const other = changed[how] ?? how;
      return text.slice(0, i) + other + text.slice(i + 1);
    });
}

/** Writes some letters of a JSON text as `\\u` escapes: those inside strings, where that changes nothing. */
function escapeLetters(text: string, places: readonly number[]): string {
  const letters = [...text.matchAll(/(?<=[a-z/]{2})[a-z](?=[a-z/]*")/g)].map(({ index }) => index);
  const chosen = new Set(places.map((place) => letters[place % letters.length]));
  return Array.from({ length: text.length }, (_, i) => {
    const letter = text.charAt(i);
    return chosen.has(i) ? `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}` : letter;
  }).join("");
}

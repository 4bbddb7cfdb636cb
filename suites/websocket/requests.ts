import type { Outgoing } from "../../harness/deeds.ts";
import type { Context } from "../../harness/scenario.ts";
import type { Message } from "../../harness/transcript.ts";
import type { Dialect } from "./dialect.ts";

/** Sends a request on a connection of its own and judges that it is carried out. */
export async function expectSuccess<Id extends string>(
  { answer, statusOf }: Dialect,
  { connect, check }: Context<Id>,
  requirement: Id,
  request: Outgoing,
): Promise<void> {
  const client = await connect();
  client.send(request);
  check(requirement, statusOf(await answer(client)), { const: "success" });
}

/** The text of a request with further properties, given as text. */
export const requestWith = (request: Message, properties: string): string =>
  `${JSON.stringify(request).slice(0, -1)},${properties}}`;

const CONTROLS = String.fromCharCode(...codes(0x01, 0x1f), ...codes(0x7f, 0x9f));

/** Two characters of each plane of Unicode, no noncharacter. */
export const EVERY_PLANE = Array.from({ length: 17 }, (_, plane) =>
  String.fromCodePoint((plane << 16) + 0xe000, (plane << 16) + 0xfffd),
).join("");

/** Properties, as texts, that are rare and could upset a server: a case sends them while somebody else is connected. */
export const rareProperties: Readonly<Record<string, string>> = {
  // The names of properties that objects have anyway in JavaScript and elsewhere.
  ...Object.fromEntries(
    ["hasOwnProperty", "toString", "constructor", "valueOf", "toJSON"].map((name) => [
      `named-${name.replaceAll(/[A-Z]+/g, (letter) => `-${letter.toLowerCase()}`)}`,
      property(name, "x"),
    ]),
  ),
  "with-nul-in-its-text": property("extra", "a\0b"),
  "with-nul-in-its-name": property("a\0b", "x"),
  "with-control-characters-in-its-text": property("extra", CONTROLS),
  "with-control-characters-in-its-name": property(CONTROLS, "x"),
  "with-every-plane-in-its-text": property("extra", EVERY_PLANE),
  "with-every-plane-in-its-name": property(EVERY_PLANE, "x"),
};

/** Numbers that JSON can write and every JSON parser can read, if not hold. */
export const rareNumbers: Readonly<Record<string, string>> = {
  "minus-zero": "-0",
  "an-exponent": "-1.5E+2",
  "an-exponent-behind-a-small-e": "1e5",
  "a-negative-exponent": "1E-5",
  "an-integer-past-2-53": "9007199254740993",
  "the-last-integer-of-64-bits": "9223372036854775807",
  "the-first-integer-of-64-bits": "-9223372036854775808",
  "a-long-fraction": "3.14159265358979323846264338327950288",
};

/** Other spellings of the JSON of a request; each is the same request. */
export function spellings({ request, key, name }: Pick<Dialect, "request" | "key" | "name">): Record<string, string> {
  const text = JSON.stringify(request);
  const properties = Object.entries(request).map(
    ([its, value]) => `\r\n\t${JSON.stringify(its)}:\r\n\t\t${JSON.stringify(value)}`,
  );
  return {
    "spaces-around": `  ${text}  `,
    "spaces-inside": tokens(text).join(" "),
    "tabs-and-line-breaks": `\r\n{${properties.join(",")}\r\n}\r\n`,
    "a-tab-behind": `${text}\t`,
    "carriage-returns-alone": `\r${tokens(text).join("\r")}\r`,
    "escaped-slashes": text.replaceAll("/", "\\/"),
    "slashes-escaped-in-capital-digits": text.replaceAll("/", "\\u002F"),
    "one-escaped-letter": text.replace(name, escapeAll(name.slice(0, 1)) + name.slice(1)),
    "escaped-letters": text.replace(name, escapeAll(name)),
    "escaped-name": text.replace(key, escapeAll(key)),
    "an-escaped-pair-of-surrogates": requestWith(request, '"extra":"\\ud83d\\udca5"'),
    "spaces-in-empty-brackets": requestWith(request, '"extra":[[ ],{ }]'),
    "command-last": `{"a":1,"b":{"${key}":"banana"},${text.slice(1)}`,
  };
}

/** The tokens of a JSON text. */
export const tokens = (text: string): readonly string[] =>
  text.match(/"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s{}[\]:,"]+/g) ?? [];

/** The part of a request that is long: the whole message, or the text in its further property. */
type Part = "message" | "text";

/** Beyond this power of two, one length is enough: a server pays for each by its length. */
const COSTLY = 16;

/** Lengths in bytes around every power of two from 2^7 to 2^20, where buffers, fields of lengths and limits end. */
export const lengths: readonly (readonly [of: Part, length: number])[] = (["message", "text"] as const).flatMap((of) =>
  codes(7, 20)
    .flatMap((power) => (power > COSTLY ? [2 ** power] : [2 ** power - 1, 2 ** power, 2 ** power + 1]))
    .map((length) => [of, length] as const),
);

/** A request that is so many bytes long, or whose further text is. */
export const requestOfLength = (request: Message, of: Part, length: number): string =>
  of === "text"
    ? requestWith(request, property("extra", "x".repeat(length)))
    : JSON.stringify({ ...request, ...filling(request, length) });

/** A property that makes a request so many bytes long. */
export const filling = (request: Message, length: number): { extra: string } => ({
  extra: "x".repeat(length - JSON.stringify({ ...request, extra: "" }).length),
});

function property(name: string, value: unknown): string {
  return `${JSON.stringify(name)}:${JSON.stringify(value)}`;
}

function escapeAll(text: string): string {
  return Array.from(text, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
}

function codes(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

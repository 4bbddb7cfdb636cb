import { DISCONNECT, disconnect } from "./protocol.ts";

/** Further properties of a disconnect request; with any of them it is a valid request. */
export const extras: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "a-number": { extra: 1 },
  "an-object": { extra: { nested: ["a", null] } },
  null: { extra: null },
  data: { data: {} },
  status: { status: "failed" },
  "a-message-id": { messageId: "7c6f4f4e" },
  "a-non-ascii-name": { größe: "ü" },
  "a-long-text": { extra: "x".repeat(4_000) },
  // Where the length of a frame begins to take two bytes more.
  ...Object.fromEntries([125, 126].map((length) => [`${length}-bytes-in-all`, filling(length)])),
  "100-properties": Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`property${i}`, i])),
};

const CONTROLS = String.fromCharCode(...codes(0x01, 0x1f), ...codes(0x7f, 0x9f));

/** Two characters of each plane of Unicode, no noncharacter. */
export const EVERY_PLANE = Array.from({ length: 17 }, (_, plane) =>
  String.fromCodePoint((plane << 16) + 0xe000, (plane << 16) + 0xfffd),
).join("");

/** Properties, as texts, that are rare and could upset a server, so that they are sent while somebody else is connected. */
export const rare: Readonly<Record<string, string>> = {
  // What objects have anyway in JavaScript and elsewhere.
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
export const numbers: Readonly<Record<string, string>> = {
  "minus-zero": "-0",
  "an-exponent": "-1.5E+2",
  "an-integer-past-2-53": "9007199254740993",
  "the-last-integer-of-64-bits": "9223372036854775807",
  "the-first-integer-of-64-bits": "-9223372036854775808",
  "a-long-fraction": "3.14159265358979323846264338327950288",
};

/** A disconnect request with further properties, as texts. */
export const requestWith = (properties: string): string => `{"command":"${DISCONNECT}",${properties}}`;

/** Spellings of a disconnect request; each is the same request. */
export const spellings: Readonly<Record<string, string>> = {
  "spaces-around": `  {"command":"${DISCONNECT}"}  `,
  "spaces-inside": `{ "command" : "${DISCONNECT}" }`,
  "tabs-and-line-breaks": `\r\n{\r\n\t"command":\r\n\t\t"${DISCONNECT}"\r\n}\r\n`,
  "escaped-slashes": `{"command":"${DISCONNECT.replaceAll("/", "\\/")}"}`,
  "one-escaped-letter": `{"command":"\\u0073${DISCONNECT.slice(1)}"}`,
  "escaped-letters": `{"command":"${escapeAll(DISCONNECT)}"}`,
  "escaped-name": `{"${escapeAll("command")}":"${DISCONNECT}"}`,
  "command-last": `{"a":1,"b":{"command":"banana"},"command":"${DISCONNECT}"}`,
};

/** What of a request is long: the whole message, or the text in its further property. */
type Part = "message" | "text";

/** Beyond this power one length is enough: each costs the server as much as it is long. */
const COSTLY = 16;

/** Lengths in bytes around every power of two from 2^7 to 2^20, where buffers, fields of lengths and limits end. */
export const lengths: readonly (readonly [of: Part, length: number])[] = (["message", "text"] as const).flatMap((of) =>
  codes(7, 20)
    .flatMap((power) => (power > COSTLY ? [2 ** power] : [2 ** power - 1, 2 ** power, 2 ** power + 1]))
    .map((length) => [of, length] as const),
);

/** A disconnect request that is so long, or whose further text is. */
export function requestOfLength(of: Part, length: number): string {
  return requestWith(
    of === "text" ? property("extra", "x".repeat(length)) : JSON.stringify(filling(length)).slice(1, -1),
  );
}

function property(name: string, value: unknown): string {
  return `${JSON.stringify(name)}:${JSON.stringify(value)}`;
}

function escapeAll(text: string): string {
  return Array.from(text, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
}

/** A property that makes a disconnect request so many bytes long. */
function filling(length: number): { extra: string } {
  return { extra: "x".repeat(length - JSON.stringify({ ...disconnect, extra: "" }).length) };
}

function codes(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

import { DISCONNECT, disconnect } from "./protocol.ts";

/** What only lenient parsers take for JSON, each in an otherwise exact disconnect request. */

const request = JSON.stringify(disconnect);
const extended = (value: string) => `{"command":"${DISCONNECT}","extra":${value}}`;

/** The request with something between its tokens, by the place. */
const between = (it: string): Readonly<Record<string, string>> => ({
  "behind-the-brace": `{${it}"command":"${DISCONNECT}"}`,
  "behind-the-name": `{"command"${it}:"${DISCONNECT}"}`,
  "behind-the-colon": `{"command":${it}"${DISCONNECT}"}`,
  "behind-the-value": `{"command":"${DISCONNECT}"${it}}`,
});

const numbers = {
  nan: "NaN",
  infinity: "Infinity",
  "minus-infinity": "-Infinity",
  "hexadecimal-number": "0x1F",
  "plus-before-a-number": "+1",
  "zero-before-a-number": "01",
  "zero-before-a-negative-number": "-01",
  "point-before-a-number": ".5",
  "point-behind-a-number": "1.",
};

const comments = { "block-comment": "/* bye */", "line-comment": "// bye\n" };

/** White space of Unicode, or of C, that is none of JSON. */
const spaces = {
  "vertical-tab": "\v",
  "form-feed": "\f",
  "next-line": "\u0085",
  "non-breaking-space": "\u00a0",
  "em-space": "\u2003",
  "line-separator": "\u2028",
  "ideographic-space": "\u3000",
  "zero-width-no-break-space": "\ufeff",
};

const rows = <T>(
  table: Readonly<Record<string, T>>,
  row: (name: string, it: T) => readonly (readonly [string, string])[],
) => Object.fromEntries(Object.entries(table).flatMap(([name, it]) => row(name, it)));

/** The texts by what is lenient about them. */
export const lenient: Readonly<Record<string, string>> = {
  ...rows(numbers, (name, number) => [[`extra-${name}`, extended(number)]]),
  ...rows(comments, (name, comment) => [
    [`${name}-before`, comment + request],
    ...Object.entries(between(comment)).map(([place, text]) => [`${name}-${place}`, text] as const),
    [`${name}-behind`, request + comment],
  ]),
  ...rows(spaces, (name, space) => [
    // A mark of the byte order before a text is left open by the protocol.
    space === "\ufeff" ? [`${name}-behind`, request + space] : [`${name}-around`, space + request + space],
    [`${name}-between-tokens`, `{${["", '"command"', ":", `"${DISCONNECT}"`, ""].join(space)}}`],
  ]),
};

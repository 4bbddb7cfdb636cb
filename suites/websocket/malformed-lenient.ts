import type { Message } from "../../harness/transcript.ts";
import { requestWith, tokens } from "./requests.ts";

/** Numbers that are none in JSON. */
const NO_NUMBERS = {
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

/** Other values that are none in JSON. */
const NO_VALUES = {
  "none-of-python": "None",
  "true-of-python": "True",
  undefined: "undefined",
  "unquoted-text": "banana",
  "text-in-backticks": "`banana`",
  "comma-at-the-end-of-an-array": "[1,]",
  "comma-at-the-beginning-of-an-array": "[,1]",
  "two-commas-in-an-array": "[1,,2]",
  "underscore-in-a-number": "1_000",
  "raw-tab-in-text": '"a\tb"',
  "escaped-apostrophe": '"\\\'"',
  "escape-of-two-digits": '"\\x41"',
  "octal-escape": '"\\101"',
  "escape-of-eight-digits": '"\\U00000041"',
  "escape-in-braces": '"\\u{41}"',
};

const COMMENTS = { "block-comment": "/* bye */", "line-comment": "// bye\n", "hash-comment": "# bye\n" };

/** White space of Unicode, or of C, that is none in JSON. */
const SPACES = {
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

/** The text of a request with something between its tokens, by the place. */
const between = (request: Message, it: string): Readonly<Record<string, string>> => {
  const [brace, name, colon, ...rest] = tokens(JSON.stringify(request));
  const value = rest.slice(0, -1).join("");
  return {
    "behind-the-brace": `${brace}${it}${name}${colon}${value}}`,
    "behind-the-name": `${brace}${name}${it}${colon}${value}}`,
    "behind-the-colon": `${brace}${name}${colon}${it}${value}}`,
    "behind-the-value": `${brace}${name}${colon}${value}${it}}`,
  };
};

/** Texts that only lenient parsers take for JSON, each an otherwise exact request, by the leniency that it takes. */
export function lenientTexts(request: Message): Readonly<Record<string, string>> {
  const text = JSON.stringify(request);
  return {
    ...rows(NO_NUMBERS, (name, number) => [[`extra-${name}`, requestWith(request, `"extra":${number}`)]]),
    ...rows(NO_VALUES, (name, value) => [[`extra-${name}`, requestWith(request, `"extra":${value}`)]]),
    ...rows(COMMENTS, (name, comment) => [
      [`${name}-before`, comment + text],
      ...Object.entries(between(request, comment)).map(([place, it]) => [`${name}-${place}`, it] as const),
      [`${name}-behind`, text + comment],
    ]),
    ...rows(SPACES, (name, space) => [
      // A mark of the byte order before a text is left open by the protocol.
      space === "\ufeff" ? [`${name}-behind`, text + space] : [`${name}-around`, space + text + space],
      [`${name}-between-tokens`, tokens(text).join(space)],
    ]),
  };
}

import { requestWith } from "./disconnect-inputs.ts";
import { lenient } from "./lenient-inputs.ts";
import { DISCONNECT, DISCONNECTED, disconnect, GREETING } from "./protocol.ts";

/** One malformed command. */
export interface Input {
  /** What is wrong with it; with the group, its id. */
  readonly name: string;
  /** The text frame. */
  readonly text: string;
  /**
   * A lenient server could take it for a disconnect request: that it is not carried out says something only where the
   * exact request is.
   */
  readonly near: boolean;
}

const json = JSON.stringify;
const request = json(disconnect);
const [service, endpoint] = DISCONNECT.split("/") as [string, string];

const far = (inputs: Record<string, string>): Input[] =>
  Object.entries(inputs).map(([name, text]) => ({ name, text, near: false }));
const near = (inputs: Record<string, string>): Input[] =>
  Object.entries(inputs).map(([name, text]) => ({ name, text, near: true }));
const commands = (inputs: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(Object.entries(inputs).map(([name, command]) => [name, json({ command })]));

/** The groups that the catalogue names. */
export const groups: Readonly<Record<string, readonly Input[]>> = {
  "not-json": [
    ...far({
      empty: "",
      space: " ",
      word: "banana",
      "open-brace": "{",
      nan: '{"command":NaN}',
      undefined: "undefined",
      xml: "<command>system/version/request</command>",
      "http-request": "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "control-characters": "\u0001\u0002\u0003",
    }),
    ...near({
      "cut-off": request.slice(0, -1),
      "bare-command": DISCONNECT,
      "single-quotes": request.replaceAll('"', "'"),
      "trailing-comma": request.replace("}", ",}"),
      "unquoted-name": request.replace('"command"', "command"),
      comment: `${request} // bye`,
      "text-after": `${request} banana`,
      "text-before": `banana ${request}`,
      "two-objects": request + request,
      "two-lines": `${request}\n${request}`,
      "escaped-twice": json(request).slice(1, -1),
      "form-encoded": `command=${encodeURIComponent(DISCONNECT)}`,
      "raw-line-break-in-text": `{"command":"${DISCONNECT}\n"}`,
    }),
  ],
  "no-object": [
    ...far({
      null: "null",
      true: "true",
      number: "0",
      "number-with-exponent": "1e400",
      "empty-text": '""',
      "empty-array": "[]",
    }),
    ...near({
      "command-as-text": json(DISCONNECT),
      "request-as-text": json(request),
      "array-of-command": json([DISCONNECT]),
      "array-of-name-and-command": json(["command", DISCONNECT]),
    }),
  ],
  "no-command": [
    ...far({
      "empty-object": "{}",
      "other-property": json({ type: "request" }),
      ...commands({ null: null, number: 1, true: true, "empty-array": [], object: {} }),
    }),
    ...near({
      "upper-case-name": json({ COMMAND: DISCONNECT }),
      "capital-name": json({ Command: DISCONNECT }),
      "spaced-name": json({ "command ": DISCONNECT }),
      "plural-name": json({ commands: DISCONNECT }),
      "short-name": json({ cmd: DISCONNECT }),
      "empty-name": json({ "": DISCONNECT }),
      ...commands({ "command-in-array": [DISCONNECT], "command-in-object": disconnect }),
    }),
  ],
  unknown: far(
    commands({
      service: "conformance/unknown/request",
      endpoint: `${service}/unknown/request`,
      "empty-text": "",
      space: " ",
      slash: "/",
      "empty-endpoint": `${service}//request`,
      "one-word": "request",
      path: "../../etc/passwd",
      proto: "__proto__",
      constructor: "constructor",
      "to-string": "toString",
      "non-ascii": "größe/日本/💥",
      "lone-surrogate": "\ud800",
      long: "x".repeat(2_000),
    }),
  ),
  "not-for-clients": far({
    ...commands({
      "version-request": GREETING.replace("response", "request"),
      "version-response": GREETING,
      "disconnected-request": DISCONNECTED.replace("response", "request"),
      "disconnected-response": DISCONNECTED,
      "disconnect-response": DISCONNECT.replace("request", "response"),
    }),
    "disconnected-success": json({ command: DISCONNECTED, status: "success" }),
    "disconnected-failed": json({ command: DISCONNECTED, status: "failed", reason: "internal_error" }),
  }),
  "near-miss": near(
    commands({
      "capital-letters": "System/Disconnect/Request",
      "upper-case": DISCONNECT.toUpperCase(),
      "one-capital": DISCONNECT.replace("q", "Q"),
      "space-before": ` ${DISCONNECT}`,
      "space-after": `${DISCONNECT} `,
      "space-inside": DISCONNECT.replaceAll("/", " / "),
      "line-break-after": `${DISCONNECT}\n`,
      "tab-before": `\t${DISCONNECT}`,
      "nul-after": `${DISCONNECT}\0`,
      "zero-width-space": `${DISCONNECT}\u200b`,
      "slash-before": `/${DISCONNECT}`,
      "slash-after": `${DISCONNECT}/`,
      "double-slash": DISCONNECT.replace("/", "//"),
      backslashes: DISCONNECT.replaceAll("/", "\\"),
      dots: DISCONNECT.replaceAll("/", "."),
      "percent-encoded": encodeURIComponent(DISCONNECT),
      query: `${DISCONNECT}?now=1`,
      "letter-after": `${DISCONNECT}s`,
      "letter-before": `x${DISCONNECT}`,
      "letter-missing": DISCONNECT.slice(0, -1),
      "part-missing": `${service}/${endpoint}`,
      "service-missing": `${endpoint}/request`,
      "part-twice": `${DISCONNECT}/request`,
      "service-before": `lobby/${DISCONNECT}`,
      homoglyph: DISCONNECT.replace("e", "\u0435"),
      "full-width-letter": DISCONNECT.replace("s", "\uff53"),
    }),
  ),
  nested: near({
    "in-array": `[${request}]`,
    "in-arrays": `[[${request}]]`,
    "under-proto": `{"__proto__":${request}}`,
    "under-constructor": `{"constructor":{"prototype":${request}}}`,
    "under-data": `{"data":${request}}`,
    "under-empty-name": `{"":${request}}`,
    "beside-unknown-command": `{"command":"conformance/unknown/request","data":${request}}`,
    "after-number-in-array": `[0,${request}]`,
  }),
};

/** More near misses, of which nothing worse is known than that they are carried out: they are sent while nobody watches. */
export const unwatched: Readonly<Record<string, readonly Input[]>> = {
  lenient: near({ ...lenient, "nul-behind": `${request}\0`, "nul-and-text-behind": `${request}\0banana` }),
  enveloped: near(
    Object.fromEntries(
      ["payload", "request", "body", "params", "message"].map((name) => [`in-${name}`, `{"${name}":${request}}`]),
    ),
  ),
  wildcard: near(
    commands({
      "glob-for-all": "*",
      "glob-for-a-part": DISCONNECT.replace(endpoint, "*"),
      "glob-behind": DISCONNECT.replace("request", "*"),
      "like-all": "%",
      "like-a-part": DISCONNECT.replace(endpoint, "%"),
      "like-behind": DISCONNECT.replace("request", "%"),
    }),
  ),
  escaped: near(
    commands({
      "percent-encoded-letter": DISCONNECT.replace("s", "%73"),
      "html-escaped-letter": DISCONNECT.replace("s", "&#115;"),
      "html-escaped-slashes": DISCONNECT.replaceAll("/", "&#x2F;"),
      "html-names-for-slashes": DISCONNECT.replaceAll("/", "&sol;"),
      "letter-twice": DISCONNECT.replace("s", "\\u0073"),
    }),
  ),
};

/** More that is left open: JSON that some parsers refuse, each in an exact disconnect request; sent while nobody watches. */
export const refusable: Readonly<Record<string, string>> = {
  "lone-surrogate-in-text": requestWith('"extra":"\\ud800"'),
  "lone-surrogate-in-name": requestWith('"\\udc00":1'),
  "property-named-proto": requestWith('"__proto__":{"extra":1}'),
  "property-named-constructor-with-a-prototype": requestWith('"constructor":{"prototype":{"extra":1}}'),
  "number-past-the-largest-of-64-bits": requestWith('"extra":1e400'),
  "number-below-the-smallest-of-64-bits": requestWith('"extra":1e-400'),
  "integer-past-64-bits": requestWith('"extra":18446744073709551616'),
  "integer-of-100-digits": requestWith(`"extra":${"7".repeat(100)}`),
  "fraction-of-1000-digits": requestWith(`"extra":0.${"7".repeat(1_000)}`),
};

/** What the protocol leaves open. Every one holds an exact disconnect request. */
export const unspecified: Readonly<Record<string, string | Uint8Array>> = {
  "binary-frame": Buffer.from(request),
  "byte-order-mark": `\ufeff${request}`,
  "duplicate-command-right-last": `{"command":"banana","command":"${DISCONNECT}"}`,
  "duplicate-command-right-first": `{"command":"${DISCONNECT}","command":"banana"}`,
};

/** Texts that are nested so deep that a parser may run out of its stack; none of them is a request. */
export const deep: Readonly<Record<string, () => string>> = {
  arrays: () => "[".repeat(DEEP) + "]".repeat(DEEP),
  "arrays-cut-off": () => "[".repeat(DEEP),
  objects: () => ['{"a":'.repeat(DEEP), "1", "}".repeat(DEEP)].join(""),
  "objects-cut-off": () => '{"a":'.repeat(DEEP),
};

const DEEP = 100_000;

import type { MalformedDialect } from "./dialect.ts";
import { lenientTexts } from "./malformed-lenient.ts";
import { escapedNames, nearMisses, plainWords, unknownNames, wildcards } from "./malformed-names.ts";
import { requestWith } from "./requests.ts";

/** One malformed command. */
interface MalformedInput {
  /** Says what is wrong with it; with the group, its id. */
  readonly name: string;
  /** The text frame. */
  readonly text: string;
  /** A lenient server could take it for a request. Only a server that carries out the exact request shows that it refuses this one. */
  readonly near: boolean;
}

type Texts = Readonly<Record<string, string>>;
/** The parts of a dialect that malformed commands are made of. */
type Parts = Pick<MalformedDialect, "request" | "key" | "name" | "unknown" | "notForClients">;

const json = JSON.stringify;
const far = (texts: Texts): MalformedInput[] =>
  Object.entries(texts).map(([name, text]) => ({ name, text, near: false }));
const near = (texts: Texts): MalformedInput[] =>
  Object.entries(texts).map(([name, text]) => ({ name, text, near: true }));

/** Messages that are made as a request is, with another command; those that have the same are left out. */
const commands = ({ request, key, name }: Parts, others: Readonly<Record<string, unknown>>): Texts =>
  Object.fromEntries(
    Object.entries(others)
      .filter(([, command]) => command !== name)
      .map(([what, command]) => [what, json({ ...request, [key]: command })]),
  );

/** The groups that the catalogue names. */
export const malformedGroups = (parts: Parts): Readonly<Record<string, readonly MalformedInput[]>> => ({
  "not-json": [...far(NO_JSON), ...near(nearlyJson(parts))],
  "no-object": [...far(NO_OBJECT), ...near(wrapped(parts))],
  "no-command": [
    ...far({
      "empty-object": "{}",
      "other-property": json({ type: "request" }),
      ...commands(parts, { null: null, number: 1, true: true, "empty-array": [], object: {} }),
    }),
    ...near(renamed(parts)),
  ],
  unknown: far(commands(parts, unknownNames(parts.name, parts.unknown[parts.key]))),
  "not-for-clients": far(parts.notForClients),
  "near-miss": near(commands(parts, nearMisses(parts.name))),
  nested: near(nested(parts)),
});

const NO_JSON = {
  empty: "",
  space: " ",
  word: "banana",
  "open-brace": "{",
  nan: '{"command":NaN}',
  undefined: "undefined",
  xml: "<command>system/version/request</command>",
  "http-request": "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
  "control-characters": "\u0001\u0002\u0003",
};

const nearlyJson = ({ request, key, name }: Parts): Texts => {
  const text = json(request);
  return {
    "cut-off": text.slice(0, -1),
    "bare-command": name,
    "single-quotes": text.replaceAll('"', "'"),
    "trailing-comma": text.replace(/}$/, ",}"),
    "unquoted-name": text.replace(`"${key}"`, key),
    comment: `${text} // bye`,
    "text-after": `${text} banana`,
    "text-before": `banana ${text}`,
    "two-objects": text + text,
    "two-lines": `${text}\n${text}`,
    "escaped-twice": json(text).slice(1, -1),
    "form-encoded": `${key}=${encodeURIComponent(name)}`,
    "raw-line-break-in-text": text.replace(name, `${name}\n`),
  };
};

const NO_OBJECT = {
  null: "null",
  true: "true",
  number: "0",
  "number-with-exponent": "1e400",
  "empty-text": '""',
  "empty-array": "[]",
};

const wrapped = ({ request, key, name }: Parts): Texts => ({
  "command-as-text": json(name),
  "request-as-text": json(json(request)),
  "array-of-command": json([name]),
  "array-of-name-and-command": json([key, name]),
});

/** Requests whose command stands under another name, or in something else. */
const renamed = (parts: Parts): Texts => {
  const { [parts.key]: command, ...rest } = parts.request;
  const under = (key: string) => json({ ...rest, [key]: command });
  return {
    "upper-case-name": under(parts.key.toUpperCase()),
    "capital-name": under(parts.key.replace(/^./, (letter) => letter.toUpperCase())),
    "spaced-name": under(`${parts.key} `),
    "plural-name": under(`${parts.key}s`),
    "short-name": under("cmd"),
    "empty-name": under(""),
    ...commands(parts, { "command-in-array": [command], "command-in-object": parts.request }),
  };
};

const nested = ({ request, unknown }: Parts): Texts => {
  const text = json(request);
  return {
    "in-array": `[${text}]`,
    "in-arrays": `[[${text}]]`,
    "under-proto": `{"__proto__":${text}}`,
    "under-constructor": `{"constructor":{"prototype":${text}}}`,
    "under-data": `{"data":${text}}`,
    "under-empty-name": `{"":${text}}`,
    "beside-unknown-command": requestWith(unknown, `"data":${text}`),
    "after-number-in-array": `[0,${text}]`,
  };
};

/** More near misses. They need no bystander, since no server is known to do worse than carry them out. */
export function unwatchedGroups(parts: Parts): Readonly<Record<string, readonly MalformedInput[]>> {
  const { request, name } = parts;
  const text = json(request);
  return {
    lenient: near({ ...lenientTexts(request), "nul-behind": `${text}\0`, "nul-and-text-behind": `${text}\0banana` }),
    enveloped: near(
      Object.fromEntries(
        ["payload", "request", "body", "params", "message"].map((it) => [`in-${it}`, `{"${it}":${text}}`]),
      ),
    ),
    "plain-word": near(Object.fromEntries(plainWords.map((word) => [word, word]))),
    wildcard: near(commands(parts, wildcards(name))),
    escaped: near(commands(parts, escapedNames(name))),
  };
}

/**
 * JSON that some parsers refuse, each in an exact request. It is sent without a bystander, since the RFCs do not say what a server does
 * with it.
 */
export const refusableTexts = ({ request }: Parts): Texts =>
  Object.fromEntries(Object.entries(REFUSABLE).map(([name, properties]) => [name, requestWith(request, properties)]));

const REFUSABLE = {
  "lone-surrogate-in-text": '"extra":"\\ud800"',
  "lone-surrogate-in-name": '"\\udc00":1',
  "property-named-proto": '"__proto__":{"extra":1}',
  "property-named-constructor-with-a-prototype": '"constructor":{"prototype":{"extra":1}}',
  "number-past-the-largest-of-64-bits": '"extra":1e400',
  "number-below-the-smallest-of-64-bits": '"extra":1e-400',
  "integer-past-64-bits": '"extra":18446744073709551616',
  "integer-of-100-digits": `"extra":${"7".repeat(100)}`,
  "fraction-of-1000-digits": `"extra":0.${"7".repeat(1_000)}`,
};

/** Texts that the protocol leaves open. Every one holds an exact request. */
export function unspecifiedInputs({ request, key }: Parts): Readonly<Record<string, string | Uint8Array>> {
  const text = json(request);
  return {
    "binary-frame": Buffer.from(text),
    "byte-order-mark": `\ufeff${text}`,
    "duplicate-command-right-last": text.replace(`"${key}":`, `"${key}":"banana","${key}":`),
    "duplicate-command-right-first": requestWith(request, `"${key}":"banana"`),
  };
}

/** Texts that are nested so deep that a parser may run out of its stack; none of them is a request. */
export const deepTexts = {
  arrays: () => "[".repeat(DEEP) + "]".repeat(DEEP),
  "arrays-cut-off": () => "[".repeat(DEEP),
  objects: () => ['{"a":'.repeat(DEEP), "1", "}".repeat(DEEP)].join(""),
  "objects-cut-off": () => '{"a":'.repeat(DEEP),
} as const satisfies Readonly<Record<string, () => string>>;

const DEEP = 100_000;

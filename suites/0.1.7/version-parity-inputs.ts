import type { ConnectOptions } from "../../harness/scenario.ts";
import { version } from "../../schemas/0.1.7/index.ts";
import { targeting } from "../websocket/heads.ts";
import { PARAMETER, queryOf } from "./protocol.ts";

/** The parity that a greeting gives to a client's version that can be parsed. */
export type Parity = "match" | "major_mismatch" | "minor_mismatch" | "patch_mismatch";

const VERSION_PARTS = ["major", "minor", "patch"] as const;
const numbersOf = (it: string) => it.split(".").map(Number);
const [major = 0, minor = 0, patch = 0] = numbersOf(version);

/** The parity of a client's version, by the precedence that semver defines. */
export function parityOf(client: string): Parity {
  const theirs = numbersOf(client);
  const different = VERSION_PARTS.find((_, i) => theirs[i] !== [major, minor, patch][i]);
  return different === undefined ? "match" : `${different}_mismatch`;
}

const RELATIONS = { lower: -1, equal: 0, higher: 1 } as const;
type Relation = keyof typeof RELATIONS;

/** A number that stands in this relation to another, where there is one: none is below 0. */
const near = (n: number, relation: Relation) => (n + RELATIONS[relation] < 0 ? [] : [n + RELATIONS[relation]]);

/** Every combination of lower, equal and higher that is possible for the version under test. */
export const combinations = (Object.keys(RELATIONS) as Relation[]).flatMap((a, _, all) =>
  all.flatMap((b) =>
    all.flatMap((c) =>
      near(major, a).flatMap((x) =>
        near(minor, b).flatMap((y) => near(patch, c).map((z) => ({ name: `${a}-${b}-${c}`, value: `${x}.${y}.${z}` }))),
      ),
    ),
  ),
);

/** Versions that only a comparison of numbers tells apart, not one of prefixes or digits. */
export const lookalikes = [
  { name: "patch-with-zero", value: `${major}.${minor}.${patch}0` },
  { name: "patch-with-digit-before", value: `${major}.${minor}.1${patch}` },
  { name: "minor-with-zero", value: `${major}.${minor}0.${patch}` },
  { name: "minor-with-digit-before", value: `${major}.1${minor}.${patch}` },
  { name: "major-with-digit-before", value: `1${major}.${minor}.${patch}` },
  // Some languages take a zero for nothing, and some comparisons look at the next number only.
  { name: "patch-of-zero", value: `${major}.${minor}.0` },
  { name: "major-higher-by-two", value: `${major + 2}.${minor}.${patch}` },
  // A server that keeps numbers in so few bits takes them for the version under test.
  ...[8, 16, 32].flatMap((bits) => [
    { name: `patch-wrapped-at-${bits}-bits`, value: `${major}.${minor}.${patch + 2 ** bits}` },
    { name: `minor-wrapped-at-${bits}-bits`, value: `${major}.${minor + 2 ** bits}.${patch}` },
    { name: `major-wrapped-at-${bits}-bits`, value: `${major + 2 ** bits}.${minor}.${patch}` },
  ]),
  // So does one that packs a version in one number.
  ...[100, 256, 1_000, 10_000, 65_536].map((base) => ({
    name: `patch-with-a-minor-in-it-by-${base}`,
    value: `${major}.${minor - 1}.${patch + base}`,
  })),
];

/** Queries that hold no version. */
export const missing = [
  { name: "no-query", query: "" },
  { name: "other-parameter", query: "other=1" },
  { name: "longer-name", query: `x${PARAMETER}=${version}&${PARAMETER}x=${version}` },
  { name: "in-a-value", query: `other=${PARAMETER}%3D${version}` },
];

/** A question mark with no query behind it, which no URL object can hold. */
export const emptyQuery: ConnectOptions = {
  query: "",
  handshake: { ask: targeting((target) => (target.includes("?") ? target : `${target}?`)) },
};

/** Versions that are no `major.minor.patch`. */
export const unparseable = {
  empty: "",
  word: "banana",
  "one-number": "1",
  "two-numbers": `${major}.${minor}`,
  "four-numbers": `${version}.0`,
  "v-before": `v${version}`,
  "leading-zero": `0${version}`,
  "leading-zero-in-patch": `${major}.${minor}.0${patch}`,
  "leading-zero-in-minor": `${major}.0${minor}.${patch}`,
  "point-behind": `${version}.`,
  "in-quotes": `"${version}"`,
  "space-before": ` ${version}`,
  "space-after": `${version} `,
  "line-break-after": `${version}\n`,
  "tab-after": `${version}\t`,
  "underscore-after": `${version}_`,
  "encoded-twice": version.replaceAll(".", "%2E"),
  "minus-before": `-${version}`,
  "plus-before": `+${version}`,
  wildcard: `${major}.${minor}.x`,
  range: `^${version}`,
  "missing-minor": `${major}..${patch}`,
  "missing-patch": `${major}.${minor}.`,
  commas: `${major},${minor},${patch}`,
  hexadecimal: `0x${major}.${minor}.${patch}`,
  exponent: `${major}.${minor}.${patch}e0`,
  "full-width-digits": "０.１.７",
  "arabic-digits": "٠.١.٧",
  emoji: "💥",
  path: "../../etc",
  "sql-quote": `${version}'--`,
  // Every object of JavaScript has something of this name.
  constructor: "constructor",
  proto: "__proto__",
  null: "null",
};

/** Queries whose version is no `major.minor.patch` as the query is written. */
export const unparseableQueries = {
  "without-equals-sign": PARAMETER,
  "equals-sign-behind": `${PARAMETER}=${version}=x`,
};

/** Differs from the version under test in its minor; the decoys differ in their major. */
export const other = `${major}.${minor + 1}.${patch}`;
const decoy = `${major + 9}.9.9`;

/** A version with a higher major. */
export const newest = `${major + 1}.0.0`;

/** A version with a lower minor. */
export const older = `${major}.${minor - 1}.${patch}`;

/** Another parameter, this many characters long. */
const filler = (length: number) => `other=${"x".repeat(length - "other=".length)}`;

/** Queries that hold this other version somewhere. */
export const queries = {
  first: `${PARAMETER}=${other}&other=1`,
  last: `other=1&${PARAMETER}=${other}`,
  "in-the-middle": `a=1&${PARAMETER}=${other}&b=2`,
  "among-empty-pairs": `&&${PARAMETER}=${other}&`,
  "beside-a-bare-name": `other&${PARAMETER}=${other}`,
  "beside-equals-signs-in-a-value": `other=abc==&${PARAMETER}=${other}`,
  "beside-a-question-mark": `other=a?b&${PARAMETER}=${other}`,
  "beside-a-plus": `other=a+b&${PARAMETER}=${other}`,
  "beside-an-empty-name": `=1&${PARAMETER}=${other}`,
  // Some parsers make arrays of such parameters.
  "beside-brackets": `a%5B%5D=1&${PARAMETER}=${other}`,
  // Every object of JavaScript has something of these names.
  "beside-has-own-property": `hasOwnProperty=1&${PARAMETER}=${other}`,
  "beside-proto": `__proto__=1&${PARAMETER}=${other}`,
  "beside-a-shorter-name": `version=${decoy}&${PARAMETER}=${other}`,
  "encoded-value": `${PARAMETER}=${other.replaceAll(".", "%2E")}`,
  "encoded-value-in-lower-case": `${PARAMETER}=${other.replaceAll(".", "%2e")}`,
  "encoded-digits": `${PARAMETER}=${encodeAll(other)}`,
  "encoded-name": `${encodeAll(PARAMETER)}=${other}`,
  "beside-longer-names": `x${PARAMETER}=${decoy}&${PARAMETER}x=${decoy}&${PARAMETER}=${other}`,
  // By the URL standard a semicolon is a character like any other.
  "after-a-decoy-behind-a-semicolon": `other=1;${PARAMETER}=${decoy}&${PARAMETER}=${other}`,
  "before-a-decoy-behind-a-semicolon": `${PARAMETER}=${other}&other=1;${PARAMETER}=${decoy}`,
  "behind-a-value-with-a-semicolon": `other=a;b&${PARAMETER}=${other}`,
  "behind-100-parameters": `${"a=1&".repeat(100)}${PARAMETER}=${other}`,
  ...Object.fromEntries(
    [650, 2_100].flatMap((length) => [
      [`behind-${length}-characters`, `${filler(length)}&${PARAMETER}=${other}`],
      [`before-${length}-characters`, `${PARAMETER}=${other}&${filler(length)}`],
    ]),
  ),
  "after-an-encoded-decoy": `other=%26${PARAMETER}%3D${decoy}&${PARAMETER}=${other}`,
};

/** A query whose version has an escaped NUL and a letter behind it. */
export const nulBehind = `${PARAMETER}=${version}%00x`;

/** A query that holds this other version behind a value that is no text: the URL standard replaces what is no UTF-8. */
export const besideNoUtf8 = `other=%FF&${PARAMETER}=${other}`;

/** Queries whose parity the protocol leaves open. */
export const open = {
  prerelease: queryOf(`${version}-beta.1`),
  build: queryOf(`${version}+build.5`),
  "major-past-2-53": queryOf(`9007199254740993.${minor}.${patch}`),
  "patch-past-2-53": queryOf(`${major}.${minor}.9007199254740993`),
  "past-64-bits": queryOf(`${major}.${minor}.${"9".repeat(40)}`),
  // The version under test again where a number is kept in 64 bits.
  "patch-wrapped-at-64-bits": queryOf(`${major}.${minor}.${2n ** 64n + BigInt(patch)}`),
  "minor-wrapped-at-64-bits": queryOf(`${major}.${2n ** 64n + BigInt(minor)}.${patch}`),
  "major-wrapped-at-64-bits": queryOf(`${2n ** 64n + BigInt(major)}.${minor}.${patch}`),
  "repeated-right-first": `${queryOf(version)}&${queryOf(decoy)}`,
  "repeated-wrong-first": `${queryOf(decoy)}&${queryOf(version)}`,
  "upper-case-name": `${PARAMETER.toUpperCase()}=${version}`,
};

/** Clients whose version is not the one under test: older and newer in each part, none, and one that is no version. */
export const mismatches = [
  ...combinations.filter(({ name }) => name.split("-").filter((relation) => relation !== "equal").length === 1),
  { name: "unparseable", value: "banana" },
].map(({ name, value }) => ({ name, query: queryOf(value) }));
mismatches.push({ name: "without-version", query: "" });

function encodeAll(text: string): string {
  return Array.from(Buffer.from(text), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
}

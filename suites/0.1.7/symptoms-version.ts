import type { Clue, Symptom } from "../../harness/protocol.ts";
import { isObject, json } from "../../harness/transcript.ts";
import { inCase } from "../websocket/causes.ts";
import type { Breakable } from "./causes.ts";

/** Tells if the message that shows it has one of these values as its parity. */
const answers =
  (...parities: readonly string[]) =>
  ({ event }: Clue): boolean => {
    const message = event && json(event);
    return isObject(message) && isObject(message.data) && parities.includes(String(message.data.versionParity));
  };

const isMismatch = answers("major_mismatch", "minor_mismatch", "patch_mismatch");

/** The mistakes that show in numbers which only resemble the right one. */
const numbers: readonly Symptom[] = [
  {
    shows: inCase("version/parity-*-with-zero", "version/parity-*-with-digit-before"),
    cause:
      "If only such numbers fail, versions are compared digit by digit, or as texts or prefixes, not number by number.",
  },
  {
    shows: inCase("version/parity-*-wrapped-*"),
    cause:
      "If only such numbers fail, a part of the version is kept in an integer that is too small: a larger number becomes the right one.",
  },
];

const SHADOWED =
  "The parameters of the query become properties of an object, and replace what it has of these names. Keep them in a map.";

/** The usual mistakes that show in what came, for the section "Version: the greeting". */
export const versionSymptoms = {
  "parity.match": [
    {
      shows: (clue) => clue.unstable === true && isMismatch(clue),
      cause:
        "Now and then a client is told the parity of another one that is connected: versions are kept by a key that two clients can share, or in a variable of all connections.",
    },
    {
      shows: inCase("transport/odd-*", "transport/handshake-*"),
      cause:
        "If only such clients are told so, the parity depends on more than `tachyonVersion`, such as a header of the request.",
    },
  ],
  "version.greeting": [
    {
      shows: inCase("version/unparseable-without-equals-sign"),
      cause:
        "The parser of queries takes for granted that a `=` stands behind each name, and throws where there is none.",
    },
    {
      shows: inCase("version/query-beside-{has-own-property,proto}"),
      cause: SHADOWED,
    },
    {
      shows: inCase("version/missing-empty-query"),
      cause: "A `?` with nothing behind it is taken for a broken request. It is an empty query, as good as none.",
    },
  ],
  "parity.major": [
    ...numbers,
    { shows: answers("minor_mismatch"), cause: "The minor is looked at first, before the major." },
    { shows: answers("patch_mismatch"), cause: "The patch is looked at first, before the major." },
    { shows: answers("match"), cause: "The majors are only compared in one direction, or not at all." },
  ],
  "parity.minor": [
    ...numbers,
    {
      shows: answers("patch_mismatch"),
      cause:
        "The patch is compared before the minor, a minor that differs gets the answer for a patch, or only higher or only lower minors count as different.",
    },
    {
      shows: answers("match", "major_mismatch"),
      cause:
        "Versions are compared as one text or one number, not part by part; or only higher or only lower minors count as different, so that the patch decides.",
    },
  ],
  "parity.patch": [
    {
      shows: (clue) => answers("match")(clue) && /=0\.1\.7\d/.test(clue.url ?? ""),
      cause: "Versions are compared as texts or prefixes, so that 0.1.70 is taken for 0.1.7.",
    },
    ...numbers,
    { shows: answers("match"), cause: "Another patch is taken for compatible, and so for a match." },
  ],
  "parity.query": [
    {
      shows: inCase("version/parity-equal-higher-equal"),
      cause:
        "The parameter is not found at all: the server looks for another name or case than `tachyonVersion`, or a proxy drops the query.",
    },
    {
      shows: ({ url }) => url?.includes(";") === true,
      cause: "The parser of queries splits them at `;`, too, as older ones do.",
    },
    {
      shows: inCase("version/query-beside-equals-signs-in-a-value"),
      cause: "A pair of the query is split at every `=`, not only at the first: a value may hold more of them.",
    },
    {
      shows: inCase("version/query-beside-{has-own-property,proto}"),
      cause: SHADOWED,
    },
    {
      shows: inCase("version/query-beside-{a-plus,an-empty-name,brackets}"),
      cause:
        "The whole query is given up over another parameter: one without a name, with brackets in its name, or with a `+`, which stands for a space.",
    },
    {
      shows: inCase("version/query-beside-a-shorter-name"),
      cause: "The version is looked for under several names, and another one comes before `tachyonVersion`.",
    },
    {
      shows: inCase("version/query-beside-an-escape-of-no-utf-8"),
      cause:
        "The whole query is given up over another parameter: its percent-escapes are decoded as strict UTF-8, where the URL standard replaces what is none.",
    },
  ],
  "parity.isolated": [
    {
      shows: answers("unknown"),
      cause:
        "What reads the version remembers the client before, as a regular expression with the flag `g` does that all share: its `lastIndex` has every other one start in the middle.",
    },
  ],
  "parity.missing": [
    {
      shows: answers("match"),
      cause: "A missing parameter falls back to the server's own version, or a longer name is taken for it.",
    },
    { shows: isMismatch, cause: "A missing parameter is parsed as 0.0.0, and becomes a mismatch." },
  ],
  "parity.unparseable": [
    {
      shows: inCase("version/unparseable-equals-sign-behind"),
      cause: "A pair of the query is split at every `=`, and what stands behind the second is lost.",
    },
    {
      shows: inCase("version/unparseable-nul-and-letter-behind"),
      cause: "The version is kept in a text that ends at a NUL, as those of C do.",
    },
    {
      shows: answers("match"),
      cause:
        "A lenient parser accepts spaces, quotes, a leading `v`, leading zeros or missing parts, and takes the version for its own.",
    },
    { shows: isMismatch, cause: "A version that cannot be read becomes a mismatch instead of `unknown`." },
  ],
} as const satisfies Readonly<Partial<Record<Breakable, readonly Symptom[]>>>;

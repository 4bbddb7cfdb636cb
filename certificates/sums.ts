import { FILES, NAMES } from "./bundle.ts";
import { sha256 } from "./digests.ts";
import type { Files } from "./open.ts";

/** The files that a statement names with their digests: all but those that are made from it. */
const NAMED = NAMES.filter((name) => name !== FILES.certificate && name !== FILES.sums);

/** The digests of the files that a statement names. */
export const digestsOfFiles = (files: Files): Record<string, string> =>
  Object.fromEntries(NAMED.map((name) => [name, sha256(files.get(name) ?? "")]));

/** The content of SHA256SUMS, as `sha256sum --check` reads it. */
export const sumsOf = (files: Files): string =>
  NAMES.filter((name) => name !== FILES.sums)
    .map((name) => `${sha256(files.get(name) ?? "")}  ${name}\n`)
    .join("");

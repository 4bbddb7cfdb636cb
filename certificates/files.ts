import { createHash } from "node:crypto";

/** The files of a bundle, in the order in which they stand in its archive. */
export const FILES = {
  certificate: "certificate.json",
  report: "report.json",
  junit: "junit.xml",
  html: "report.html",
  transcripts: "transcripts.ndjson.gz",
  sums: "SHA256SUMS",
} as const;

/** The names of the files of a bundle. */
export const FILE_NAMES: readonly string[] = Object.values(FILES);

/** The files of a bundle, by their names. */
export type Files = ReadonlyMap<string, Buffer>;

/** The SHA-256 of some bytes or text, in hex. */
export const sha256 = (content: string | Uint8Array): string => createHash("sha256").update(content).digest("hex");

/** The files that a statement names with their digests: all but those that are made from it. */
const DIGESTED = FILE_NAMES.filter((name) => name !== FILES.certificate && name !== FILES.sums);

/** The digests of the files that a statement names. */
export const digestsOfFiles = (files: Files): Record<string, string> =>
  Object.fromEntries(DIGESTED.map((name) => [name, sha256(files.get(name) ?? "")]));

/** The content of SHA256SUMS, as `sha256sum --check` reads it. */
export const sumsOf = (files: Files): string =>
  FILE_NAMES.filter((name) => name !== FILES.sums)
    .map((name) => `${sha256(files.get(name) ?? "")}  ${name}\n`)
    .join("");

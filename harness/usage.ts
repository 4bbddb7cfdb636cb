import { readFile } from "node:fs/promises";
import { distance } from "fastest-levenshtein";

/** A mistake of the user: one line that says what is wrong, where, and what to do. Exit code 2. */
export class UsageError extends Error {}

/** The target cannot be reached, or refuses the WebSocket, before one case could talk. Exit code 3. */
export class UnreachableError extends Error {}

/** ` Did you mean "…"?` with the known name nearest to a wrong one, or nothing where none is near. */
export function suggestion(wrong: string, known: readonly string[]): string {
  const best = known.toSorted((a, b) => distance(wrong, a) - distance(wrong, b))[0];
  if (best === undefined) return "";
  return ` The nearest known one is "${best}".`;
}

/** What is wrong with a file, in a few words. */
export function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return WORDS[code ?? ""] ?? message;
}

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EEXIST: "a file stands where a folder is needed",
  ENOTDIR: "a file stands where a folder is needed",
  EISDIR: "it is a folder",
  ENOSPC: "no space is left",
  EROFS: "the file system is read-only",
};

/** The text of a file that the user named. Throws a `UsageError`. */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new UsageError(`Cannot read ${path}: ${reason(error)}. Check the path.`);
  }
}

import { readFile } from "node:fs/promises";
import { closest, distance } from "fastest-levenshtein";
import type { Failure } from "./failure.ts";

/** A mistake of the user. Its message is one line: what is wrong, where, and what to do. Exit code 2. */
export class UsageError extends Error {}

/** The target cannot be reached, or refuses the WebSocket, before one case could talk. Exit code 3. */
export class UnreachableError extends Error {
  /** The failure of the connection, where that says more. */
  readonly failure: Failure | undefined;

  constructor(message: string, failure?: Failure) {
    super(message);
    this.failure = failure;
  }
}

/** Returns a sentence that names the known name nearest to a wrong one, as the user writes it; nothing if none is near. */
export function suggestion(wrong: string, known: readonly string[], written = (name: string) => `"${name}"`): string {
  const best = nearestOf(wrong, known);
  return best === undefined ? "" : ` The nearest known one is ${written(best)}.`;
}

/** Returns the known name that was meant: the wrong one is a typing mistake of it, or the beginning of it alone. */
export function nearestOf(wrong: string, names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  const best = closest(wrong, names);
  if (isNear(wrong, best)) return best;
  const [longer, another] = wrong.length < BEGINNING ? [] : names.filter((it) => it.startsWith(wrong));
  return another === undefined ? longer : undefined;
}

/** The letters that a word needs to be the beginning of a name. */
const BEGINNING = 3;

/** Tells if a name is a typing mistake of another: two wrong letters, or one in three, but not all of them. */
function isNear(wrong: string, known: string): boolean {
  const longest = Math.max(wrong.length, known.length);
  const wrongLetters = distance(wrong, known);
  return wrongLetters < longest && wrongLetters <= Math.max(2, longest / 3);
}

/** Says in a few words why a file or a port cannot be used. */
export function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return WORDS_OF_ERRORS[code ?? ""] ?? message;
}

const WORDS_OF_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EEXIST: "a file stands where a folder is needed",
  ENOTDIR: "a file stands where a folder is needed",
  EISDIR: "it is a folder",
  ENOSPC: "no space is left",
  EDQUOT: "no space is left",
  EFBIG: "no file may be so large",
  EROFS: "the file system is read-only",
  EADDRINUSE: "something already listens there",
  EADDRNOTAVAIL: "this machine has no such address",
};

/** The mistake of naming a file that cannot be read. */
export const cannotRead = (path: string, error: unknown): UsageError =>
  new UsageError(`Cannot read ${path}: ${reason(error)}. Check the path.`);

/** The mistake of naming a place where the suite cannot listen. */
export const cannotListen = (
  { host = "localhost", port }: { readonly host?: string | undefined; readonly port: number },
  error: unknown,
  advice = "Choose another --host or --port.",
): UsageError => new UsageError(`Cannot listen on ${host}, port ${port}: ${reason(error)}. ${advice}`);

/** Reads a text file that the user named. Throws a `UsageError`. */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw cannotRead(path, error);
  }
}

/** The path of the standard input. A socket cannot be opened by it. */
export const STDIN = "/dev/stdin";

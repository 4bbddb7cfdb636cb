import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { access, constants, lstat, mkdir, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { reason, UsageError } from "../harness/usage.ts";

const complaint = (path: string, error: unknown) =>
  new UsageError(`Cannot write ${path}: ${reason(error)}. Choose another file or folder.`);

/** Makes sure before a run that a file can be written after it. Throws a `UsageError`. */
export async function prepare(path: string): Promise<void> {
  const folder = dirname(resolve(path));
  try {
    await mkdir(folder, { recursive: true });
    const there = await stat(path).catch(() => undefined);
    if (there?.isDirectory()) throw new Error("it is a folder");
    await access(there ? path : folder, constants.W_OK);
  } catch (error) {
    throw complaint(path, error);
  }
}

/** What is half written; a process that is ended at once leaves none of it. */
const unfinished = new Set<string>();
process.on("exit", () => {
  for (const path of unfinished) rmSync(path, { force: true });
});

/**
 * Writes a file beside its place and renames it, so that a good one is never half overwritten. A link is followed, and what is
 * no plain file (`/dev/stdout`) is written to. Throws a `UsageError`.
 */
export async function write(path: string, content: string): Promise<void> {
  const place = await realpath(path).catch(() => path);
  const beside = join(dirname(place), `.${randomUUID()}.tmp`);
  try {
    const there = await stat(place).catch(() => undefined);
    if (there && !there.isFile()) return await writeFile(place, content);
    unfinished.add(beside);
    await writeFile(beside, content);
    await rename(beside, place);
  } catch (error) {
    await rm(beside, { force: true });
    throw complaint(path, error);
  } finally {
    unfinished.delete(beside);
  }
}

/** Removes the file of an earlier run, if there is one. What is no plain file stays. */
export async function discard(path: string): Promise<void> {
  if ((await lstat(path).catch(() => undefined))?.isFile()) await rm(path);
}

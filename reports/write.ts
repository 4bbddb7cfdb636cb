import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { access, constants, mkdir, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { reason, UsageError } from "../harness/usage.ts";

/** The error of a file that cannot be written, as the one line that a user reads. */
export const cannotWrite = (path: string, error: unknown) =>
  new UsageError(`Cannot write ${path}: ${reason(error)}. Choose another file or folder.`);

/** Makes sure, before a run, that a file can be written after it. Throws a `UsageError`. */
export async function prepare(path: string): Promise<void> {
  const folder = dirname(resolve(path));
  try {
    await makeFolder(folder);
    const there = await stat(path).catch(() => undefined);
    if (there?.isDirectory()) throw new Error("it is a folder");
    await access(there ? path : folder, constants.W_OK);
    // A plain file is made anew beside its place.
    if (there?.isFile()) await access(dirname(await realpath(path)), constants.W_OK);
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

/** Makes a folder and those around it, one by one. (In one go, Node.js 20 never ends where /proc refuses one.) */
export async function makeFolder(folder: string): Promise<void> {
  const there = await stat(folder).catch(() => undefined);
  if (there?.isDirectory()) return;
  if (there) throw Object.assign(new Error(), { code: "ENOTDIR" });
  await makeFolder(dirname(folder));
  await mkdir(folder).catch(async (error) => {
    if (!(await exists(folder))) throw error;
  });
}

/** Tells if there is anything under a path. */
export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Makes sure that no file is written twice, and that no file is both read and written, except for devices. Throws a `UsageError`. */
export async function refuseOverwriting(read: readonly unknown[], written: readonly string[]): Promise<void> {
  const places = new Map<string, string>();
  for (const path of read.filter((it) => typeof it === "string"))
    places.set(await realpath(path).catch(() => resolve(path)), path);
  for (const path of written) {
    const folder = await realpath(dirname(resolve(path))).catch(() => dirname(resolve(path)));
    const place = await realpath(path).catch(() => join(folder, basename(path)));
    const taken = places.get(place);
    if (taken !== undefined && !place.startsWith("/dev/"))
      throw new UsageError(`${path} would be written over ${taken}. Name another file.`);
    places.set(place, path);
  }
}

/** Returns a path for something half written, in the same file system as its place. */
export const besideOf = (place: string): string => join(dirname(resolve(place)), `.${randomUUID()}.tmp`);

/** Tells if that is the name of something half written. */
export const isHalfWritten = (name: string): boolean => /^\.[0-9a-f-]{36}\.tmp$/.test(name);

/** The paths that are half written. They are removed when the process ends. */
const unfinished = new Set<string>();
process.on("exit", () => {
  for (const path of unfinished) rmSync(path, { force: true, recursive: true });
});

/** A file or folder that does not outlive the process. */
export interface Temporary {
  readonly path: string;
  remove(): Promise<void>;
}

/** Makes a file or folder that is removed, even if the process is ended at once. */
export function temporary(path: string): Temporary {
  unfinished.add(path);
  return {
    path,
    async remove() {
      await rm(path, { force: true, recursive: true });
      unfinished.delete(path);
    },
  };
}

/**
 * Writes a file beside its place and renames it, so that a good one is never half overwritten. Follows a link, and writes to anything but a
 * plain file (`/dev/stdout`) directly. Throws a `UsageError`.
 */
export async function write(path: string, content: string): Promise<void> {
  const place = await realpath(path).catch(() => path);
  const beside = besideOf(place);
  try {
    const there = await stat(place).catch(() => undefined);
    if (there && !there.isFile()) return await writeFile(place, content);
    unfinished.add(beside);
    await writeFile(beside, content, { mode: there?.mode });
    await rename(beside, place);
  } catch (error) {
    await rm(beside, { force: true }).catch(() => {});
    throw cannotWrite(path, error);
  } finally {
    unfinished.delete(beside);
  }
}

/** Tells if a path is that of a file, and not of a device or folder. */
export const isFile = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isFile() ?? false;

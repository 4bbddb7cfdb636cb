import { lstat, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { type Pack, pack } from "tar-stream";
import { UsageError } from "../harness/usage.ts";
import { besideOf, cannotWrite, makeFolder, type Temporary, temporary } from "../reports/write.ts";
import { FILE_NAMES, sha256 } from "./files.ts";

/** The path of the archive of a bundle, beside its folder. */
const archiveOf = (folder: string): string => `${resolve(folder)}.tgz`;

/**
 * Makes sure, before a run, that a bundle can be put in its place after the run, and that nothing else there can be taken for one. Throws a
 * `UsageError`.
 */
export async function prepareBundle(folder: string): Promise<void> {
  const there = await kindOf(folder);
  const inside = there === "folder" ? await readdir(folder) : [];
  const foreign = inside.find((name) => !FILE_NAMES.includes(name));
  if (there === "other" || foreign !== undefined)
    throw new UsageError(
      `Cannot write a bundle to ${folder}: ${foreign === undefined ? "it is not a folder" : `it holds ${foreign}`}. Choose a folder of its own.`,
    );
  if ((await kindOf(archiveOf(folder))) === "folder")
    throw new UsageError(`Cannot write a bundle to ${folder}.tgz: it is a folder. Choose another place.`);
  try {
    const beside = besideOf(folder);
    await makeFolder(beside);
    await rm(beside, { recursive: true });
  } catch (error) {
    throw cannotWrite(folder, error);
  }
}

async function kindOf(path: string): Promise<"folder" | "other" | undefined> {
  const there = await lstat(path).catch(() => undefined);
  return there && (there.isDirectory() ? "folder" : "other");
}

/**
 * Puts a bundle in its place, as a folder and as an archive. If that fails, the old one stays. Throws a `UsageError` if it cannot be
 * written.
 */
export async function writeBundle(folder: string, files: ReadonlyMap<string, Buffer>): Promise<void> {
  await prepareBundle(folder);
  const place = resolve(folder);
  const [made, archive, old] = [0, 1, 2].map(() => temporary(besideOf(folder))) as [Temporary, Temporary, Temporary];
  try {
    await mkdir(made.path);
    await mkdir(old.path);
    for (const [name, content] of files) await writeFile(join(made.path, name), content);
    await writeFile(archive.path, compressed(await buffer(packed(files))));
    await swapIn(
      [made.path, place, join(old.path, "folder")],
      [archive.path, archiveOf(folder), join(old.path, "archive")],
    );
  } catch (error) {
    throw cannotWrite(folder, error);
  } finally {
    for (const it of [made, archive, old]) await it.remove();
  }
}

/** Moves things to their places, and the old ones aside. Undoes all of it if one cannot be moved. */
async function swapIn(...moves: readonly (readonly [from: string, to: string, aside: string])[]): Promise<void> {
  const undo: (() => Promise<void>)[] = [];
  const move = async (from: string, to: string) => {
    await rename(from, to);
    undo.unshift(() => rename(to, from));
  };
  try {
    for (const [from, to, aside] of moves) {
      if ((await kindOf(to)) !== undefined) await move(to, aside);
      await move(from, to);
    }
  } catch (error) {
    for (const back of undo) await back();
    throw error;
  }
}

/** Bytes of the gzip header of an archive. */
export const HEADER = 82;

/**
 * The gzip header of an archive: no name, no time, no system, and as its comment the digest of all that follows. Other compressed
 * bytes can unpack to the same: without the digest, 42 of 27,376 flipped bits of an archive were not noticed.
 */
export const headerOf = (rest: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 16, 0, 0, 0, 0, 2, 0xff]), Buffer.from(`sha256 ${sha256(rest)}\0`)]);

/** A tar archive as a `.tgz`. */
export function compressed(tar: Uint8Array): Buffer {
  const rest = gzipSync(tar, { level: 9 }).subarray(10);
  return Buffer.concat([headerOf(rest), rest]);
}

/** The files of a bundle as a tar archive, which is the same whenever they are. */
export function packed(files: ReadonlyMap<string, Buffer>): Pack {
  const archive = pack();
  for (const name of FILE_NAMES) {
    const content = files.get(name);
    if (content) archive.entry({ name, mode: 0o644, mtime: new Date(0) }, content);
  }
  archive.finalize();
  return archive;
}

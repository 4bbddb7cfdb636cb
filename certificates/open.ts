import { constants } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { buffer } from "node:stream/consumers";
import { reason, UsageError } from "../harness/usage.ts";
import { gunzipped } from "../reports/gunzipped.ts";
import { listed } from "../reports/names.ts";
import { unpacked } from "./archive.ts";
import { HEADER, headerOf, packed } from "./bundle.ts";
import { FILE_NAMES, type Files } from "./files.ts";
import { namedPath, readTar, type TarEntry, TarError } from "./tar.ts";

/** The bytes that one file of a bundle may have, and an archive may unpack to. Anybody may have made the bundle. */
const MOST = { file: 32 << 20, archive: 64 << 20 } as const;

/** An error of a bundle that shows before its files are read. */
export class BundleError extends Error {}

/** The files of a bundle, and oddities of the archive, which change nothing in them. */
export interface Opened {
  readonly files: Files;
  readonly odd: readonly string[];
}

/**
 * Opens a bundle, which is a folder or an archive, in memory: unpacks nothing, and leaves out what is no file of a bundle. Throws a
 * `UsageError` if there is no bundle, and a `BundleError` if one of its files is missing or is not a plain one.
 */
export async function openBundle(path: string): Promise<Opened> {
  const there = await stat(path).catch((error) => {
    throw new UsageError(`Cannot read ${path}: ${reason(error)}. Name a bundle: a folder, or its .tgz.`);
  });
  if (!there.isDirectory() && !there.isFile())
    throw new UsageError(`${path} is neither file nor folder. Name a bundle: a folder, or its .tgz.`);
  if (there.isFile() && FILE_NAMES.includes(basename(path)))
    throw new UsageError(`${path} is one file of a bundle. Name the folder that holds it: ${dirname(path)}.`);
  const { files, foreign, repacked } = there.isDirectory() ? await readFolder(path) : await readArchive(path);
  const lacking = FILE_NAMES.filter((name) => !files.has(name));
  const beside =
    foreign.length === 0 ? [] : [`not looked at, since no bundle holds it: ${listed(foreign.map(namedPath))}`];
  if (lacking.length > 0) throw new BundleError([`it lacks ${lacking.join(", ")}`, ...beside].join("; "));
  return { files, odd: [...(repacked ? ["packed again by another program"] : []), ...beside] };
}

/** The content of a folder or an archive: the files of a bundle, and the names of all else. */
interface Content {
  readonly files: Map<string, Buffer>;
  readonly foreign: readonly string[];
  readonly repacked: boolean;
}

async function readFolder(folder: string): Promise<Content> {
  const files = new Map<string, Buffer>();
  const foreign: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const { name } = entry;
    if (!FILE_NAMES.includes(name)) {
      foreign.push(name);
      continue;
    }
    if (!entry.isFile()) throw new BundleError(`${name} is not a plain file`);
    // Does not follow a link that took its place since.
    files.set(name, await readBounded(join(folder, name), MOST.file, name, constants.O_NOFOLLOW));
  }
  return { files, foreign, repacked: false };
}

async function readArchive(path: string): Promise<Content> {
  const bytes = await readBounded(path, MOST.archive, "it");
  const tar = await unzipped(bytes);
  const { files, foreign, problem } = unpacked(entriesIn(tar));
  if (problem !== undefined) throw new BundleError(`${problem}: ${PACK_AGAIN}`);
  checkSizes(files);
  const isOurs =
    bytes.subarray(0, HEADER).equals(headerOf(bytes.subarray(HEADER))) && tar.equals(await buffer(packed(files)));
  return { files, foreign, repacked: !isOurs };
}

/** The advice if other programs may unpack the archive of a user otherwise. */
const PACK_AGAIN = "pack just the files of a bundle, with tar --format=ustar, or verify their folder";

/** Unpacks an archive. Nothing may stand behind it. */
async function unzipped(bytes: Buffer): Promise<Buffer> {
  let read = 0;
  const content = async function* () {
    read = yield* gunzipped([bytes], (words) => new BundleError(`it is not a whole .tgz: ${words}`));
  };
  const tar = await buffer(limit(MOST.archive, "what it unpacks to")(content()));
  if (read !== bytes.length) throw new BundleError("there are bytes after the archive");
  return tar;
}

function entriesIn(tar: Buffer): TarEntry[] {
  try {
    return readTar(tar);
  } catch (error) {
    if (error instanceof TarError) throw new BundleError(`${error.message}: ${PACK_AGAIN}`);
    throw error;
  }
}

async function readBounded(path: string, most: number, what: string, flags = 0): Promise<Buffer> {
  try {
    const file = await open(path, constants.O_RDONLY | flags);
    return await buffer(limit(most, what)(file.createReadStream()));
  } catch (error) {
    if (error instanceof BundleError) throw error;
    throw new UsageError(`Cannot read ${path}: ${reason(error)}.`);
  }
}

/** Throws a `BundleError` where files are bigger than anybody will open. */
export function checkSizes(files: Files): void {
  const sizes = Array.from(files, ([name, { length }]) => [name, length] as const);
  const [big] = sizes.find(([, length]) => length > MOST.file) ?? [];
  if (big !== undefined) throw new BundleError(`${big} has more than ${MOST.file >> 20} MiB`);
  // Each file has a header in the archive.
  const all = sizes.reduce((sum, [, length]) => sum + length + 1024, 0);
  if (all > MOST.archive) throw new BundleError(`its files have more than ${MOST.archive >> 20} MiB`);
}

/** Passes bytes on, up to so many. Throws a `BundleError` at the next. */
export const limit = (most: number, what: string) =>
  async function* (stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let size = 0;
    for await (const chunk of stream) {
      size += chunk.length;
      if (size > most) throw new BundleError(`${what} has more than ${most >> 20} MiB`);
      yield chunk;
    }
  };

import { createHash, type Hash } from "node:crypto";
import { constants } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { type Extract, extract } from "tar-stream";
import { reason, UsageError } from "../harness/usage.ts";
import { HEADER, headerOf, packed } from "./bundle.ts";
import { FILE_NAMES, type Files, sha256 } from "./files.ts";

/** The bytes that one file of a bundle may have, and an archive may unpack to. Anybody may have made the bundle. */
const MOST = { file: 32 << 20, archive: 64 << 20 } as const;

/** An error of a bundle that is found before its files are read. */
export class BundleError extends Error {}

/**
 * The files of a bundle, a folder or an archive, in memory: nothing is unpacked anywhere. Throws a `UsageError` where there is
 * none, and a `BundleError` where it holds anything but the files of one.
 */
export async function openBundle(path: string): Promise<Files> {
  const there = await stat(path).catch((error) => {
    throw new UsageError(`Cannot read ${path}: ${reason(error)}. Name a bundle: a folder, or its .tgz.`);
  });
  if (!there.isDirectory() && !there.isFile())
    throw new UsageError(`${path} is neither file nor folder. Name a bundle: a folder, or its .tgz.`);
  const files = there.isDirectory() ? await readFolder(path) : await readArchive(path);
  const lacking = FILE_NAMES.filter((name) => !files.has(name));
  if (lacking.length > 0) throw new BundleError(`it lacks ${lacking.join(", ")}`);
  return files;
}

function known(name: string, isFile: boolean): string {
  if (!FILE_NAMES.includes(name))
    throw new BundleError(`it holds ${JSON.stringify(name)}, which is not a file of a bundle`);
  if (!isFile) throw new BundleError(`${name} is not a plain file`);
  return name;
}

async function readFolder(folder: string): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const name = known(entry.name, entry.isFile());
    // A link that took its place since is not followed.
    files.set(name, await readBounded(join(folder, name), MOST.file, name, constants.O_NOFOLLOW));
  }
  return files;
}

async function readArchive(path: string): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const bytes = await readBounded(path, MOST.archive, "it");
  if (!bytes.subarray(0, HEADER).equals(headerOf(bytes.subarray(HEADER))))
    throw new BundleError("it is not a .tgz as the suite writes it, or it was changed since");
  const gunzip = createGunzip();
  const seen = createHash("sha256");
  try {
    await pipeline([bytes], gunzip, limit(MOST.archive, "what it unpacks to", seen), entries(files));
  } catch (error) {
    if (error instanceof BundleError) throw error;
    throw new BundleError(`it is not a whole .tgz: ${reason(error)}`);
  }
  if (gunzip.bytesWritten !== bytes.length) throw new BundleError("there are bytes after the archive");
  // The bytes between files, which no reader looks at, must be right, too.
  if (seen.digest("hex") !== sha256(await buffer(packed(files))))
    throw new BundleError("the archive is not as the suite writes it");
  return files;
}

/** A reader of an archive that takes no files but those of a bundle, each once. */
function entries(files: Map<string, Buffer>): Extract {
  const archive = extract();
  archive.on("entry", (header, stream, next) => {
    stream.on("error", () => {}); // The archive says it, too.
    const take = async () => {
      const name = known(header.name, header.type === "file");
      if (files.has(name)) throw new BundleError(`it holds ${name} twice`);
      if ((header.size ?? 0) > MOST.file) throw new BundleError(`${name} has more than ${MOST.file >> 20} MiB`);
      files.set(name, await buffer(stream));
    };
    take().then(
      () => next(),
      (error) => archive.destroy(error),
    );
  });
  return archive;
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

/** Passes bytes on, up to so many. Throws a `BundleError` at the next. */
export const limit = (most: number, what: string, seen?: Hash) =>
  async function* (stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let size = 0;
    for await (const chunk of stream) {
      size += chunk.length;
      seen?.update(chunk);
      if (size > most) throw new BundleError(`${what} has more than ${most >> 20} MiB`);
      yield chunk;
    }
  };

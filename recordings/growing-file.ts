import { type FileHandle, open, stat } from "node:fs/promises";
import { parse } from "node:path";
import { UsageError } from "../harness/usage.ts";
import { cannotWrite, makeFolder } from "../reports/write.ts";

/** A file that grows, and further ones of the same name once it is full. */
export interface GrowingFile {
  /** The files so far. */
  readonly files: readonly string[];
  /** Writes bytes to the last file, or to the next one if they do not fit. If that fails, it writes none of them. */
  append(bytes: Buffer): Promise<void>;
  close(): Promise<void>;
}

/** The state of a growing file. */
interface Parts {
  readonly path: string;
  readonly head: (part: number) => string;
  /** It is a file, and no device or pipe. */
  readonly rotates: boolean;
  readonly files: string[];
  /** The bytes of the last one. */
  size: number;
}

/**
 * Opens a new file, since no recording is written over. `head` makes the first line of each file from its number. A file has `most` bytes
 * at most, unless one piece is longer. Throws a `UsageError`.
 */
export async function openParts(path: string, most: number, head: (part: number) => string): Promise<GrowingFile> {
  const there = await stat(path).catch(() => undefined);
  if (there?.isFile() && there.size > 0)
    throw new UsageError(`${path} is there already. Name another file with --out, or remove it.`);
  await makeFolder(parse(path).dir || ".").catch((error) => {
    throw cannotWrite(path, error);
  });
  const parts: Parts = { path, head, rotates: !there || there.isFile(), files: [], size: 0 };
  let file = await begin(parts);
  return {
    files: parts.files,
    async append(bytes) {
      if (parts.rotates && parts.size + bytes.length > most && parts.size > 0) {
        await file.close();
        file = await begin(parts);
      }
      await write(file, bytes, parts);
    },
    close: () => file.close(),
  };
}

/** Opens the next file, and writes its first line. */
async function begin(parts: Parts): Promise<FileHandle> {
  const { files, head, path, rotates } = parts;
  const part = files.length + 1;
  const name = partOf(path, part);
  try {
    const handle = await open(name, rotates ? "wx" : "w").catch((error) => {
      if (error.code === "EEXIST" && name === path) return open(name, "w");
      throw error;
    });
    files.push(name);
    parts.size = 0;
    await write(handle, Buffer.from(`${head(part)}\n`), parts).catch(async (error) => {
      await handle.close();
      throw error;
    });
    return handle;
  } catch (error) {
    throw cannotWrite(name, error);
  }
}

async function write(handle: FileHandle, bytes: Buffer, parts: Parts): Promise<void> {
  try {
    for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at)).bytesWritten;
    parts.size += bytes.length;
  } catch (error) {
    if (parts.rotates) await handle.truncate(parts.size).catch(() => {});
    throw error;
  }
}

/** The name of a part: `a.ndjson`, `a.2.ndjson`, … */
function partOf(path: string, part: number): string {
  if (part === 1) return path;
  const { dir, name, ext } = parse(path);
  return `${dir === "" ? "" : `${dir.replace(/\/$/, "")}/`}${name}.${part}${ext}`;
}

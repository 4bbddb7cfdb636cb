import { createHash, type Hash } from "node:crypto";
import { constants } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { type Extract, extract } from "tar-stream";
import { reason, UsageError } from "../harness/usage.ts";
import { listed, short } from "../reports/names.ts";
import { HEADER, headerOf, packed } from "./bundle.ts";
import { FILE_NAMES, type Files, sha256 } from "./files.ts";

/** The bytes that one file of a bundle may have, and an archive may unpack to. Anybody may have made the bundle. */
const MOST = { file: 32 << 20, archive: 64 << 20 } as const;

/** An error of a bundle that is found before its files are read. */
export class BundleError extends Error {}

/** The files of a bundle, and oddities of the archive, which change nothing in them. */
export interface Opened {
  readonly files: Files;
  readonly odd: readonly string[];
}

/**
 * Opens a bundle, a folder or an archive, in memory: nothing is unpacked anywhere, and what is no file of a bundle is left out. Throws a
 * `UsageError` where there is none, and a `BundleError` where one of its files is missing or is not a plain one.
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
  const beside = foreign.length === 0 ? [] : [`not looked at, since no bundle holds it: ${listed(foreign.map(named))}`];
  if (lacking.length > 0) throw new BundleError([`it lacks ${lacking.join(", ")}`, ...beside].join("; "));
  return { files, odd: [...(repacked ? ["packed again by another program"] : []), ...beside] };
}

const named = (path: string) => JSON.stringify(short(path, 100));

/** The content of a folder or an archive: the files of a bundle, and the names of all else. */
interface Content {
  readonly files: Map<string, Buffer>;
  readonly foreign: string[];
  readonly repacked: boolean;
}

/** Throws a `BundleError` where a file of a bundle is a link or the like. */
function expectPlain(name: string, isFile: boolean): void {
  if (!isFile) throw new BundleError(`${name} is not a plain file`);
}

async function readFolder(folder: string): Promise<Content> {
  const content: Content = { files: new Map(), foreign: [], repacked: false };
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const { name } = entry;
    if (!FILE_NAMES.includes(name)) {
      content.foreign.push(name);
      continue;
    }
    expectPlain(name, entry.isFile());
    // A link that took its place since is not followed.
    content.files.set(name, await readBounded(join(folder, name), MOST.file, name, constants.O_NOFOLLOW));
  }
  return content;
}

async function readArchive(path: string): Promise<Content> {
  const content = { files: new Map<string, Buffer>(), foreign: [] as string[] };
  const bytes = await readBounded(path, MOST.archive, "it");
  const gunzip = createGunzip();
  const seen = createHash("sha256");
  try {
    await pipeline([bytes], gunzip, limit(MOST.archive, "what it unpacks to", seen), entries(content));
  } catch (error) {
    if (error instanceof BundleError) throw error;
    throw new BundleError(`it is not a whole .tgz: ${reason(error)}`);
  }
  if (gunzip.bytesWritten !== bytes.length) throw new BundleError("there are bytes after the archive");
  const isOurs =
    bytes.subarray(0, HEADER).equals(headerOf(bytes.subarray(HEADER))) &&
    seen.digest("hex") === sha256(await buffer(packed(content.files)));
  return { ...content, repacked: !isOurs };
}

/** A path in an archive: a name, maybe in one folder, as `tar` writes it of a folder or its content. */
const PLACE = /^(?:\.\/)?((?!\.\.?\/)[^/]+\/)?([^/]+)$/;

/** Returns where programs unpack a file. They drop what leads out of the folder, and some file systems know no case. */
const landing = (path: string): string =>
  path
    .slice(Math.max(0, path.lastIndexOf("../")))
    .split("/")
    .filter((part) => !["", ".", ".."].includes(part))
    .join("/")
    .toLowerCase();

/** Headers by which GNU tar gives a file another name and content than the archive shows to others. */
const SPARSE = "GNU.sparse.";

/** The entries through which another one may be unpacked to a place that its path does not show. */
const LINKS: ReadonlySet<string> = new Set(["symlink", "link"]);

/** A reader of an archive that takes the files of a bundle, each once and all from one folder. */
function entries({ files, foreign }: Omit<Content, "repacked">): Extract {
  const archive = extract();
  let folder: string | undefined;
  const places = new Map<string, string>();
  archive.on("entry", (header, stream, next) => {
    stream.on("error", () => {}); // The archive says it, too.
    const take = async () => {
      if (Object.keys(header.pax ?? {}).some((key) => key.startsWith(SPARSE)))
        throw new BundleError("it holds a sparse file, which other programs unpack as another");
      const [, inside = "", name = ""] = PLACE.exec(header.name) ?? [];
      const isKnown = FILE_NAMES.includes(name) && inside === (folder ?? inside);
      const at = landing(header.name);
      if (header.type !== "directory") {
        const before = places.get(at);
        if (before !== undefined) throw new BundleError(`it holds ${before} twice`);
        places.set(at, name || header.name);
        if (!isKnown) foreign.push(header.name);
      }
      if (!isKnown && LINKS.has(header.type ?? "file")) throw new BundleError(`it holds a link, ${named(header.name)}`);
      if (!isKnown) return void (await buffer(stream));
      folder = inside;
      expectPlain(name, header.type === "file");
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

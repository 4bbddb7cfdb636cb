import { short } from "../reports/names.ts";

/** A file or folder of a tar archive. All programs read its headers alike. */
export interface TarEntry {
  /** The path as it stands in the archive. */
  readonly path: string;
  readonly isFolder: boolean;
  readonly content: Buffer;
}

/** An error of a tar archive: some programs would unpack it otherwise than others, or not at all. */
export class TarError extends Error {}

/** The size of a block, in bytes. Headers and contents take whole blocks. */
const BLOCK = 512;

/** The kinds of entries that any program knows, as users read them. */
const KINDS_OF_ENTRIES: Readonly<Record<string, string>> = {
  "\0": "a file of a tar before POSIX",
  1: "a hard link",
  2: "a symbolic link",
  3: "a device",
  4: "a device",
  6: "a pipe",
  7: "a contiguous file",
  D: "a folder of GNU tar with a list",
  g: "a global PAX header",
  K: "a GNU long name of a link",
  L: "a GNU long name",
  M: "a part of a file",
  S: "a sparse file",
  x: "a second PAX header",
};

/** The keys that a PAX header may have: they change neither the name of a file nor its content. */
const HARMLESS =
  /^(?:[acm]time|[ug]id|[ug]name|comment|SCHILY\.(?:dev|ino|nlink|fflags|(?:acl|xattr)\..+)|LIBARCHIVE\.(?:creationtime|xattr\..+)|RHT\.security\.selinux)$/;

/**
 * Reads a tar archive of plain files and folders. Throws a `TarError` at any other entry, and at all that programs take in different
 * ways: names and sizes in further headers, sizes that are not octal, bytes behind the end.
 */
export function readTar(tar: Buffer): TarEntry[] {
  const entries: TarEntry[] = [];
  let pax: ReadonlyMap<string, string> | undefined;
  for (let at = 0; ; ) {
    const block = tar.subarray(at, at + BLOCK);
    if (block.length < BLOCK) throw new TarError("it has no end");
    if (isZero(block)) return ended(entries, tar.subarray(at), pax);
    const header = headerIn(block);
    const start = at + BLOCK;
    const content = tar.subarray(start, start + header.size);
    at = start + Math.ceil(header.size / BLOCK) * BLOCK;
    if (at > tar.length) throw new TarError(`${namedPath(header.path)} is cut off`);
    if (header.kind === "x" && pax === undefined) pax = recordsIn(content, header.path);
    else {
      entries.push(entryOf(header, content, pax));
      pax = undefined;
    }
  }
}

/** Returns the entries of an archive that ends here. Nothing but zeros may follow, since some programs read on. */
function ended(entries: TarEntry[], rest: Buffer, pax: unknown): TarEntry[] {
  if (pax !== undefined) throw new TarError("it holds a PAX header of no file");
  if (!isZero(rest)) throw new TarError("there are bytes behind its end");
  return entries;
}

const isZero = (bytes: Buffer): boolean => bytes.every((byte) => byte === 0);

/** A path in an archive, as users read it. */
export const namedPath = (path: string): string => JSON.stringify(short(path, 100));

/** The parts of a header that decide what is unpacked, and where. */
interface Header {
  readonly path: string;
  readonly kind: string;
  readonly size: number;
}

/** Reads a header. The bytes behind the owner hold the rest of the path, and in archives of GNU tar what belongs to other kinds. */
function headerIn(block: Buffer): Header {
  const magic = block.toString("latin1", 257, 265);
  if (!["ustar\x0000", "ustar  \0"].includes(magic)) throw new TarError("a header is not one of ustar");
  const isGnu = magic.endsWith(" \0");
  const name = textIn(block.subarray(0, 100));
  const before = isGnu ? "" : textIn(block.subarray(345, 500));
  const path = before === "" ? name : `${before}/${name}`;
  if (sumIn(block) !== sumOf(block)) throw new TarError(`the header of ${namedPath(path)} has another checksum`);
  if (!isZero(block.subarray(isGnu ? 345 : 500)))
    throw new TarError(`it holds ${namedPath(path)} with further fields in its header`);
  const size = block.toString("latin1", 124, 136);
  if (!/^[0-7]{11}[\0 ]$/.test(size)) throw new TarError(`the size of ${namedPath(path)} is not plain octal`);
  return { path, kind: block.toString("latin1", 156, 157), size: Number.parseInt(size, 8) };
}

/** Reads a text up to its first zero. Nothing else may follow. */
function textIn(field: Buffer): string {
  const end = field.indexOf(0);
  const [bytes, rest] = end < 0 ? [field, field.subarray(0, 0)] : [field.subarray(0, end), field.subarray(end)];
  const text = bytes.toString();
  if (!isZero(rest) || !Buffer.from(text).equals(bytes))
    throw new TarError(`it holds ${namedPath(text)} with odd bytes in its name`);
  return text;
}

/** The checksum that a header says; none where that is no octal number. */
const sumIn = (block: Buffer): number =>
  Number.parseInt(/^[0 ]*([0-7]+)[\0 ]*$/.exec(block.toString("latin1", 148, 156))?.[1] ?? "", 8);

/** The checksum of a header, which counts its own field as spaces. */
const sumOf = (block: Buffer): number => block.reduce((sum, byte, i) => sum + (i >= 148 && i < 156 ? 0x20 : byte), 0);

/** Reads the records of a PAX header, each `length key=value` and a line break. */
function recordsIn(content: Buffer, path: string): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < content.length; ) {
    const [, length = ""] = /^([1-9]\d{0,7}) /.exec(content.toString("latin1", at, at + 9)) ?? [];
    const end = at + Number(length);
    const record = content.toString("utf8", at + length.length + 1, end);
    const [, key, value] = /^([^=]+)=(.*)\n$/s.exec(record) ?? [];
    if (end > content.length || key === undefined || value === undefined || records.has(key))
      throw new TarError(`it holds ${namedPath(path)}, a PAX header with odd records`);
    records.set(key, value);
    at = end;
  }
  return records;
}

function entryOf(
  { path, kind, size }: Header,
  content: Buffer,
  pax: ReadonlyMap<string, string> = new Map(),
): TarEntry {
  const isFolder = kind === "5";
  if (kind !== "0" && !isFolder)
    throw new TarError(`it holds ${namedPath(path)}, ${KINDS_OF_ENTRIES[kind] ?? "an entry of no known kind"}`);
  if (isFolder && size > 0) throw new TarError(`it holds ${namedPath(path)}, a folder with content`);
  const said: Readonly<Record<string, string>> = { path, size: String(size) };
  const odd = [...pax].find(([key, value]) => !HARMLESS.test(key) && said[key] !== value);
  if (odd) throw new TarError(`it holds ${namedPath(path)} with a PAX header that says ${namedPath(odd[0])}`);
  return { path, isFolder, content };
}

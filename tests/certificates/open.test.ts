import { execFileSync } from "node:child_process";
import { link, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Header, pack } from "tar-stream";
import { unpacked } from "../../certificates/archive.ts";
import { compressed, packed } from "../../certificates/bundle.ts";
import { FILE_NAMES, FILES, type Files } from "../../certificates/files.ts";
import { openBundle } from "../../certificates/open.ts";
import { folder } from "../cli/process.ts";
import { byTurns } from "../turns.ts";

const { path: cwd, remove } = folder();
afterAll(remove);

/** A bundle that can be opened. */
const files: Files = new Map(FILE_NAMES.map((name, i) => [name, Buffer.from(`${name} ${"x".repeat(1_000 * i)}`)]));
let whole: Buffer;
beforeAll(async () => {
  whole = compressed(await buffer(packed(files)));
});

/** Says what is wrong with such an archive, or odd about it. */
async function opening(archive: Buffer): Promise<string> {
  const path = join(cwd, "a.tgz");
  await writeFile(path, archive);
  return await openBundle(path).then(
    ({ odd }) => ["opened", ...odd].join("; "),
    (error: Error) => error.message,
  );
}

/** Makes an archive with some entries behind, or in the place of, those of a bundle. */
async function archive(
  entries: readonly (Partial<Header> & { name: string } & { content?: Buffer })[],
  before: Files = files,
): Promise<Buffer> {
  const tar = pack();
  for (const [name, content] of before) tar.entry({ name, mode: 0o644, mtime: new Date(0) }, content);
  for (const { content, ...header } of entries) {
    if (content) tar.entry({ mode: 0o644, mtime: new Date(0), ...header }, content);
    else tar.entry({ mode: 0o644, mtime: new Date(0), ...header });
  }
  tar.finalize();
  return compressed(await buffer(tar));
}

const lacking = (name: string): Files => new Map([...files].filter(([it]) => it !== name));

/** Writes the size of the first entry of a tar archive in another way. */
async function sized(size: Buffer): Promise<Buffer> {
  const tar = await buffer(packed(files));
  size.copy(tar, 124);
  tar.fill(" ", 148, 156);
  const sum = tar.subarray(0, 512).reduce((all, byte) => all + byte, 0);
  tar.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return compressed(tar);
}

/** The tar archive of a bundle without its end. */
const tarOf = async () => (await buffer(packed(files))).subarray(0, -1024);

const END = Buffer.alloc(1024);

/** Makes an archive with some blocks behind those of a bundle, and an end. */
const behind = async (...blocks: Buffer[]) => compressed(Buffer.concat([await tarOf(), ...blocks, END]));

/** The parts of an entry that no honest program writes so. */
interface Odd {
  readonly kind?: string;
  readonly content?: string;
  readonly size?: number;
  readonly magic?: string;
  readonly prefix?: string;
  /** Added to the checksum. */
  readonly sum?: number;
}

/** An entry of a tar archive, header and content, as anybody can write it. */
function block(name: string | Buffer, odd: Odd = {}): Buffer {
  const { kind = "0", content = "", size = content.length, magic = "ustar\x0000", prefix = "", sum = 0 } = odd;
  const header = Buffer.alloc(512);
  Buffer.from(name).copy(header);
  header.write("0000644\0", 100);
  header.write(`${size.toString(8).padStart(11, "0")}\0`, 124);
  header.write(`        ${kind}`, 148);
  header.write(magic, 257);
  header.write(prefix, 345);
  header.write(`${(header.reduce((all, byte) => all + byte, 0) + sum).toString(8).padStart(6, "0")}\0 `, 148);
  return Buffer.concat([header, Buffer.from(content.padEnd(Math.ceil(content.length / 512) * 512, "\0"))]);
}

const evil = (name: string) => block(name, { content: "evil" });
const pax = (kind: "x" | "g", content: string) => block("pax", { kind, content });
const TIMES = pax("x", "11 mtime=0\n");

test("a bundle of the suite is opened, as an archive and as a folder", async () => {
  const path = join(cwd, "whole");
  await mkdir(path);
  for (const [name, content] of files) await writeFile(join(path, name), content);
  await writeFile(`${path}.tgz`, whole);
  expect(await openBundle(path)).toEqual({ files, odd: [] });
  expect(await openBundle(`${path}.tgz`)).toEqual({ files, odd: [] });
});

test.each<[string, () => Promise<Buffer> | Buffer, RegExp]>([
  [
    "a path that leaves it",
    () => archive([{ name: "../../evil", content: Buffer.from("x") }]),
    /^it holds "\.\.\/\.\.\/evil", a file of another folder: pack just the files of a bundle, .* or verify their folder$/,
  ],
  [
    "an absolute path",
    () => archive([{ name: "/etc/passwd", content: Buffer.from("x") }]),
    /^it holds "\/etc\/passwd", a file of another folder: /,
  ],
  [
    "a file of another folder",
    () => archive([{ name: `other/${FILES.sums}`, content: Buffer.from("x") }], lacking(FILES.sums)),
    /^it holds "other\/SHA256SUMS", a file of another folder: /,
  ],
  [
    "a file of the folder above",
    () => archive([{ name: `../${FILES.sums}`, content: Buffer.from("x") }], lacking(FILES.sums)),
    /^it holds "\.\.\/SHA256SUMS", a file of another folder: /,
  ],
  [
    "a symbolic link",
    () => archive([{ name: FILES.sums, type: "symlink", linkname: "/etc/passwd" }], lacking(FILES.sums)),
    /^it holds "SHA256SUMS", a symbolic link: /,
  ],
  [
    "a hard link",
    () => archive([{ name: FILES.sums, type: "link", linkname: "report.json" }], lacking(FILES.sums)),
    /^it holds "SHA256SUMS", a hard link: /,
  ],
  [
    "a folder",
    () => archive([{ name: FILES.sums, type: "directory" }], lacking(FILES.sums)),
    /^it holds "SHA256SUMS", a folder: /,
  ],
  [
    "a device",
    () => archive([{ name: FILES.sums, type: "character-device" }], lacking(FILES.sums)),
    /^it holds "SHA256SUMS", a device: /,
  ],
  ["a file twice", () => archive([{ name: FILES.sums, content: Buffer.from("x") }]), /holds SHA256SUMS twice/],
  ...[`/${FILES.html}`, `././${FILES.html}`, `x/../${FILES.html}`, FILES.html.toUpperCase()].map(
    (name): [string, () => Promise<Buffer>, RegExp] => [
      `a file that is unpacked over another: ${name}`,
      () => archive([{ name, content: Buffer.from("x") }]),
      /^it holds report\.html twice: /,
    ],
  ),
  [
    "a link to a folder, behind which a file is unpacked over another",
    () =>
      archive([
        { name: "a", type: "symlink", linkname: "." },
        { name: `a/${FILES.html}`, content: Buffer.from("x") },
      ]),
    /^it holds "a", a symbolic link: /,
  ],
  ["a file less", () => archive([], lacking(FILES.report)), /it lacks report\.json/],
  [
    "other rights of a file",
    () => archive([{ name: FILES.sums, mode: 0o777, content: files.get(FILES.sums) as Buffer }], lacking(FILES.sums)),
    /^opened; packed again by another program$/,
  ],
  [
    "a file that GNU tar unpacks under another name",
    () => archive([{ name: "notes", pax: { "GNU.sparse.name": FILES.html }, content: Buffer.from("x") }]),
    /^it holds "PaxHeader" with a PAX header that says "path": /,
  ],
  ["a bomb", () => compressed(Buffer.alloc(65 << 20)), /what it unpacks to has more than 64 MiB/],
  [
    "a bomb in a file",
    () => archive([{ name: FILES.sums, content: Buffer.alloc(33 << 20) }], lacking(FILES.sums)),
    /SHA256SUMS has more than 32 MiB/,
  ],
  [
    "a giant size",
    () => sized(Buffer.from([0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])),
    /^the size of "certificate\.json" is not plain octal: /,
  ],
  ["a size of all sevens", () => sized(Buffer.from("77777777777\0")), /^"certificate\.json" is cut off: /],
  ["a negative size", () => sized(Buffer.from([0xff, ...Array(10).fill(0xff), 0xfe])), / is not plain octal: /],
  ["a size that is no number", () => sized(Buffer.from("zzzzzzzzzzz\0")), / is not plain octal: /],
  ["a half", () => whole.subarray(0, whole.length >> 1), /not a whole \.tgz/],
  ["no end", () => whole.subarray(0, -1), /not a whole \.tgz/],
  ["nothing", () => Buffer.alloc(0), /not a whole \.tgz|it lacks/],
  ["a text", () => Buffer.from("hello ".repeat(100)), /not a whole \.tgz/],
  ["bytes behind it", () => Buffer.concat([whole, Buffer.from("more")]), /bytes after the archive|not a whole \.tgz/],
  ["another one behind it", () => Buffer.concat([whole, compressed(Buffer.alloc(0))]), /packed again/],
  [
    "a file in another one behind it",
    async () => Buffer.concat([whole, compressed(Buffer.concat([evil(FILES.html), END]))]),
    /^there are bytes behind its end: /,
  ],
  ["another one before it", () => Buffer.concat([compressed(Buffer.alloc(0)), whole]), /packed again/],
  [
    "more behind the end of the tar archive",
    async () => compressed(Buffer.concat([await buffer(packed(files)), Buffer.alloc(512)])),
    /^opened; packed again by another program$/,
  ],
  ["no file", () => compressed(Buffer.alloc(1024)), /^it lacks certificate\.json, /],
  ["no end of the tar archive", async () => compressed(await tarOf()), /^it has no end: /],
  ["garbage behind the tar archive", () => behind(END, Buffer.from("x")), /^there are bytes behind its end: /],
  ["a file behind its end", () => behind(END, evil(FILES.html)), /^there are bytes behind its end: /],
  ["a file behind one block of zeros", () => behind(Buffer.alloc(512), evil("x")), /^there are bytes behind its end: /],
  [
    "a global PAX header, which renames what follows",
    () => behind(pax("g", `20 path=${FILES.html}\n`), evil("notes")),
    /^it holds "pax", a global PAX header: /,
  ],
  [
    "a PAX header that hides a file",
    () => behind(pax("x", "9 size=0\n"), block("notes", { size: 1024 }), evil(FILES.html)),
    /^it holds "notes" with a PAX header that says "size": /,
  ],
  [
    "a PAX header of two names",
    () => behind(pax("x", `10 path=a\n20 path=${FILES.html}\n`), evil("a")),
    /^it holds "pax", a PAX header with odd records: /,
  ],
  [
    "a PAX header whose length is too big",
    () => behind(pax("x", "99 mtime=0\n"), evil("notes")),
    /^it holds "pax", a PAX header with odd records: /,
  ],
  ["two PAX headers of one file", () => behind(TIMES, TIMES, evil("a")), /^it holds "pax", a second PAX header: /],
  ["a PAX header of no file", () => behind(TIMES), /^it holds a PAX header of no file: /],
  [
    "a PAX header that says a time",
    () => behind(TIMES, evil("a")),
    /^opened; packed again by .*; not looked at, .*: "a"$/,
  ],
  [
    "a GNU long name",
    () => behind(block("././@LongLink", { kind: "L", magic: "ustar  \0", content: FILES.html }), evil("notes")),
    /^it holds "\.\/\.\/@LongLink", a GNU long name: /,
  ],
  [
    "a folder with a size, in which another file hides",
    () => behind(block("dir/", { kind: "5", size: 1024 }), evil(FILES.html)),
    /^it holds "dir\/", a folder with content: /,
  ],
  [
    "a folder with a size, and its end",
    async () => compressed(Buffer.concat([await tarOf(), block("dir/", { kind: "5", size: 1 })])),
    /^"dir\/" is cut off: /,
  ],
  [
    "a folder in the place of a file",
    () => behind(block(`${FILES.html}/`, { kind: "5" })),
    /^it holds "report.html\/", a folder: /,
  ],
  [
    "a file in a folder in the place of a file",
    () => behind(block(`${FILES.html}/`, { kind: "5" }), evil(`${FILES.html}/index.html`)),
    /^it holds "report\.html\/index\.html", a file of another folder: /,
  ],
  ...Object.entries({
    "\0": "a file of a tar before POSIX",
    D: "a folder of GNU tar with a list",
    S: "a sparse file",
    Z: "an entry of no known kind",
  }).map(([kind, words]): [string, () => Promise<Buffer>, RegExp] => [
    words,
    () => behind(block("notes", { kind, content: "x" })),
    RegExp(`^it holds "notes", ${words}: `),
  ]),
  [
    "a checksum that is wrong",
    () => behind(block("notes", { sum: 1 })),
    /^the header of "notes" has another checksum: /,
  ],
  [
    "a header of no known format",
    () => behind(block("notes", { magic: "\0".repeat(8) })),
    /^a header is not one of ustar: /,
  ],
  [
    "a sparse map in the header of a file",
    () => behind(block("notes", { magic: "ustar  \0", prefix: "x" })),
    /^it holds "notes" with further fields in its header: /,
  ],
  ["a prefix of a path", () => behind(block(FILES.html, { prefix: "." })), /^it holds report\.html twice: /],
  [
    "bytes behind its name",
    () => behind(block(`${FILES.html}\0x`)),
    /^it holds "report\.html" with odd bytes in its name: /,
  ],
  ["a name that is no UTF-8", () => behind(block(Buffer.from([0x61, 0xff]))), / with odd bytes in its name: /],
  ...[
    "x\\..\\report.html",
    "report.html.",
    "report.html ",
    "report.html::$DATA",
    "REPORT~1.HTM",
    "re\u0301sume\u0301",
    "report.html\u200b",
  ].map((name): [string, () => Promise<Buffer>, RegExp] => [
    `a name that some systems take as another: ${JSON.stringify(name)}`,
    () => behind(evil(name)),
    /, a name that not all programs take alike: /,
  ]),
  ["a file of a bundle in a second folder", () => behind(evil(`a/${FILES.html}`)), /, a file of another folder: /],
])("an archive with %s is refused, or said to be odd", async (_, make, message) => {
  expect(await opening(await make())).toMatch(message);
});

test("one flipped bit anywhere in an archive is noticed", async () => {
  const isOuter = (at: number) => at < 12 || at > whole.length - 20;
  const [outer, inner] = [true, false].map((is) => [...whole.keys()].filter((at) => isOuter(at) === is));
  for (const at of [...(outer ?? []), ...byTurns(inner ?? [], 8)]) {
    const bits = isOuter(at) ? [0, 1, 2, 3, 4, 5, 6, 7] : [at % 8];
    for (const bit of bits) {
      const other = Buffer.from(whole);
      other[at] = (other[at] as number) ^ (1 << bit);
      expect([at, bit, await opening(other)]).not.toEqual([at, bit, "opened"]);
    }
  }
});

test.each<[string, (folder: string) => Promise<void>, RegExp]>([
  ["a link", async (it) => symlink("/etc/passwd", join(it, FILES.sums)), /SHA256SUMS is not a plain file/],
  [
    "a folder in the place of a file",
    async (it) => void (await mkdir(join(it, FILES.sums))),
    /SHA256SUMS is not a plain file/,
  ],
  [
    "something else in the place of a file",
    async (it) => writeFile(join(it, "README"), ""),
    /^it lacks SHA256SUMS; not looked at, since no bundle holds it: "README"$/,
  ],
  ["a file less", async () => {}, /it lacks SHA256SUMS/],
])("a folder with %s is refused", async (_, change, message) => {
  const path = join(cwd, "folder");
  await mkdir(path);
  for (const [name, content] of lacking(FILES.sums)) await writeFile(join(path, name), content);
  await change(path);
  await expect(openBundle(path)).rejects.toThrow(message);
  await rm(path, { recursive: true });
});

/** Ways in which GNU tar packs a folder again: `tar` with these arguments, in the folder or above it. */
const REPACKED: readonly (readonly string[])[] = [
  ["-C", "mac", "."],
  ["mac"],
  ["--format=pax", "--owner=someone", "mac"],
  ["-C", "mac", ...FILE_NAMES.toReversed()],
];

test("a folder with what a desktop leaves in it, and packed again by tar, is opened and said to be odd", async () => {
  await mkdir(join(cwd, "mac"));
  for (const [name, content] of files) await writeFile(join(cwd, "mac", name), content);
  for (const name of [".DS_Store", "._report.json"]) await writeFile(join(cwd, "mac", name), "x");
  const beside = expect.stringMatching(
    /^not looked at, .*: (".*\.DS_Store", ".*\._report\.json"|".*", ".*\.DS_Store")$/,
  );
  expect(await openBundle(join(cwd, "mac"))).toEqual({ files, odd: [beside] });
  for (const args of REPACKED) {
    execFileSync("tar", ["-czf", "repacked.tgz", ...args], { cwd });
    const { files: unpacked, odd } = await openBundle(join(cwd, "repacked.tgz"));
    expect(Object.fromEntries(unpacked)).toEqual(Object.fromEntries(files));
    expect(odd).toEqual(["packed again by another program", ...(args.length > 5 ? [] : [beside])]);
  }
});

test("a path that is no bundle is a mistake of the user", async () => {
  await expect(openBundle(join(cwd, "nothing"))).rejects.toThrow(/^Cannot read .*: there is no such file/);
  await expect(openBundle(join(cwd, "whole", "certificate.json"))).rejects.toThrow(
    /is one file of a bundle\. Name the folder that holds it: .*whole\.$/,
  );
  await expect(openBundle("/dev/null")).rejects.toThrow(/is neither file nor folder/);
  await link(join(cwd, "whole.tgz"), join(cwd, "again.tgz"));
  expect((await openBundle(join(cwd, "again.tgz"))).files.size).toBe(FILE_NAMES.length);
});

test("a file in the place of the folder of a bundle is a problem: no program unpacks both", () => {
  const file = (path: string) => ({ path, isFolder: false, content: Buffer.from("x") });
  expect(unpacked([file("b"), file(`b/${FILES.certificate}`)]).problem).toBe(
    'it holds "b", a file in the place of its folder',
  );
});

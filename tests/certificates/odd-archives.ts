import { buffer } from "node:stream/consumers";
import { compressed, packed } from "../../certificates/bundle.ts";
import { FILES } from "../../certificates/files.ts";
import { archive, behind, block, END, evil, files, lacking, pax, sized, TIMES, tarOf, whole } from "./archives.ts";

/** An archive that no honest program makes of a bundle: what is odd about it, how it is made, and what opening it says. */
type Row = readonly [what: string, make: () => Promise<Buffer> | Buffer, says: RegExp];

/** Archives as anybody can write them, which are refused, or said to be odd. */
export const oddArchives: readonly Row[] = [
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
    (name): Row => [
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
  }).map(
    ([kind, words]): Row => [
      words,
      () => behind(block("notes", { kind, content: "x" })),
      RegExp(`^it holds "notes", ${words}: `),
    ],
  ),
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
  ].map(
    (name): Row => [
      `a name that some systems take as another: ${JSON.stringify(name)}`,
      () => behind(evil(name)),
      /, a name that not all programs take alike: /,
    ],
  ),
  ["a file of a bundle in a second folder", () => behind(evil(`a/${FILES.html}`)), /, a file of another folder: /],
];

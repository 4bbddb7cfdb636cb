import { buffer } from "node:stream/consumers";
import { type Header, pack } from "tar-stream";
import { compressed, packed } from "../../certificates/bundle.ts";
import { FILE_NAMES, type Files } from "../../certificates/files.ts";

/** A bundle that can be opened. */
export const files: Files = new Map(
  FILE_NAMES.map((name, i) => [name, Buffer.from(`${name} ${"x".repeat(1_000 * i)}`)]),
);

/** The same as an archive. */
export const whole: Buffer = compressed(await buffer(packed(files)));

/** Makes an archive with some entries behind, or in the place of, those of a bundle. */
export async function archive(
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

export const lacking = (name: string): Files => new Map([...files].filter(([it]) => it !== name));

/** Writes the size of the first entry of a tar archive in another way. */
export async function sized(size: Buffer): Promise<Buffer> {
  const tar = await buffer(packed(files));
  size.copy(tar, 124);
  tar.fill(" ", 148, 156);
  const sum = tar.subarray(0, 512).reduce((all, byte) => all + byte, 0);
  tar.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return compressed(tar);
}

/** The tar archive of a bundle without its end. */
export const tarOf = async () => (await buffer(packed(files))).subarray(0, -1024);

export const END = Buffer.alloc(1024);

/** Makes an archive with some blocks behind those of a bundle, and an end. */
export const behind = async (...blocks: Buffer[]) => compressed(Buffer.concat([await tarOf(), ...blocks, END]));

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
export function block(name: string | Buffer, odd: Odd = {}): Buffer {
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

export const evil = (name: string) => block(name, { content: "evil" });
export const pax = (kind: "x" | "g", content: string) => block("pax", { kind, content });
export const TIMES = pax("x", "11 mtime=0\n");

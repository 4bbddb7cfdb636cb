import { execFileSync } from "node:child_process";
import { link, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import { FILE_NAMES, FILES } from "../../certificates/files.ts";
import { openBundle } from "../../certificates/open.ts";
import { folder } from "../cli/process.ts";
import { files, lacking, whole } from "./archives.ts";

const { path: cwd, remove } = folder();
afterAll(remove);

test("a bundle of the suite is opened, as an archive and as a folder", async () => {
  const path = join(cwd, "whole");
  await mkdir(path);
  for (const [name, content] of files) await writeFile(join(path, name), content);
  await writeFile(`${path}.tgz`, whole);
  expect(await openBundle(path)).toEqual({ files, odd: [] });
  expect(await openBundle(`${path}.tgz`)).toEqual({ files, odd: [] });
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

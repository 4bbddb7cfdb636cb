import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import { unpacked } from "../../certificates/archive.ts";
import { FILES } from "../../certificates/files.ts";
import { openBundle } from "../../certificates/open.ts";
import { folder } from "../cli/process.ts";
import { byTurns } from "../turns.ts";
import { whole } from "./archives.ts";
import { oddArchives } from "./odd-archives.ts";

const { path: cwd, remove } = folder();
afterAll(remove);

/** Says what is wrong with such an archive, or odd about it. */
async function opening(archive: Buffer): Promise<string> {
  const path = join(cwd, "a.tgz");
  await writeFile(path, archive);
  return await openBundle(path).then(
    ({ odd }) => ["opened", ...odd].join("; "),
    (error: Error) => error.message,
  );
}

test.each(oddArchives)("an archive with %s is refused, or said to be odd", async (_, make, message) => {
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

test("a file in the place of the folder of a bundle is a problem: no program unpacks both", () => {
  const file = (path: string) => ({ path, isFolder: false, content: Buffer.from("x") });
  expect(unpacked([file("b"), file(`b/${FILES.certificate}`)]).problem).toBe(
    'it holds "b", a file in the place of its folder',
  );
});

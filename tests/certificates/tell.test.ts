import { readdirSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import picocolors from "picocolors";
import { writeBundle } from "../../certificates/bundle.ts";
import { FILE_NAMES } from "../../certificates/files.ts";
import { conclusion, obstacles, step } from "../../certificates/tell.ts";
import { folder } from "../cli/process.ts";

const { path: cwd, remove } = folder();
afterAll(remove);
const plain = picocolors.createColors(false);
const CONFORMANCE = {
  implementation: { name: "lobby" },
  target: "ws://localhost/",
  startedAt: "2026-11-28T00:00:00.000Z",
  protocol: "0.1.7",
  set: "0.1.7/2026-11",
  level: "conformant",
  suite: { name: "tachyon-conformance", version: "0.5.0" },
  conditions: { timeoutMs: 1, idleMs: 2, recoveryMs: 3, concurrency: 4, seed: 5, runs: 6 },
} as const;
const evil = "\u001b[31m\u202e\n";

test("the words of a bundle reach the terminal only in a visible form", () => {
  const said = {
    ...CONFORMANCE,
    implementation: { name: evil, version: evil, revision: evil },
    target: evil,
    startedAt: evil,
    protocol: evil,
    set: evil,
    suite: { name: evil, version: evil },
  } as const;
  const lines = [
    ...conclusion(evil, said, { isSound: true }, plain),
    ...conclusion(evil, said, { isSound: false, key: "k" }, plain),
    ...conclusion(evil, undefined, { isSound: false }, plain),
    ...step({ name: evil, problems: [evil], notes: [evil], done: evil }, plain),
    ...step({ name: evil, problems: [], done: evil }, plain),
  ];
  expect(lines.join("")).toMatch(/^[ -~]+$/);
});

test("a name is told in quotes, and the verdict names what was not checked", () => {
  const { name, version } = { name: 'x" is strict (no MUST or SHOULD is broken)', version: "1" };
  const said = { ...CONFORMANCE, implementation: { name, version } };
  const [line] = conclusion("x.tgz", said, { isSound: true, unchecked: ["report.html", "2 cases"], key: "k" }, plain);
  expect(line).toBe(
    'BELIEVE "x\\" is strict (no MUST or SHOULD is broken)" "1" is conformant (no MUST is broken); DO NOT BELIEVE report.html, 2 cases: not checked, see the notes',
  );
});

test("only with a key a bundle is called believable, and otherwise consistent", () => {
  const first = (key?: string) => conclusion("x.tgz", CONFORMANCE, { isSound: true, key }, plain)[0];
  expect(first()).toMatch(/^CONSISTENT "lobby" is conformant/);
  expect(first("k")).toMatch(/^BELIEVE "lobby" is conformant/);
});

test("the obstacles to a certificate are listed, for the level that is asked for", () => {
  const counted = {
    conformant: { reached: true, broken: [], unjudged: [] },
    strict: { reached: false, broken: ["version.once"], unjudged: ["message.json"] },
    missing: Array.from({ length: 12 }, (_, i) => `a/${i}`),
    unstable: [],
    needs: ["--client"],
  };
  const missing = "not run: a/0, a/1, a/2, a/3, a/4, a/5, a/6, a/7, … and 4 more";
  const needs = "needs these options: --client";
  expect(obstacles(counted, true)).toEqual(["broken: version.once", "not judged: message.json", missing, needs]);
  expect(obstacles(counted, false)).toEqual([missing]);
  expect(obstacles({ ...counted, missing: [] }, false)).toEqual(["the run ended early, or the server while it ran"]);
  const unstable = { ...counted, missing: [], unstable: ["a/1"] };
  expect(obstacles(unstable, false)).toEqual(["unstable, the verdict varies: a/1"]);
});

test("a bundle takes the place of an older one, or leaves it there if it cannot be written", async () => {
  const filesOf = (content: string) => new Map(FILE_NAMES.map((name) => [name, Buffer.from(content)]));
  const place = join(cwd, "deep", "bundle");
  await writeBundle(place, filesOf("old"));
  await writeBundle(place, filesOf("new"));
  expect(FILE_NAMES.map((name) => readFileSync(join(place, name), "utf8"))).toEqual(FILE_NAMES.map(() => "new"));

  const failing = new Map([...filesOf("newer"), ["no/such/folder", Buffer.from("")]]);
  await expect(writeBundle(place, failing)).rejects.toThrow(/^Cannot write .*bundle: there is no such file or folder/);
  expect(readFileSync(join(place, "report.json"), "utf8")).toBe("new");
  expect(readdirSync(join(cwd, "deep")).toSorted()).toEqual(["bundle", "bundle.tgz"]);

  await writeFile(join(place, "mine.txt"), "");
  await expect(writeBundle(place, filesOf("newer"))).rejects.toThrow(/it holds mine\.txt/);
  await mkdir(join(cwd, "other.tgz"));
  await expect(writeBundle(join(cwd, "other"), filesOf("new"))).rejects.toThrow(/other\.tgz: it is a folder/);
  expect(readdirSync(cwd).toSorted()).toEqual(["deep", "other.tgz"]);
});

import { readFileSync } from "node:fs";
import { afterAll, expect, test } from "@jest/globals";
import { digestOf } from "../../harness/set.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { cli, folder } from "./process.ts";
import { within } from "./within.ts";

const { path, remove } = folder();
afterAll(remove);

test.each([
  ["a case", "disconnect/alone", /^disconnect\/alone\n.*by hand, with wscat.*run it alone/s],
  ["a requirement", "disconnect.once", /^disconnect\.once \(MUST\)\n.*common causes.*tested by/s],
  ["a fault", "greets-twice", /^greets-twice, a fault.*found by 2 cases\n {4}version\/greeting/s],
])("explain explains %s", async (_, name, words) => {
  const { code, stdout, stderr } = await within(path, ["explain", name]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(words);
});

test.each(["disconnect/alone", "version/greeting", "transport/ping-with-1-byte"])(
  "explain of %s says in which file and line it is defined",
  async (id) => {
    const { stdout } = await cli(path, ["explain", id]);
    const [, file = "", line] = /^ {2}defined in (suites\/\S+\.ts):(\d+)$/m.exec(stdout) ?? [];
    const [first, ...rest] = readFileSync(file, "utf8")
      .split("\n")
      .slice(Number(line) - 1);
    expect(first).toContain("scenario({");
    expect(rest.find((it) => it.includes(" id: "))).toMatch(new RegExp(`"${id}"|\`${id.slice(0, 14)}`));
  },
);

test.each([
  [["requests/alone"], "v0. Give --protocol v0."],
  [["auth.required"], "v0. Give --protocol v0."],
  [["parity.patch", "--protocol", "v0"], "0.1.7. Give --protocol 0.1.7."],
  [["client.reconnects"], "v0 for autohosts. Give --protocol v0 --actor autohost."],
  [["returns/server-closes-with-1000", "--protocol", "v0"], "v0 for autohosts. Give --protocol v0 --actor autohost."],
  [["auth.required", "--protocol", "v0", "--actor", "autohost"], "v0. Give --protocol v0, and no --actor."],
])("explain %j names the protocol that it is of, and the options that choose it", async (args, where) => {
  const { code, stderr } = await within(path, ["explain", ...args]);
  expect([code, stderr]).toEqual([2, `tachyon-conformance: "${args[0]}" is one of ${where}\n`]);
});

test.each([
  ["greets-twise", "greets-twice"],
  ["disconnect/alon", "disconnect/alone"],
  ["version.onc", "version.once"],
  ["__proto__", "See `list`"],
])("explain of %s, which there is not, names the nearest", async (name, nearest) => {
  const { code, stdout, stderr } = await within(path, ["explain", name]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(/^tachyon-conformance: There is no case, requirement or fault ".*"\. .*\.\n$/);
  expect(stderr).toContain(nearest);
});

test.each([
  ["disconnect/alon?", "disconnect/alone"],
  ["parity.patc*", "parity.patch"],
])("explain of %s, which one name fits, explains that", async (name, only) => {
  const { code, stdout } = await within(path, ["explain", name]);
  expect([code, stdout.split("\n")[0]?.split(" ")[0]]).toEqual([0, only]);
});

test.each([
  ["malformed", [], "list --suite malformed"],
  ["oauth", ["--protocol", "v0"], "list --suite oauth --protocol v0"],
  ["message", [], "list --requirement 'message.*'"],
  ["version/parity-*", [], "list --case 'version/parity-*'"],
])("explain of %s, which is many, names the command that lists them", async (name, options, command) => {
  expect(await within(path, ["explain", name, ...options])).toMatchObject({
    code: 2,
    stderr: `tachyon-conformance: "${name}" stands for several. See \`${command}\`, and explain one.\n`,
  });
  expect((await within(path, command.replaceAll("'", "").split(" "))).code).toBe(0);
});

test("list --sets names the sets, and all that the built command runs counts by the newest", async () => {
  const { code, stdout } = await cli(path, ["list", "--sets"]);
  expect(code).toBe(0);
  const newest = protocol.sets.at(-1) as (typeof protocol.sets)[number];
  const { length } = Object.keys(newest.cases);
  expect(stdout).toMatch(new RegExp(`^${newest.name} {2}68 requirements \\(.*\\), ${length} cases\\n`));
  expect(stdout.split("\n")[1]).toBe(`  sha256 ${digestOf(newest)}`);
  // The built command knows each case as the set froze it.
  expect(stdout.split(/^(?=\S)/m)[0]).not.toContain("do not count");
});

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import { aboutCommand } from "../../cli/explain/command.ts";
import type { Protocol } from "../../harness/protocol.ts";
import { digestOf } from "../../harness/set.ts";
import type { Message } from "../../harness/transcript.ts";
import { ownWithAutohosts } from "../../schemas/v0/autohost.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { protocolBy } from "../../suites/v0/index.ts";
import { byTurns } from "../turns.ts";
import { cli, folder } from "./process.ts";
import { within } from "./within.ts";

const { path, remove } = folder();
afterAll(remove);

test.each([
  ["a case", "disconnect/alone", /^disconnect\/alone\n.*by hand, with wscat.*run it alone/s],
  ["a requirement", "disconnect.once", /^disconnect\.once \(MUST\)\n.*common causes.*tested by/s],
  [
    "a command",
    "system/disconnect",
    /^system\/disconnect\n {2}request: from client to server\n.* {4}example {2}{"command"/s,
  ],
  ["a fault", "greets-twice", /^greets-twice, a fault.*found by 2 cases\n {4}version\/greeting/s],
])("explain explains %s", async (_, name, words) => {
  const { code, stdout, stderr } = await within(path, ["explain", name]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(words);
});

test.each(byTurns(["disconnect/alone", "version/greeting", "transport/ping-with-1-byte"], 3))(
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
  [["user/info"], "v0. Give --protocol v0."],
  [["parity.patch", "--protocol", "v0"], "0.1.7. Give --protocol 0.1.7."],
  [["client.reconnects"], "v0 for autohosts. Give --protocol v0 --actor autohost."],
  [["returns/server-closes-with-1000", "--protocol", "v0"], "v0 for autohosts. Give --protocol v0 --actor autohost."],
  [["auth.required", "--protocol", "v0", "--actor", "autohost"], "v0. Give --protocol v0, and no --actor."],
])("explain %j names the protocol that it is of, and the options that choose it", async (args, where) => {
  const { code, stderr } = await within(path, ["explain", ...args]);
  expect([code, stderr]).toEqual([2, `tachyon-conformance: "${args[0]}" is one of ${where}\n`]);
});

describe("explain of a command of v0", () => {
  const V0 = ["--protocol", "v0"];
  const lines = async (...args: string[]) => (await within(path, ["explain", ...args])).stdout.split("\n");

  test("tells the direction, the properties and an example of each message", async () => {
    const told = await lines("messaging/subscribeReceived", ...V0);
    expect(told.slice(0, 3)).toEqual([
      "messaging/subscribeReceived",
      "  request: from user to server",
      '    type              required  "request"',
    ]);
    expect(told).toContain("    data.since        optional  form 3 of 3: object");
    expect(told).toContain("    data.since.value  required  string (HistoryMarker)");
    expect(told).toContain("  response, success: from server to user");
    expect(told).toContain("    data.hasMissedMessages  required  boolean");
    const examples = told.flatMap((line) => /^ {4}example {2}(.*)/.exec(line)?.[1] ?? []).map((it) => JSON.parse(it));
    expect(examples.map(({ type, status }) => [type, status])).toEqual([
      ["request", undefined],
      ["response", "success"],
      ["response", "failed"],
    ]);
  });

  test("gives examples that are valid by the schemas in force", () => {
    const { messages = [], violationsOf } = protocolBy(ownWithAutohosts);
    const examples = messages.flatMap(({ command }) =>
      (aboutCommand(command, { messages } as Protocol)?.messages ?? []).flatMap(({ forms }) => forms),
    );
    expect(examples.flatMap(({ example }) => violationsOf(example as Message))).toEqual([]);
    expect(examples.length).toBeGreaterThan(100);
  });

  test("is by the schemas of a folder, and says to give some where the suite has none", async () => {
    const schema = {
      tachyon: { source: "user", target: "server" },
      type: "object",
      properties: { type: { const: "request" }, data: { type: "object", properties: { a: { type: "integer" } } } },
      required: ["type"],
    };
    mkdirSync(join(path, "schema/lobby/join"), { recursive: true });
    writeFileSync(join(path, "schema/lobby/join/request.json"), JSON.stringify(schema));
    expect(await lines("lobby/join", ...V0, "--schemas", "schema")).toContain("    data.a  optional  integer");
    const { code, stderr } = await within(path, ["explain", "lobby/join", ...V0]);
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/no schema of "lobby\/join"\. .* --schemas <folder>\.$/m),
    ]);
  });
});

test.each<[string, string, ...string[]]>([
  ["greets-twise", "greets-twice"],
  ["disconnect/alon", "disconnect/alone"],
  ["version.onc", "version.once"],
  ["friend/accept", "friend/acceptRequest", "--protocol", "v0"],
  ["__proto__", "See `list`"],
])("explain of %s, which there is not, names the nearest", async (name, nearest, ...options) => {
  const { code, stdout, stderr } = await within(path, ["explain", name, ...options]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(/^tachyon-conformance: There is no case, requirement, fault or command ".*"\. .*\.\n$/);
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

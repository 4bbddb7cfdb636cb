import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { COMMANDS, switchesOf } from "../../cli/commands/index.ts";
import { forYargs, onOrOff } from "../../cli/switches.ts";
import { GREETING, says, toLines } from "../recordings/recordings.ts";
import { reference, within } from "./within.ts";
import { cwd, report } from "./workspace.ts";

test.each(["1", "true", "TRUE", "yes", "Yes", "on", "ON", true, 1])("%p is yes", (word) => {
  expect(onOrOff(word, "here")).toBe(true);
});

test.each(["0", "false", "False", "no", "NO", "off", false, 0])("%p is no", (word) => {
  expect(onOrOff(word, "here")).toBe(false);
});

test.each(["", " ", "banana", "2", "y", "constructor", null, 2, [], ["true"], {}])("%p is refused", (word) => {
  expect(() => onOrOff(word, "here")).toThrow(/^here takes yes or no \(or .*\), not /);
});

test.each<[string[], string[]]>([
  [
    ["run", "--strict"],
    ["run", "--strict"],
  ],
  [
    ["run", "--strict=YES"],
    ["run", "--strict=true"],
  ],
  [
    ["run", "--strict", "off", "ws://x"],
    ["run", "--strict=false", "ws://x"],
  ],
  [
    ["run", "--strict", "ws://x"],
    ["run", "--strict", "ws://x"],
  ],
  [
    ["run", "--fail-on-unstable=1"],
    ["run", "--fail-on-unstable=true"],
  ],
  [
    ["run", "--failOnUnstable=0"],
    ["run", "--failOnUnstable=false"],
  ],
  [
    ["run", "--no-strict"],
    ["run", "--no-strict"],
  ],
  [
    ["run", "--case=yes"],
    ["run", "--case=yes"],
  ],
  [
    ["run", "--case", "yes"],
    ["run", "--case", "yes"],
  ],
  [
    ["check", "--strict", "--", "yes", "-", "--strict", "-q", "--"],
    ["check", "--strict", "yes", "/dev/stdin", "./--strict", "./-q", "./--"],
  ],
])("%p is read as %p", (given, words) => expect(forYargs(given)).toEqual(words));

describe("of the command", () => {
  // One line shows that --quiet was understood. Without it there are more.
  const lines = async (args: readonly string[], env: Record<string, string> = {}) => {
    const { code, stdout, stderr } = await within(
      cwd,
      ["run", reference.url, "--case", "disconnect/alone", ...args],
      env,
    );
    return { code, stderr, quiet: stdout.trim().split("\n").length === 1 };
  };
  const config = (value: unknown) => {
    writeFileSync(join(cwd, "switch.json"), JSON.stringify({ quiet: value }));
    return ["--config", "switch.json"];
  };

  test.each(["1", "yes", "on", "TRUE"])("a variable may say %s", async (value) => {
    expect(await lines([], { TACHYON_QUIET: value })).toEqual({ code: 0, stderr: "", quiet: true });
  });

  test("the command line wins over a variable, a variable over the config file", async () => {
    expect(await lines(["--no-quiet"], { TACHYON_QUIET: "1" })).toMatchObject({ code: 0, quiet: false });
    expect(await lines(["--quiet=no"], { TACHYON_QUIET: "1" })).toMatchObject({ code: 0, quiet: false });
    expect(await lines(["--quiet"], { TACHYON_QUIET: "junk" })).toMatchObject({ code: 0, quiet: true });
    expect(await lines(config("on"), { TACHYON_QUIET: "off" })).toMatchObject({ code: 0, quiet: false });
    expect(await lines(config("on"))).toMatchObject({ code: 0, quiet: true });
  });

  test.each<[string, () => readonly string[], Record<string, string>, RegExp]>([
    ["in the arguments", () => ["--quiet=banana"], {}, /^tachyon-conformance: --quiet takes yes or no .*"banana"\.\n$/],
    ["in a variable", () => [], { TACHYON_QUIET: "banana" }, /: TACHYON_QUIET takes yes or no .*"banana"\.\n$/],
    ["in an empty variable", () => [], { TACHYON_QUIET: "" }, /: TACHYON_QUIET takes yes or no .*""\.\n$/],
    ["in the config file", () => config("banana"), {}, /switch\.json: "quiet" takes yes or no .*"banana"\./],
    ["as a list in it", () => config([true]), {}, /switch\.json: "quiet" takes yes or no .*\n$/],
    ["as null in it", () => config(null), {}, /switch\.json: "quiet" takes yes or no .*\n$/],
  ])("anything else is refused %s", async (_, args, env, words) => {
    const { code, stderr } = await lines(args(), env);
    expect(stderr).toMatch(words);
    expect(code).toBe(2);
  });

  test("whatever a config switches on, the command line switches off", async () => {
    const { run } = COMMANDS;
    const switches = run ? switchesOf(run) : [];
    const on = config("on");
    writeFileSync(join(cwd, "switch.json"), JSON.stringify(Object.fromEntries(switches.map((name) => [name, true]))));
    const off = [switches.map((name) => `--no-${name}`), switches.map((name) => `--${name}=false`)];
    for (const words of off) {
      expect(await lines([...on, ...words])).toEqual({ code: 0, stderr: "", quiet: false });
      expect(report().target).toMatchObject({ strict: false });
    }
  });

  test("a file whose name begins with a dash stands behind --", async () => {
    for (const name of ["--strict", "-q"])
      writeFileSync(join(cwd, name), toLines({ [name]: [says("server", GREETING)] }));
    const { code, stdout, stderr } = await within(cwd, ["check", "--", "--strict", "-q"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/traffic {2}2 connections/);
  });

  test("a variable of another command, or of a program under test, is left alone", async () => {
    expect(await lines([], { TACHYON_LIST_FAULTS: "banana", TACHYON_TRACE: "banana" })).toMatchObject({ code: 0 });
  });
});

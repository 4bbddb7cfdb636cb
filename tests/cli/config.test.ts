import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { within } from "./within.ts";
import { cwd } from "./workspace.ts";

const NAME = "tachyon-conformance.config.json";
const put = (name: string, content: unknown) => writeFileSync(join(cwd, name), JSON.stringify(content));
/** Lists the cases that are selected, in the working folder. */
const listed = async (args: readonly string[] = [], env?: NodeJS.ProcessEnv) => {
  const { code, stdout, stderr } = await within(cwd, ["list", ...args], env);
  return { code, stderr, cases: [...stdout.matchAll(/^ {2}([a-z]+\/\S+)/gm)].map(([, id]) => id) };
};
const said = (place: string) => `tachyon-conformance: options from ${place}\n`;
const KEY = 'the key "tachyon-conformance" of package.json';

describe("a config is found by itself", () => {
  test("in its file, and said in one line", async () => {
    put(NAME, { $schema: "./schema.json", case: "disconnect/alone" });
    expect(await listed()).toEqual({ code: 0, stderr: said(NAME), cases: ["disconnect/alone"] });
  });

  test("in package.json, if there is no file", async () => {
    put("package.json", { name: "x", "tachyon-conformance": { case: "disconnect/alone" } });
    expect(await listed()).toEqual({ code: 0, stderr: said(KEY), cases: ["disconnect/alone"] });
    put(NAME, { case: "version/greeting" });
    expect(await listed()).toEqual({ code: 0, stderr: said(NAME), cases: ["version/greeting"] });
  });

  test("and the command line, a variable and --config win over it", async () => {
    put(NAME, { case: "disconnect/alone" });
    put("other.json", { $schema: "x", case: "version/greeting" });
    const cases = ["version/greeting"];
    expect(await listed(["--case", "version/greeting"])).toEqual({ code: 0, stderr: said(NAME), cases });
    expect(await listed([], { TACHYON_CASE: "version/greeting" })).toEqual({ code: 0, stderr: said(NAME), cases });
    expect(await listed(["--config", "other.json"])).toEqual({ code: 0, stderr: "", cases });
    expect(await listed(["--config=other.json"])).toEqual({ code: 0, stderr: "", cases });
    expect(await listed([], { TACHYON_CONFIG: "other.json" })).toEqual({ code: 0, stderr: "", cases });
  });

  test("by run, which takes the url from it", async () => {
    put(NAME, { url: "ws://127.0.0.1:1", timeout: 500 });
    expect(await within(cwd, ["run"])).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/ws:\/\/127\.0\.0\.1:1\//),
    });
  });

  test("and by no command that writes elsewhere", async () => {
    put(NAME, { out: "somewhere", json: "report.json" });
    expect(await within(cwd, ["explain", "parity.match"])).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse((await within(cwd, ["list", "--json"])).stdout)).toHaveProperty("suites");
  });

  test("a package.json that is of others or broken is left alone", async () => {
    put("package.json", { name: "x" });
    expect(await listed()).toMatchObject({ code: 0, stderr: "" });
    writeFileSync(join(cwd, "package.json"), "{");
    expect(await listed()).toMatchObject({ code: 0, stderr: "" });
  });

  test.each<[string, string, unknown, RegExp]>([
    ["an unknown option", NAME, { tiemout: 1 }, /config\.json: there is no option "tiemout".*"timeout"/],
    ["an option like no other", NAME, { polka: 1 }, /config\.json: there is no option "polka"\. See --help\.\n$/],
    ["a wrong value", NAME, { quiet: "banana" }, /config\.json: "quiet" takes yes or no/],
    ["no object", NAME, [], /config\.json holds no JSON object/],
    ["an unknown option of package.json", "package.json", { "tachyon-conformance": { x: 1 } }, /no option "x"/],
    ["a key that is no object", "package.json", { "tachyon-conformance": 1 }, /package\.json holds no JSON object/],
  ])("%s is refused", async (_, file, content, words) => {
    put(file, content);
    const { code, stderr } = await within(cwd, ["run"]);
    expect(stderr).toMatch(words);
    expect(stderr.match(/\n/g)).toHaveLength(1);
    expect(code).toBe(2);
  });
});

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { Ajv } from "ajv";
import { COMMANDS, SWITCHES } from "../../cli/commands/index.ts";
import { configSchema } from "../../cli/config-schema.ts";
import { cli } from "./process.ts";
import { cwd } from "./workspace.ts";

const FILE = "cli/config.schema.json";
const NAME = "tachyon-conformance.config.json";
const put = (name: string, content: unknown) => writeFileSync(join(cwd, name), JSON.stringify(content));
/** Lists the cases that are selected, in the working folder. */
const listed = async (args: readonly string[] = [], env?: NodeJS.ProcessEnv) => {
  const { code, stdout, stderr } = await cli(cwd, ["list", ...args], env);
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
    expect(await cli(cwd, ["run"])).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/ws:\/\/127\.0\.0\.1:1\//),
    });
  });

  test("and by no command that writes elsewhere", async () => {
    put(NAME, { out: "somewhere", json: "report.json" });
    expect(await cli(cwd, ["explain", "parity.match"])).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse((await cli(cwd, ["list", "--json"])).stdout)).toHaveProperty("suites");
  });

  test("a package.json that is of others or broken is left alone", async () => {
    put("package.json", { name: "x" });
    expect(await listed()).toMatchObject({ code: 0, stderr: "" });
    writeFileSync(join(cwd, "package.json"), "{");
    expect(await listed()).toMatchObject({ code: 0, stderr: "" });
  });

  test.each<[string, string, unknown, RegExp]>([
    ["an unknown option", NAME, { tiemout: 1 }, /config\.json: there is no option "tiemout".*"timeout"/],
    ["a wrong value", NAME, { quiet: "banana" }, /config\.json: "quiet" takes yes or no/],
    ["no object", NAME, [], /config\.json holds no JSON object/],
    ["an unknown option of package.json", "package.json", { "tachyon-conformance": { x: 1 } }, /no option "x"/],
    ["a key that is no object", "package.json", { "tachyon-conformance": 1 }, /package\.json holds no JSON object/],
  ])("%s is refused", async (_, file, content, words) => {
    put(file, content);
    const { code, stderr } = await cli(cwd, ["run"]);
    expect(stderr).toMatch(words);
    expect(stderr.match(/\n/g)).toHaveLength(1);
    expect(code).toBe(2);
  });
});

describe("the schema of a config", () => {
  test("is that of the options (UPDATE_DOCS=1 writes it anew)", () => {
    const now = `${JSON.stringify(configSchema(), null, 2)}\n`;
    if (process.env.UPDATE_DOCS) writeFileSync(FILE, now);
    expect(readFileSync(FILE, "utf8")).toBe(now);
  });

  const accepts = new Ajv({ strict: true, allowUnionTypes: true }).compile(configSchema());
  const options = Object.entries(Object.assign({}, ...Object.values(COMMANDS).map((it) => it.options))) as [
    string,
    { type?: string },
  ][];
  const sample = (name: string, type: string | undefined) => {
    if (SWITCHES.has(name)) return true;
    return type === "number" ? 1 : name === "shard" ? "1/2" : "text";
  };

  test.each(options.map(([name, { type }]) => [name, sample(name, type)]))("takes %s: %j", (name, value) => {
    expect(accepts({ $schema: "x", [String(name)]: value })).toBe(true);
  });

  test.each([
    [{ tiemout: 1 }],
    [{ timeout: 0 }],
    [{ timeout: "1" }],
    [{ strict: 3 }],
    [{ out: ["a"] }],
    [{ shard: "1" }],
    [{ case: [1] }],
    [{ config: "x.json" }],
    [[]],
  ])("refuses %j", (config) => expect(accepts(config)).toBe(false));

  test("takes the example of the docs", () => {
    const [, example = ""] = /```json\n(.*?)```/s.exec(readFileSync("docs/run.md", "utf8")) ?? [];
    expect(accepts(JSON.parse(example))).toBe(true);
  });

  test("takes several texts where the command line does", () => {
    expect(accepts({ case: ["version/*", "disconnect/*"], header: ["A: b"], url: "ws://localhost:8080" })).toBe(true);
  });
});

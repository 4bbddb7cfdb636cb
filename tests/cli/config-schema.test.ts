import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { Ajv } from "ajv";
import { COMMANDS, SWITCHES } from "../../cli/commands/index.ts";
import { configSchema } from "./config-schema.ts";

const FILE = "cli/config.schema.json";

describe("the schema of a config", () => {
  test("is that of the options (npm run docs:types writes it anew)", () => {
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
    [{ timeout: 3_600_001 }],
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

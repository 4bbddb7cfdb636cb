import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { compile } from "json-schema-to-typescript";
import * as library from "../../library/index.ts";
import { VERSION_NAMES } from "../../suites/versions.ts";

const FILE = "library/report.d.cts";

test("the type of report.json is generated from its schema", async () => {
  const text = readFileSync("reports/report.schema.json", "utf8");
  // A description beside a $ref would make a type of its own.
  const schema = JSON.parse(text, (_, it) => (it?.$ref ? { $ref: it.$ref } : it));
  const types = await compile({ ...schema, title: "Report" }, "Report", {
    bannerComment: `/** Generated from reports/report.schema.json: \`npm run docs:types\` writes it again. */`,
    ignoreMinAndMaxItems: true,
    style: { printWidth: 120 },
  });
  if (process.env.UPDATE_DOCS) writeFileSync(FILE, types);
  expect(readFileSync(FILE, "utf8")).toBe(types);
});

test("every name that is declared is there, and no other", () => {
  const declared = Array.from(
    readFileSync("library/index.d.cts", "utf8").matchAll(/^export declare (?:function|class) (\w+)/gm),
    ([, name]) => name,
  );
  expect(Object.keys(library).toSorted()).toEqual(declared.toSorted());
});

test("every protocol version is declared, and no other", () => {
  const [, declared] = /^export type ProtocolVersion = (.*);$/m.exec(readFileSync("library/index.d.cts", "utf8")) ?? [];
  expect(declared).toBe(VERSION_NAMES.map((name) => `"${name}"`).join(" | "));
});

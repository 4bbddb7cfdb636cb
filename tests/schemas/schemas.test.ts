import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { Ajv } from "ajv";
import { AJV_OPTIONS, validator } from "../../harness/schema.ts";
import { documents, keywords, version } from "../../schemas/0.1.7/index.ts";
import { requirements } from "../../schemas/0.1.7/requirements.ts";

const { violations } = validator(keywords);
const read = (path: string) => readFileSync(`schemas/0.1.7/${path}`, "utf8");
const system = read("document/system.md");
const blocks = [...system.matchAll(/```json\n(\{\n {4}"\$id": "([^"]+)"[\s\S]*?\n)```/g)].map(([, text, id]) => ({
  id,
  text,
}));

test("there is a file for each schema of the protocol document", () => {
  expect(documents.map(({ $id }) => $id)).toEqual(blocks.map(({ id }) => id));
  expect(blocks).toHaveLength(3);
});

test.each(blocks)("the file of $id is the text of the document", ({ id, text }) => {
  expect(read(`${id}.json`)).toBe(text);
});

test.each(blocks)("$id compiles in strict mode with the document's own keywords declared", ({ text }) => {
  const ajv = new Ajv({ ...AJV_OPTIONS, keywords: [...keywords] });
  expect(ajv.compile(JSON.parse(text as string))).toBeInstanceOf(Function);
  expect(() => new Ajv({ strict: true }).compile(JSON.parse(text as string))).toThrow(/requiresLogin/);
});

test("the examples of the document validate", () => {
  const examples = [...system.matchAll(/#### Example\n```json\n([\s\S]*?)```/g)].map(([, text]) =>
    JSON.parse(text as string),
  );
  const results = examples.map((example) =>
    violations(documents.find(({ $id }) => $id === example.command) ?? false, example),
  );
  expect(results).toEqual([[], [], []]);
});

test("the version under test is the constant of the greeting's schema", () => {
  expect(system).toContain(`tachyonVersion: "${version}"`);
});

test("the catalogue as data is the catalogue of the document, row by row", () => {
  const rows = [...read("document/requirements.md").matchAll(/^\| `([^`]+)` \| (.*) \|$/gm)].map(([, id, rest]) => {
    const cells = (rest as string).split(" | ");
    const statement = cells.at(-1) as string;
    const level = cells.length > 1 ? cells[0] : statement.startsWith("SHOULD: ") ? "SHOULD" : "MUST";
    return {
      id,
      level,
      statement: statement.replace(/^SHOULD: /, ""),
      source: cells.length > 2 ? cells[1] : undefined,
    };
  });
  expect(rows).toHaveLength(68);
  for (const [i, row] of requirements.entries()) {
    const { id, level, statement, source, why } = { why: undefined, ...row };
    expect({ id, level, statement }).toEqual({ id: rows[i]?.id, level: rows[i]?.level, statement: rows[i]?.statement });
    if (rows[i]?.source !== undefined) expect(why === undefined ? source : `${source} ${why}`).toBe(rows[i]?.source);
  }
  expect(requirements).toHaveLength(rows.length);
});

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import { Ajv } from "ajv";
import { UsageError } from "../../harness/usage.ts";
import { own } from "../../schemas/v0/index.ts";
import { readSchemas } from "../../schemas/v0/read.ts";
import { unnamed, wrongTime } from "../../schemas/v0/walk.ts";
import { violationsIn } from "../../suites/v0/protocol.ts";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** A folder that holds these files. */
function folderOf(files: Readonly<Record<string, unknown>>): string {
  const folder = mkdtempSync(join(tmpdir(), "schemas-"));
  folders.push(folder);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), typeof content === "string" ? content : JSON.stringify(content));
  }
  return folder;
}

/** An event as the protocol's repository writes it, with data of this schema. */
const eventWith = (data: unknown, more: object = {}) => ({
  $id: "https://schema.example/tachyon/a/b/event.json",
  $schema: "http://json-schema.org/draft-07/schema#",
  tachyon: { source: "server", target: "user", scopes: ["tachyon.lobby"] },
  type: "object",
  properties: { type: { const: "event" }, messageId: { type: "string" }, commandId: { const: "a/b" }, data },
  required: ["type", "messageId", "commandId", "data"],
  ...more,
});
const event = (data: unknown) => ({ type: "event", messageId: "1", commandId: "a/b", data });
const FILE = "a/b/event.json";
const REF = { $ref: "../../definitions/time.json" };

describe("a folder of schemas", () => {
  test("is read with references across files, formats and the keyword tachyon", async () => {
    const schemas = await readSchemas(
      folderOf({
        [FILE]: eventWith(
          {
            type: "object",
            properties: {
              at: REF,
              until: REF,
              ip: { type: "string", format: "ipv4" },
              more: { $ref: "#/definitions/x" },
            },
            required: ["at"],
          },
          { definitions: { x: { type: "boolean" } } },
        ),
        "definitions/time.json": { $id: "https://schema.example/time.json", title: "UnixTime", type: "integer" },
        "README.md": "# No schema",
      }),
    );
    expect(schemas.all.map(({ command, kind, source, target }) => [command, kind, source, target])).toEqual([
      ["a/b", "event", ["server"], ["user"]],
    ]);
    const violations = violationsIn(schemas);
    expect(violations(event({ at: 1, ip: "127.0.0.1", more: true }))).toEqual([]);
    expect(violations(event({})).map(({ says }) => says)).toEqual(['data lacks the property "at"']);
    expect(violations(event({ at: 1, ip: "300.0.0.1", more: 1 })).map(({ path }) => path)).toEqual([
      ["data", "ip"],
      ["data", "more"],
    ]);
    const time = (isWrong: boolean) => wrongTime(schemas.all[0]?.schema ?? {}, event({ at: 7 }), () => isWrong);
    expect([time(true), time(false)]).toEqual([{ path: ["data", "at"], value: 7 }, undefined]);
  });

  test("may begin with a byte order mark, and may be linked", async () => {
    const folder = folderOf({ [FILE]: eventWith(REF), "definitions/x.txt": '\ufeff{"type":"integer"}' });
    symlinkSync("x.txt", join(folder, "definitions/time.json"));
    const { all } = await readSchemas(folder);
    expect(all.map(({ command }) => command)).toEqual(["a/b"]);
  });

  test("has a digest that changes with every file", async () => {
    const one = await readSchemas(folderOf({ [FILE]: eventWith(REF), "definitions/time.json": { type: "integer" } }));
    const same = await readSchemas(folderOf({ [FILE]: eventWith(REF), "definitions/time.json": { type: "integer" } }));
    const other = await readSchemas(folderOf({ [FILE]: eventWith(REF), "definitions/time.json": { type: "number" } }));
    expect(one.digest).toBe(same.digest);
    expect(one.digest).not.toBe(other.digest);
  });

  test.each<[string, () => string, RegExp]>([
    ["that is not there", () => "/no/such/folder", /^Cannot read the schemas in .*there is no such file/],
    ["that is a file", () => join(folderOf({ x: "" }), "x"), /^Cannot read the schemas in /],
    ["that holds no message", () => folderOf({ "definitions/x.json": {} }), /holds no schema of a message/],
    ["with a file that is no JSON", () => folderOf({ [FILE]: "{" }), /event\.json is no JSON schema: it holds no JSON/],
    [
      "with a wrong schema",
      () => folderOf({ [FILE]: eventWith({ type: "banana" }) }),
      /is no JSON schema: properties\.data/,
    ],
    ["with a message of nobody", () => folderOf({ [FILE]: { type: "object" } }), /tachyon\.source is missing/],
    [
      "with a reference to nothing",
      () => folderOf({ [FILE]: eventWith(REF) }),
      /refers to \.\.\/\.\.\/definitions\/time\.json, and there is none/,
    ],
    [
      "with a cycle",
      () => folderOf({ [FILE]: eventWith(REF), "definitions/time.json": { items: { $ref: "time.json" } } }),
      /refers to itself: a\/b\/event\.json → definitions\/time\.json → /,
    ],
    [
      "with an unknown format",
      () => folderOf({ [FILE]: eventWith({ type: "string", format: "banana" }) }),
      /asks for the format "banana"\. Known are uuid/,
    ],
    [
      "with a wrong pattern",
      () => folderOf({ [FILE]: eventWith({ type: "string", pattern: "(" }) }),
      /which is none|is no JSON schema/,
    ],
    [
      "of 10,000 files",
      () => folderOf(Object.fromEntries(Array.from({ length: 2_001 }, (_, i) => [`a/b${i}/event.json`, "{}"]))),
      /holds more than 2000 files/,
    ],
    [
      "that is too deep",
      () => folderOf({ [FILE]: eventWith(nested(200)) }),
      /is no JSON schema: it is deeper than 100 levels/,
    ],
    [
      "with a list that is too long",
      () => folderOf({ [FILE]: eventWith({ enum: Array.from({ length: 10_001 }, (_, i) => i) }) }),
      /is no JSON schema: it holds more than 10000 values/,
    ],
    [
      "with a reference that nobody can decode",
      () => folderOf({ [FILE]: eventWith({ $ref: "#/definitions/%zz" }) }),
      /refers to #\/definitions\/%zz, and there is none/,
    ],
    ["that grows without end", () => folderOf(growing()), /refers to more than 100000 values/],
  ])("%s is one clear line", async (_, folder, says) => {
    const error = await readSchemas(folder()).catch((it: Error) => it);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toMatch(says);
    expect((error as Error).message).not.toContain("\n");
  });
});

/** A schema within so many others. */
const nested = (levels: number): object => (levels === 0 ? {} : { items: nested(levels - 1) });

/** Definitions each of which holds the next ten times. */
function growing(): Record<string, unknown> {
  const next = (i: number) => ({ items: Array.from({ length: 10 }, () => ({ $ref: `d${i}.json` })) });
  const some = Array.from({ length: 8 }, (_, i) => [`definitions/d${i}.json`, i === 7 ? {} : next(i + 1)]);
  return { ...Object.fromEntries(some), [FILE]: eventWith({ $ref: "../../definitions/d0.json" }) };
}

describe("the schemas of the suite", () => {
  test.each(own.all.map((it) => [`${it.command} ${it.kind}`, it] as const))(
    "%s is valid, and allows more properties",
    (_, it) => {
      const ajv = new Ajv({ strict: false });
      expect(ajv.validateSchema(it.schema)).toBe(true);
      expect(JSON.stringify(it.schema)).not.toContain("additionalProperties");
    },
  );

  test("every request has its response", () => {
    const requests = own.all.filter(({ kind }) => kind === "request");
    expect(requests.filter(({ command }) => !own.find("response", command))).toEqual([]);
  });
});

test("a property that no schema names is found, however deep; an object without names may hold all", () => {
  const known = own.find("event", "user/updated")?.schema ?? {};
  const updated = (user: object) => ({
    type: "event",
    messageId: "1",
    commandId: "user/updated",
    data: { users: [user] },
  });
  expect(unnamed(known, updated({ userId: "1", clanBaseData: null }))).toBeUndefined();
  expect(unnamed(known, updated({ userId: "1", displayname: "a" }))).toEqual(["data", "users", "0", "displayname"]);
  expect(unnamed({ type: "object", properties: { a: { type: "object" } } }, { a: { b: 1 } })).toBeUndefined();
});

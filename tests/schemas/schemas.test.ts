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

/** The words by which a row of the document leans on its heading or the row before, with the words of a statement instead. */
const ALONE: Readonly<Record<string, readonly [row: string, statement: string]>> = {
  "message.json": ["It is", "Every message is"],
  "message.known": [
    "Its `command` is a string; in the `system/` service it is",
    "The `command` of every message is a string; in the `system/` service it is",
  ],
  "message.schema": [
    "It validates against the JSON schema of its command",
    "Every message validates against the JSON schema of its command",
  ],
  "termination.success-only-if-asked": [
    "Status `success` is sent",
    "A `system/disconnected/response` with status `success` is sent",
  ],
  "termination.reason": ["A `failed` one", "A `system/disconnected/response` with status `failed`"],
  "disconnect.last": ["follows it", "follows `system/disconnected/response`"],
  "version.first": ["It is", "The greeting is"],
  "version.once": ["It is", "The greeting is"],
  "version.success": ["Its status", "The status of the greeting"],
  "version.no-login": ["It needs", "The greeting needs"],
  "version.current": ["`data.tachyonVersion` is", "`data.tachyonVersion` of the greeting is"],
  "parity.query": ["The parameter", "The parameter `tachyonVersion`"],
  "parity.isolated": ["their own", "their own parity"],
  "disconnect.success": [
    "That answer's status is `success`",
    "The answer to `system/disconnect/request` has status `success`",
  ],
  "disconnect.once": ["requests are pipelined, one answer", "disconnect requests are pipelined, they get one answer"],
  "disconnect.no-login": ["It works", "A disconnect request works"],
  "disconnect.extra-properties": ["A request with", "A disconnect request with"],
  "disconnect.isolated": [
    "No other connection is ended or disturbed",
    "A disconnect request ends or disturbs no other connection",
  ],
  "disconnect.reconnect": ["The client", "A client that was disconnected"],
  "disconnect.final": [
    "What the client sends after the request is not answered",
    "Nothing that the client sends after a disconnect request is answered",
  ],
  "disconnect.clean-close": ["The server closes", "After a disconnect request the server closes"],
  "malformed.rejected": ["It is", "A malformed command is"],
  "malformed.answered": ["It gets", "A malformed command gets"],
  "malformed.reason": ["The answer's reason", "The reason in the answer to a malformed command"],
  "malformed.usable": ["Afterwards", "After a malformed command"],
  "malformed.survives": ["Clients already", "After a malformed command clients already"],
  "transport.handshake": ["101 with", "The handshake is answered with 101 and"],
  "transport.subprotocol": ["It selects", "The server selects"],
  "transport.extensions": ["It negotiates", "The server negotiates"],
  "transport.survives": ["After each of the violations below", "After each violation of RFC 6455"],
  "resilience.churn-speed": ["of those, the last", "Of 300 connections one after another, the last"],
  "resilience.deep": ["likewise", "judged like large commands"],
};

test("the catalogue as data is the catalogue of the document, row by row, in statements that stand alone", () => {
  const rows = [...read("document/requirements.md").matchAll(/^\| `([^`]+)` \| (.*) \|$/gm)].map(([, id, rest]) => {
    const cells = (rest as string).split(" | ");
    const statement = cells.at(-1) as string;
    const level = cells.length > 1 ? cells[0] : statement.startsWith("SHOULD: ") ? "SHOULD" : "MUST";
    return {
      id,
      level,
      statement: statement.replace(/^SHOULD: /, "").replace(...(ALONE[id as string] ?? ["", ""])),
      source: cells.length > 2 ? cells[1] : undefined,
    };
  });
  expect(rows).toHaveLength(requirements.length);
  for (const [i, row] of requirements.entries()) {
    const { id, level, statement, source, why } = { why: undefined, ...row };
    expect({ id, level, statement }).toEqual({ id: rows[i]?.id, level: rows[i]?.level, statement: rows[i]?.statement });
    if (rows[i]?.source !== undefined) expect(why === undefined ? source : `${source} ${why}`).toBe(rows[i]?.source);
  }
});

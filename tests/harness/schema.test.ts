import { describe, expect, test } from "@jest/globals";
import { validator } from "../../harness/schema.ts";
import { documents, keywords } from "../../schemas/0.1.7/index.ts";

const { violations } = validator(keywords);

describe("schema violations name the property that breaks, of the nearest branch", () => {
  const greeting = documents.find(({ $id }) => $id === "system/version/response") ?? false;
  const valid = {
    command: "system/version/response",
    status: "success",
    data: { tachyonVersion: "0.1.7", versionParity: "match" },
  };
  test.each<[string, unknown, string[]]>([
    ["nothing is wrong", valid, []],
    ["extra properties are allowed", { ...valid, extra: 1, data: { ...valid.data, more: 2 } }, []],
    [
      "two constants",
      { ...valid, data: { tachyonVersion: "0.1.8", versionParity: "same" } },
      [
        'data.tachyonVersion must be "0.1.7"',
        'data.versionParity must be "major_mismatch" or "minor_mismatch" or "patch_mismatch" or "match" or "unknown"',
      ],
    ],
    ["no data", { ...valid, data: undefined }, ['the message lacks the property "data"']],
    [
      "a misspelt property, beside others",
      { ...valid, data: { tachyonVersion: "0.1.7", version_parity: "match", versionParities: 1, more: 2 } },
      ['data lacks the property "versionParity", but has "version_parity"'],
    ],
    [
      "no property of a near name",
      { ...valid, data: { tachyonVersion: "0.1.7", parity: "match" } },
      ['data lacks the property "versionParity"'],
    ],
    ["a list for an object", { ...valid, data: [] }, ["data must be object, not array"]],
    ["an unknown status", { ...valid, status: "ok" }, ['status must be "success" or "failed"']],
    [
      "an unknown reason",
      { command: valid.command, status: "failed", reason: "tired" },
      ['reason must be "internal_error" or "unauthorized" or "invalid_command"'],
    ],
  ])("%s", (_, value, expected) => {
    const found = violations(greeting, JSON.parse(JSON.stringify(value)));
    expect(found.map(({ says }) => says).toSorted()).toEqual(expected.toSorted());
  });
});

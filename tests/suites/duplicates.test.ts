import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { repeatedName } from "../../suites/websocket/duplicates.ts";
import { ASK, event, GREETING, outcomes, says } from "../recordings/recordings.ts";

describe("a name that stands twice", () => {
  test.each([
    ['{"a":1,"a":2}', "a"],
    ['{"a":1,"b":[{"c":{},"d":"","c":1}]}', "c"],
    ['{ "a" :1, "\\u0061"\n:2}', "a"],
    ['{"a\\"":1,"a\\"":2}', 'a"'],
    ['{"":1,"":2}', ""],
    ['[{"a":[{"a":1}],"a":2}]', "a"],
    ['{"__proto__":1,"__proto__":2}', "__proto__"],
  ])("is found in %s", (text, name) => {
    expect(repeatedName(text)).toBe(name);
  });

  test.each([
    '{"a":{"a":1},"b":{"a":1}}',
    '[{"a":1},{"a":1}]',
    '{"a":"\\"a\\":1,\\"a\\":2","b":["a","a"]}',
    '{"a":"a","b":"a"}',
  ])("is not found in %s", (text) => {
    expect(repeatedName(text)).toBeUndefined();
  });

  test("is never found in JSON of JavaScript, and always found once a name is written again", () => {
    const object = fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 });
    fc.assert(
      fc.property(object, fc.nat(), (value, i) => {
        expect(repeatedName(JSON.stringify(value, null, 1))).toBeUndefined();
        const names = Object.keys(value);
        const again = names[i % names.length] as string;
        const twice = `${JSON.stringify(value).slice(0, -1)},${JSON.stringify(again)}:0}`;
        expect(repeatedName(twice)).toBe(again);
      }),
    );
  });

  test("is found in any depth without recursion", () => {
    const deep = 200_000;
    expect(repeatedName(`${'{"a":'.repeat(deep)}{"b":1,"b":2}${"}".repeat(deep)}`)).toBe("b");
  });
});

test("a message of the server that holds a name twice is no JSON object that says one thing", () => {
  const text = '{"command":"system/disconnected/response","status":"failed","status":"success"}';
  const events = [
    says("server", GREETING),
    says("client", ASK),
    event("server", "text", text),
    event("server", "close", "", 1000),
  ];
  expect(outcomes({ url: "", events })).toEqual({ "message.json": "broken" });
});

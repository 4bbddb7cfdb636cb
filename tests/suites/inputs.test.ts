import { describe, expect, test } from "@jest/globals";
import { isObject, parse } from "../../harness/transcript.ts";
import { dialect } from "../../suites/0.1.7/dialect.ts";
import { DISCONNECT, disconnect } from "../../suites/0.1.7/protocol.ts";
import { lookalikes, parityOf } from "../../suites/0.1.7/version-parity-inputs.ts";
import { deepTexts, refusableTexts, unwatchedGroups } from "../../suites/websocket/malformed-inputs.ts";
import { lenientTexts } from "../../suites/websocket/malformed-lenient.ts";
import {
  lengths,
  rareNumbers,
  rareProperties,
  requestOfLength,
  requestWith,
  spellings,
} from "../../suites/websocket/requests.ts";

const isRequest = (text: string) => {
  const message = parse(text);
  return isObject(message) && message.command === DISCONNECT;
};
const named = (texts: Readonly<Record<string, string>>) => Object.entries(texts);

describe("another text of a request is a request", () => {
  test.each([
    ...named(spellings(dialect)),
    ...named(refusableTexts(dialect)),
    ...named(rareProperties).map(([name, property]) => [name, requestWith(disconnect, property)] as const),
    ...named(rareNumbers).map(([name, number]) => [name, requestWith(disconnect, `"extra":${number}`)] as const),
  ])("%s", (_, text) => expect(isRequest(text)).toBe(true));

  test.each(lengths)("a %s of %i bytes", (of, length) => {
    const text = requestOfLength(disconnect, of, length);
    expect(isRequest(text)).toBe(true);
    const part = of === "message" ? text : String((parse(text) as { extra: unknown }).extra);
    expect(Buffer.byteLength(part)).toBe(length);
  });
});

test("text that only a lenient parser reads is no JSON", () => {
  expect(named(lenientTexts(disconnect)).filter(([, text]) => parse(text) !== undefined)).toEqual([]);
});

test("no other near miss is a request", () => {
  const all = Object.values(unwatchedGroups(dialect)).flat();
  expect(all.filter(({ text }) => isRequest(text))).toEqual([]);
  expect(new Set(all.map(({ text }) => text)).size).toBe(all.length);
});

test("deeply nested text is no request, and is JSON unless it is cut off", () => {
  for (const [name, text] of Object.entries(deepTexts))
    expect([name, parse(text()) === undefined]).toEqual([name, name.includes("cut-off")]);
});

test("a version that only wraps to the right one does not match", () => {
  const wrapped = lookalikes.filter(({ name }) => name.includes("wrapped"));
  expect(wrapped.map(({ value }) => parityOf(value)).toSorted()).toEqual(
    ["major", "minor", "patch"].flatMap((part) => Array<string>(3).fill(`${part}_mismatch`)),
  );
});

import { describe, expect, test } from "@jest/globals";
import { broken, worst } from "../../harness/catalogue.ts";
import { accepts, describe as words } from "../../harness/expect.ts";
import { type Failure, httpFailure, NO_ANSWER, WRONG_NAME } from "../../harness/failure.ts";
import { isNothing, nothing } from "../../harness/nothing.ts";
import { validator } from "../../harness/schema.ts";
import { parse } from "../../harness/transcript.ts";
import { explainUnreachable } from "../../harness/unreachable.ts";
import { select } from "../../running/select.ts";
import { targetHeaders, targetUrl } from "../../running/target.ts";
import { documents, keywords } from "../../schemas/0.1.7/index.ts";
import { protocol } from "../../suites/0.1.7/index.ts";

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

test("an expectation is judged and worded from one schema", () => {
  expect(words({ const: "match" })).toBe('"match"');
  expect(words({ enum: ["a", "b"] })).toBe('"a" or "b"');
  expect(words({ title: "one answer", const: 1 })).toBe("one answer");
  expect([
    accepts({ title: "one answer", const: 1 }, 1),
    accepts({ const: 1 }, 2),
    accepts({ title: "anything" }, 3),
  ]).toEqual([true, false, true]);
});

test("the worst verdict is the one that costs most", () => {
  expect(worst(["pass", "info", "skip", "warn"])).toBe("warn");
  expect(worst(["warn", "error", "pass"])).toBe("error");
  expect(worst(["error", "fail"])).toBe("fail");
  expect(worst([], "skip")).toBe("skip");
  expect([broken("MUST", false), broken("SHOULD", false), broken("SHOULD", true), broken("MAY", true)]).toEqual([
    "fail",
    "warn",
    "fail",
    "info",
  ]);
});

test("no server can forge that nothing came", () => {
  expect(isNothing(nothing("why"))).toBe(true);
  expect(isNothing(parse('{"nothing":"why","Symbol(why nothing came)":"why"}'))).toBe(false);
});

describe("a selection", () => {
  const ids = (...args: Parameters<typeof select> extends [unknown, ...infer Rest] ? Rest : never) =>
    select(protocol, ...args).map(({ id }) => id);
  test("holds the cases that every kind of filter lets through", () => {
    expect(ids({ suite: ["disconnect"], case: ["*/alone", "version/greeting"] }, false)).toEqual(["disconnect/alone"]);
    expect(ids({ requirement: ["parity.match"] }, false)).toEqual(["version/parity-equal-equal-equal"]);
  });
  test("a requirement of the message rules is tested by every case, unless it has cases of its own", () => {
    const of = (requirement: string) => ids({ requirement: [requirement] }, false);
    expect(of("message.json")).toEqual(ids({}, false));
    expect(protocol.rules.map((rule) => rule.requirement)).toContain("version.greeting");
    expect(of("version.greeting")).toContain("version/greeting");
    expect(of("version.greeting").length).toBeLessThan(ids({}, false).length);
    const declares = new Set(
      protocol.suites
        .flatMap((suite) => suite.cases)
        .flatMap((it) => (it.tests.includes("version.greeting") ? [it.id] : [])),
    );
    expect(of("version.greeting").filter((id) => !declares.has(id))).toEqual([]);
  });
  test("leaves out cases that put load on a server, unless they are asked for, named, or all that is left", () => {
    const loads = (all: readonly string[]) => all.some((id) => id.startsWith("resilience/"));
    expect(loads(ids({}, false))).toBe(false);
    expect(loads(ids({}, true))).toBe(true);
    expect(loads(ids({ suite: ["*"] }, false))).toBe(false);
    expect(loads(ids({ suite: ["version", "resilience"] }, false))).toBe(true);
    expect(loads(ids({ requirement: ["*.idle"] }, false))).toBe(true);
  });
  test.each<[string, Parameters<typeof ids>[0], RegExp]>([
    ["suite", { suite: ["versoin"] }, /^There is no suite "versoin"\. The nearest known one is "version"\.$/],
    ["case", { case: ["disconnect/alon"] }, /nearest known one is "disconnect\/alone"/],
    ["case glob", { case: ["nothing/*"] }, /^There is no case "nothing\/\*"/],
    ["requirement", { requirement: ["parity.mach"] }, /nearest known one is "parity\.match"/],
    ["combination", { suite: ["version"], case: ["disconnect/*"] }, /^No case matches all of the filters/],
  ])("an unknown %s is an error", (_, selection, message) => {
    expect(() => ids(selection, true)).toThrow(message);
  });
});

describe("a target", () => {
  test.each([
    ["ws://localhost:1", "ws://localhost:1/"],
    ["http://localhost/a?b=c", "ws://localhost/a?b=c"],
    ["https://example.org/x#y", "wss://example.org/x"],
    ["WSS://Example.org", "wss://example.org/"],
    ["ws://[::1]:5", "ws://[::1]:5/"],
  ])("%s is %s", (given, url) => expect(targetUrl(given).href).toBe(url));
  test.each([
    ["localhost:8080", /no ws:, wss:, http: or https: url\. .* perhaps ws:\/\/localhost:8080/],
    ["example.org/lobby", /is no url\. .* perhaps ws:\/\/example\.org\/lobby/],
    ["ftp://x", /no ws:/],
    ["ws://localhost:99999", /is no url\. Ports end at 65535\./],
    ["ws://", /is no url\. Give/],
    ["", /is no url/],
  ])("%p is an error", (given, message) => expect(() => targetUrl(given)).toThrow(message));

  test("headers are names and values", async () => {
    expect(await targetHeaders(["Authorization: Bearer a:b ", "x-y:"])).toEqual({
      Authorization: "Bearer a:b",
      "x-y": "",
    });
    for (const wrong of ["Authorization", ": x", "a b: c", "a: b\r\nc: d"]) {
      await expect(targetHeaders([wrong])).rejects.toThrow(/needs the form "Name: value"/);
    }
    await expect(targetHeaders(["@/no/such/file"])).rejects.toThrow(
      /Cannot read \/no\/such\/file: there is no such file/,
    );
  });

  test.each<[Failure, RegExp]>([
    [{ code: "ECONNREFUSED" }, /Nothing listens/],
    [{ code: "ENOTFOUND" }, /does not resolve/],
    [{ code: "DEPTH_ZERO_SELF_SIGNED_CERT" }, /--ca/],
    [{ code: WRONG_NAME }, /--insecure/],
    [{ code: WRONG_NAME, names: "a.example, 127.0.0.1" }, /for other names: a\.example, 127\.0\.0\.1\. Use one/],
    [{ code: WRONG_NAME, names: "a.example, ".repeat(99) }, /a\.…\. Use one/],
    [httpFailure(302), /Redirects are not followed/],
    [httpFailure(401), /--credential/],
    [httpFailure(404), /Check the path/],
    [httpFailure(503), /server behind it/],
    [{ code: NO_ANSWER }, /--timeout/],
    [{ code: "EPROTO" }, /TLS/],
    [{ code: "SOMETHING_NEW" }, /could not be reached: SOMETHING_NEW/],
  ])("%j is explained in one line, without credentials", (failure, words) => {
    const line = explainUnreachable(new URL("wss://me:secret@example.org/"), failure);
    expect(line).toMatch(words);
    expect(line).toMatch(/^[^\n]*wss:\/\/example\.org\/[^\n]*$/);
    expect(line).not.toContain("secret");
  });
});

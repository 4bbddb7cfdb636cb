import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { STRINGS } from "../../cli/complaints.ts";
import { suggestion, UnreachableError, UsageError } from "../../harness/usage.ts";
import { select } from "../../running/select.ts";
import { resolves, targetUrl } from "../../running/target.ts";
import { protocol } from "../../suites/0.1.7/index.ts";

describe("a suggestion", () => {
  const known = ["run", "list", "timeout", "version/greeting", "h", "friend/acceptRequest", "friend/list", "user/info"];
  test.each([
    ["rnu", "run"],
    ["lst", "list"],
    ["tiemout", "timeout"],
    ["version/greting", "version/greeting"],
    ["friend/accept", "friend/acceptRequest"],
    ["friend/", undefined],
    ["ve", undefined],
    ["greeting/version", undefined],
    ["polka", undefined],
    ["x", undefined],
    ["", undefined],
    ["__proto__", undefined],
  ])("for %p is %p", (wrong, near) => {
    expect(suggestion(wrong, known)).toBe(near === undefined ? "" : ` The nearest known one is "${near}".`);
  });

  test("is empty if no names are known", () => expect(suggestion("run", [])).toBe(""));
});

describe("a word that is no url", () => {
  test.each([
    ["8090", "ws://localhost:8090"],
    [":8090/path", "ws://localhost:8090/path"],
    ["localhost", "ws://localhost"],
    ["localhost:8090", "ws://localhost:8090"],
    ["lobby:8090/path", "ws://lobby:8090/path"],
    ["lobby.example.org/path", "ws://lobby.example.org/path"],
    ["greeting", undefined],
    ["123456", undefined],
    ["version/greeting", undefined],
    ["ftp://example.org", undefined],
  ])("%p suggests %p", (text, meant) => {
    const hint = meant === undefined ? "" : `, perhaps ${meant}`;
    expect(() => targetUrl(text)).toThrow(
      new UsageError(`${mistake(text)} Give one like ws://localhost:8080/path${hint}.`),
    );
  });

  const mistake = (text: string) => `"${text}" is no ${URL.canParse(text) ? "ws:, wss:, http: or https: url" : "url"}.`;
});

test("an address resolves at once, a wrong name never does", async () => {
  await resolves(new URL("ws://127.0.0.1:1/"));
  await resolves(new URL("ws://[::1]:1/"));
  await expect(resolves(new URL("ws://does-not-exist.invalid/"))).rejects.toThrow(UnreachableError);
});

describe("an id that is given to the wrong option names the right one", () => {
  test.each([
    [{ case: ["disconnect.once"] }, 'no case "disconnect.once". It is a requirement: give it to --requirement.'],
    [{ case: ["version"] }, 'no case "version". It is a suite: give it to --suite.'],
    [{ suite: ["version/greeting"] }, 'no suite "version/greeting". It is a case: give it to --case.'],
    [{ suite: ["version/*"] }, 'no suite "version/*". It is a case: give it to --case.'],
    [{ requirement: ["version/greeting"] }, "give it to --case."],
    [{ requirement: ["parity.mach"] }, 'The nearest known one is "parity.match".'],
    [{ requirement: ["polka"] }, 'no requirement "polka". See `list`.'],
  ])("%j", (selection, words) => {
    expect(() => select(protocol, selection, true)).toThrow(words);
  });
});

test("each complaint in our words is one of yargs, with a plural where that has one", () => {
  const theirs = JSON.parse(readFileSync("node_modules/yargs/locales/en.json", "utf8"));
  for (const [key, string] of Object.entries(STRINGS)) expect([key, typeof theirs[key]]).toEqual([key, typeof string]);
});

import { describe, expect, test } from "@jest/globals";
import { broken, worst } from "../../harness/catalogue.ts";
import { accepts, describe as words } from "../../harness/expect.ts";
import { judge } from "../../harness/judge.ts";
import { isNothing, nothing } from "../../harness/nothing.ts";
import type { Finding } from "../../harness/rule.ts";
import { parse } from "../../harness/transcript.ts";
import { requirements } from "../../schemas/0.1.7/requirements.ts";

describe("a judge", () => {
  const one = () => judge({ requirements: new Map(requirements.map((it) => [it.id, it])), strict: false });
  const offline = { needs: () => [], gaps: { hide: [], excuse: [] } };
  const rule = (...findings: Finding[]) => ({
    requirement: "message.json",
    judge: () => findings.shift() as Finding,
    ...offline,
  });
  const transcripts = [
    { url: "", events: [] },
    { url: "", events: [] },
  ];
  const finding = (outcome: Finding["outcome"]): Finding => ({ outcome, actual: outcome });

  test("says that a rule is broken if it is so anywhere, even if it is inconclusive elsewhere", () => {
    const it = one();
    it.apply(rule(finding("inconclusive"), finding("broken")), transcripts);
    it.apply(rule(finding("inconclusive"), finding("kept")), transcripts);
    it.apply(rule(finding("kept"), finding("kept")), transcripts);
    expect(it.checks.map(({ verdict }) => verdict)).toEqual(["fail", "error", "pass"]);
  });

  test("cannot tell from what the suite did not read, and does not pass a wait in vain", () => {
    const it = one();
    it.check("disconnect.answered", nothing("silence"));
    it.check("disconnect.answered", nothing("a bound", true));
    it.check("disconnect.answered", undefined);
    expect(it.checks.map(({ verdict }) => verdict)).toEqual(["fail", "error", "fail"]);
  });

  test("says what happened in a case that could not connect, or threw after all was judged", () => {
    const it = one();
    it.complete(["disconnect.answered"], { unopened: "HTTP 503" });
    it.complete(["disconnect.answered"], { thrown: new Error("oops") });
    expect(it.checks.map(({ verdict, actual }) => `${verdict} ${actual}`)).toEqual([
      "skip not judged: a connection could not be opened (HTTP 503)",
      "error the case threw: oops",
    ]);
  });

  test("survives a rule that throws", () => {
    const it = one();
    const judge = () => {
      throw new Error("a bug");
    };
    it.apply({ requirement: "message.json", judge, ...offline }, transcripts);
    expect(it.checks[0]).toMatchObject({ verdict: "error", actual: "the rule threw: a bug" });
  });
});

test("a requirement that was not judged is an error if the suite stopped reading, whatever broke before", () => {
  const [a, b, c] = requirements.map(({ id }) => id) as [string, string, string];
  const it = judge({ requirements: new Map(requirements.map((one) => [one.id, one])), strict: false });
  it.check(a, undefined);
  it.complete([a, b], { bound: "more than enough", unopened: "HTTP 503" });
  it.complete([c], { thrown: new Error("oops"), bound: "more than enough" });
  expect(it.checks.slice(1).map(({ verdict, actual }) => `${verdict}: ${actual}`)).toEqual([
    "error: the suite stopped reading: more than enough",
    "error: the case threw: oops",
  ]);
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

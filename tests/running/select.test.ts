import { describe, expect, test } from "@jest/globals";
import { select } from "../../running/select.ts";
import { protocol } from "../../suites/0.1.7/index.ts";

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

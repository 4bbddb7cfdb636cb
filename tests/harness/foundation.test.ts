import { describe, expect, test } from "@jest/globals";
import { restsOnBroken } from "../../harness/foundation.ts";
import { brokenIn, caseOf, fails, foundations, middle, passes, result, root, shown, top } from "./grounding.ts";

describe("the foundations that are broken", () => {
  test("are those whose plain case fails or warns, and these cases, each with its root", () => {
    expect(brokenIn(root)).toEqual(shown({ root: "root" }));
    expect(brokenIn(result("s/root", { root: "warn" }))).toEqual(shown({ root: "root" }));
    expect(brokenIn(root, middle, fails("s/top-too", "top"))).toEqual({
      ...shown({ root: "root", middle: "root", top: "root" }),
      "s/top-too": "root",
    });
  });

  test("include one that could not be judged only if something below is broken", () => {
    const unclear = (["skip", "error"] as const).map((middle) => result("s/middle", { middle }));
    for (const it of unclear)
      expect([brokenIn(it), brokenIn(root, it)]).toEqual([{}, shown({ root: "root", middle: "root" })]);
    expect(brokenIn(root, result("s/middle", {}))).toEqual(shown({ root: "root", middle: "root" }));
  });

  test("leave out one that was kept, even above a broken one, and the chain ends there", () => {
    for (const kept of [passes("s/middle", "middle"), result("s/middle", { middle: "info" })])
      expect(brokenIn(root, kept, top)).toEqual({ ...shown({ root: "root", top: "top" }), "s/top-too": "top" });
  });

  test("leave out one whose plain case did not run, or fails for another requirement", () => {
    expect(brokenIn(fails("s/other", "root"), fails("s/side", "root"))).toEqual({});
    expect(brokenIn(root, top)).toEqual({ ...shown({ root: "root", top: "top" }), "s/top-too": "top" });
  });

  test("include one if any of its plain cases breaks it, but no plain case that keeps it", () => {
    expect(brokenIn(passes("s/top", "top"), fails("s/top-too", "top"))).toEqual({ top: "top", "s/top-too": "top" });
  });

  test("leave out one that is broken now and then", () => {
    expect(brokenIn({ ...root, unstable: true })).toEqual({});
  });
});

describe("a case that has not run yet", () => {
  const broken = new Map([
    ["top", "root"],
    ["side", "side"],
  ]);
  const rests = (id: string, ...tests: string[]) => restsOnBroken(caseOf(id, tests), broken, foundations);

  test("could show nothing if all that it tests rests on broken requirements", () => {
    expect(rests("s/x", "a")).toBe("root");
    expect(rests("s/x", "b", "a")).toBe("side");
    expect(rests("s/odd", "other")).toBe("side");
  });

  test("runs if it could show something", () => {
    expect([rests("s/x", "a", "other"), rests("s/x", "other"), rests("s/x", "side")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(restsOnBroken(caseOf("s/x", ["top"]), new Map([["top", "top"]]), foundations)).toBeUndefined();
    expect(restsOnBroken(caseOf("s/x"), new Map(), foundations)).toBeUndefined();
  });

  test("runs if it is the plain form of a requirement", () => {
    expect(rests("s/top-too", "a")).toBeUndefined();
  });
});

import { describe, expect, test } from "@jest/globals";
import type { CaseResult } from "../../harness/execute.ts";
import { bearers, type Foundations } from "../../harness/foundation.ts";
import { ground, seeing } from "../../harness/ground.ts";
import { steady } from "../../harness/runner.ts";
import { caseOf, checkOf, fails, foundations, middle, passes, result, root, side, told, top } from "./grounding.ts";

describe("a check that rests on a broken requirement", () => {
  test("is not judged, and names the other; the rest of the case is judged", () => {
    expect(told(top, fails("s/x", "a", "other"))).toEqual(["a skip top", "other fail"]);
    expect(told(root, middle, top, fails("s/x", "a"))).toEqual(["a skip root"]);
    const [, checked] = ground([top, fails("s/x", "a")], [], foundations);
    expect(checked).toMatchObject({ verdict: "skip", checks: [{ actual: "not judged: see top", expected: "that" }] });
  });

  test("is one that fails, warns or is inconclusive, and no other", () => {
    const verdicts = ["fail", "warn", "error", "pass", "info", "skip"] as const;
    const some = verdicts.map((verdict) => told(top, result("s/x", { a: verdict }))[0]);
    expect(some).toEqual(["a skip top", "a skip top", "a skip top", "a pass", "a info", "a skip"]);
  });

  test("passes in vain if the requirement shows only by an absence", () => {
    expect(told(top, passes("s/x", "quiet"))).toEqual(["quiet skip top"]);
    expect(told(passes("s/top", "top"), passes("s/x", "quiet"))).toEqual(["quiet pass"]);
  });

  test("is judged in another form while the plain form works", () => {
    expect(told(passes("s/top", "top"), fails("s/x", "a", "top"))).toEqual(["a fail", "top fail"]);
  });

  test("does not name itself if a requirement is broken in both forms", () => {
    expect(told(top, fails("s/x", "top"))).toEqual(["top fail"]);
    expect(told(middle, top, fails("s/x", "top"))).toEqual(["top skip middle"]);
  });

  test("may be any of a case, by the id of that", () => {
    expect(told(side, fails("s/odd", "other"))).toEqual(["other skip side"]);
    expect(told(side, fails("s/even", "other"))).toEqual(["other fail"]);
  });

  test("rests on another case of the same requirement, by the id of that, and that case on nothing", () => {
    const byCase: Foundations = { ...foundations, forms: { top: ["s/top-too"] }, varying: { lost: ["s/top-too"] } };
    const toldBy = (...results: CaseResult[]) => ground(results, [], byCase).map(({ verdict }) => verdict);
    expect(toldBy(fails("s/top-too", "top"), fails("s/x", "top"))).toEqual(["fail", "skip"]);
    expect(toldBy(fails("s/top-too", "top"), { ...fails("s/x", "lost"), unstable: true })).toEqual(["fail", "skip"]);
    expect(toldBy(passes("s/top-too", "top"), fails("s/x", "top"))).toEqual(["pass", "fail"]);
  });

  test("rests on other requirements in its plain case than in other forms", () => {
    expect(bearers("top", "s/top-too", foundations)).toEqual(["middle"]);
    expect(bearers("top", "s/root", foundations)).toEqual(["top", "middle"]);
    expect(bearers("a", "s/odd", foundations)).toEqual(["side", "top"]);
    expect(bearers("other", "s/x", foundations)).toEqual([]);
  });

  test("names the first that is broken, in the order given", () => {
    expect(told(middle, side, fails("s/x", "b"))).toEqual(["b skip side"]);
    expect(told(middle, fails("s/x", "b"))).toEqual(["b skip middle"]);
  });

  test("may rest on a case of the baseline, which is in no result", () => {
    const results = ground([fails("s/x", "a")], [top], foundations);
    expect(results.map(({ case: it, verdict }) => [it.id, verdict])).toEqual([["s/x", "skip"]]);
  });

  test("is judged if the plain case fails now and then", () => {
    expect(told({ ...top, unstable: true }, fails("s/x", "a"))).toEqual(["a fail"]);
  });

  test("rests on more if the verdict varies", () => {
    expect(told(side, fails("s/x", "a"))).toEqual(["a fail"]);
    expect(told(side, { ...fails("s/x", "a"), unstable: true })).toEqual(["a skip side"]);
  });

  test("rests on no more for something that could not be judged itself", () => {
    const varying = { ...foundations, plain: { ...foundations.plain, side: { plain: ["s/side"], on: ["root"] } } };
    const results = [fails("s/root", "root"), side, { ...fails("s/x", "a"), unstable: true }];
    expect(ground(results, [], varying).at(-1)?.checks).toMatchObject([{ requirement: "a", verdict: "fail" }]);
  });

  test("rests on what explains its plain case", () => {
    const both = fails("s/side", "side", "c");
    const explained = { ...foundations, within: { side: ["c"] } };
    const results = ground([both, fails("s/x", "b")], [], explained);
    expect(results.flatMap(({ checks }) => checks.map(({ see }) => see))).toEqual(["c", undefined, "c"]);
  });

  test("leaves a case the worst verdict of its other checks", () => {
    const [, mixed] = ground([top, result("s/x", { a: "fail", other: "warn", more: "pass" })], [], foundations);
    expect(mixed?.verdict).toBe("warn");
  });

  test("leaves other cases as they are", () => {
    const [one, two] = [fails("s/x", "other"), passes("s/y", "a")];
    const results = ground([top, one, two], [], foundations);
    expect(results.slice(1).map((it, i) => it === [one, two][i])).toEqual([true, true]);
  });

  test("comes out the same from the same results, and from its own result, and changes nothing", () => {
    const before = [root, middle, top, fails("s/x", "a", "b", "lost")];
    const copy = structuredClone(before.map(({ checks }) => checks));
    const once = ground(before, [], foundations);
    expect(ground(before, [], foundations)).toEqual(once);
    expect(ground(once, [], foundations)).toEqual(once);
    expect(before.map(({ checks }) => checks)).toEqual(copy);
  });
});

describe("a check that comes of another breach in the same case", () => {
  test("is not judged, and names that, only if that is broken there", () => {
    expect(told(fails("s/x", "b", "c"))).toEqual(["b skip c", "c fail"]);
    expect(told(result("s/x", { b: "fail", c: "pass" }))).toEqual(["b fail", "c pass"]);
    expect(told(result("s/x", { b: "pass", c: "fail" }))).toEqual(["b pass", "c fail"]);
    expect(told(fails("s/y", "c"), fails("s/x", "b"))).toEqual(["b fail"]);
  });

  test("names the first of a chain", () => {
    expect(told(fails("s/x", "a", "lost"))).toEqual(["a skip lost", "lost fail"]);
    expect(told(fails("s/x", "a", "b"))).toEqual(["a skip b", "b fail"]);
    expect(told(fails("s/x", "a", "b", "c"))).toEqual(["a skip c", "b skip c", "c fail"]);
    expect(told(fails("s/x", "b", "c", "d"))).toEqual(["b skip d", "c skip d", "d fail"]);
  });

  test("is judged if that is explained by something else", () => {
    expect(told(side, fails("s/x", "a", "b"))).toEqual(["a fail", "b skip side"]);
  });

  test("comes only of the first broken requirement of every connection, in a case whose verdict varies", () => {
    const varies = (...requirements: string[]) => told({ ...fails("s/x", ...requirements), unstable: true });
    expect(varies("a", "b")).toEqual(["a fail", "b fail"]);
    expect(varies("a", "lost", "other")).toEqual(["a skip lost", "lost fail", "other skip lost"]);
    const general: Foundations = { ...foundations, general: ["gone", "lost"] };
    const [varying] = ground([{ ...fails("s/x", "a", "lost", "gone"), unstable: true }], [], general);
    expect(varying?.checks.map(({ requirement, see }) => [requirement, see])).toEqual([
      ["a", "gone"],
      ["lost", "gone"],
      ["gone", undefined],
    ]);
  });

  test("becomes the requirement of the missing message, or of which it is a form, in a case whose verdict varies", () => {
    const silence = (what: string) => ({ silence: { what, afterMs: 5 } });
    const checks = [
      checkOf("other", "fail", silence("the answer")),
      checkOf("form", "warn", { level: "SHOULD" }),
      checkOf("form", "fail", silence("something else")),
      checkOf("form", "pass"),
      checkOf("b", "fail"),
    ];
    const named = (unstable: boolean) =>
      ground([{ ...result("s/x", {}), checks, unstable }], [], foundations)[0]?.checks.map((it) =>
        [it.requirement, it.level, it.verdict].join(" "),
      );
    expect(named(true)).toEqual([
      "answered MUST fail",
      "of MUST fail",
      "form MUST fail",
      "form MUST pass",
      "b MUST fail",
    ]);
    expect(named(false)).toEqual([
      "other MUST fail",
      "form SHOULD warn",
      "form MUST fail",
      "form MUST pass",
      "b MUST fail",
    ]);
  });

  test("comes of an answer that never comes, in all cases that wait for the same", () => {
    const silent = (id: string, requirement: string, what: string, more: Partial<CaseResult> = {}) => ({
      ...result(id, {}, more),
      checks: [checkOf(requirement, "fail", { silence: { what, afterMs: 5 } })],
    });
    const [command, other] = [silent("s/y", "a", "its answer"), silent("s/z", "a", "another")];
    const known: Foundations = { ...foundations, unanswered: "answered" };
    const verdicts = (first: CaseResult, how = known) =>
      ground([first, command, other], [], how).flatMap(({ checks }) => checks.map(({ see }) => see));
    expect(verdicts(silent("s/x", "answered", "its answer"))).toEqual([undefined, "answered", undefined]);
    expect(verdicts(silent("s/x", "answered", "its answer", { unstable: true }))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(verdicts(silent("s/x", "answered", "the answer"))).toEqual([undefined, undefined, undefined]);
    expect(verdicts(silent("s/x", "answered", "its answer"), foundations)).toEqual([undefined, undefined, undefined]);
  });

  test("becomes that of a refused client, in a case whose verdict varies or may do so, if a connection of it was refused", () => {
    const refused = { ...fails("s/x", "form", "b"), refusedUsual: true as const };
    expect(told({ ...refused, unstable: true })).toEqual(["greeted fail", "greeted fail"]);
    expect(told({ ...refused, unconfirmed: true })).toEqual(["greeted fail", "greeted fail"]);
    expect(told(refused)).toEqual(["form fail", "b fail"]);
    expect(told({ ...fails("s/x", "lost"), refusedUsual: true as const, unstable: true })).toEqual(["lost fail"]);
    const text = { at: 0, from: "server", type: "text", data: "{}" } as const;
    const checks = [checkOf("other", "fail", { evidence: { connection: 0, events: [0] } })];
    const said = { ...refused, checks, connections: [{ url: "", events: [text] }] };
    expect(told({ ...said, unconfirmed: true })).toEqual(["other fail"]);
    expect(told({ ...fails("s/x", "other"), refusedUsual: true as const, unconfirmed: true })).toEqual(["other fail"]);
  });

  test("is told by the cases about it, if it holds on every connection", () => {
    const general: Foundations = { ...foundations, general: ["root"] };
    const about = { ...fails("s/x", "root"), case: caseOf("s/x", ["root"]) };
    const verdicts = (...results: CaseResult[]) =>
      ground(results, [], general).flatMap(({ checks }) => checks.map(({ verdict, see }) => `${verdict} ${see ?? ""}`));
    const plain = { ...fails("s/root", "root"), case: caseOf("s/root", ["root"]) };
    expect(verdicts(plain, about, fails("s/y", "root"))).toEqual(["fail ", "fail ", "skip root"]);
    expect(verdicts(passes("s/root", "root"), fails("s/y", "root"))).toEqual(["pass ", "fail "]);
    // A rule is broken in its plainest form, of a case that is about something else.
    expect(verdicts(fails("s/root", "root"), fails("s/y", "root"))).toEqual(["fail ", "skip root"]);
  });

  test("leaves a case that varies the worst verdict of its new requirements", () => {
    const it = { ...result("s/x", { form: "warn" }, { verdict: "warn" }), unstable: true };
    expect(ground([it], [], foundations)[0]).toMatchObject({ verdict: "fail", unstable: true });
  });

  test("draws along checks that were skipped for it", () => {
    const skipped = (see: string) => checkOf("more", "skip", { see });
    const within = [...fails("s/x", "b", "c").checks, skipped("b"), skipped("other")];
    const told2 = told({ ...fails("s/x"), checks: within });
    expect(told2).toEqual(["b skip c", "c fail", "more skip c", "more skip other"]);
    expect(told(top, { ...fails("s/x"), checks: [checkOf("a", "fail"), skipped("a")] })).toEqual([
      "a skip top",
      "more skip top",
    ]);
  });
});

test("a check that is not judged holds no silence", () => {
  const check = checkOf("a", "fail", { silence: { what: "it", afterMs: 5 } });
  const { silence: _, ...rest } = check;
  expect(seeing(check, "b")).toEqual({ ...rest, verdict: "skip", actual: "not judged: see b", see: "b" });
});

test("a case whose input is proved to end the server fails for that, whatever else is broken", () => {
  const dies = result("s/dies", { a: "fail" });
  const proved = { ...dies, checks: dies.checks.map((check) => ({ ...check, harm: "end" as const })) };
  const plain = [fails("s/root", "root"), fails("s/middle", "middle"), fails("s/top", "top")];
  const told = ground([...plain, dies, proved], [], foundations);
  expect(told.map(({ verdict }) => verdict)).toEqual(["fail", "skip", "skip", "skip", "fail"]);
});

test("a verdict does not vary where a case sees now and then what breaks a rule for all messages for good", () => {
  const requirements = [
    { id: "said", section: "said" },
    { id: "form", section: "s" },
  ] as unknown as Parameters<typeof steady>[1]["requirements"];
  const sections = [
    { name: "said", title: "Every message", everyMessage: true },
    { name: "s", title: "Forms" },
  ] as const;
  const varying = (...broken: string[]) => ({ ...fails("s/x", ...broken), unstable: true as const });
  const marks = (...results: CaseResult[]) =>
    steady(results, { requirements, sections }).map((it) => it.unstable ?? false);
  expect(marks(fails("s/a", "said"), varying("said"))).toEqual([false, false]);
  expect(marks(varying("said"), varying("said"))).toEqual([true, true]);
  expect(marks(fails("s/a", "said", "form"), varying("said", "form"))).toEqual([false, true]);
});

import { describe, expect, test } from "@jest/globals";
import picocolors from "picocolors";
import type { Verdict } from "../../harness/catalogue.ts";
import { compareReports, type Kind } from "../../reports/compare/compare.ts";
import { compareMarkdown } from "../../reports/compare/markdown.ts";
import { compareTerminal } from "../../reports/compare/terminal.ts";
import type { Report } from "../../reports/report.ts";
import { FAILING, found, good, PATIENT } from "./comparing.ts";
import { concluded, sample, withCase } from "./samples.ts";

const OPEN = "version/open-prerelease";
const plain = picocolors.createColors(false);
const broken = await sample("compares-versions-as-prefixes", PATIENT);

/** Returns a report with one case of it, and all that follows. */
const only = ({ cases, ...report }: Report, id: string): Report =>
  concluded({ ...report, cases: cases.filter((it) => it.id === id) });
const shardOf = (of: number): Report => ({ ...good, shard: { index: 1, of, cases: [] } });
const kinds = (old: Report, now: Report) =>
  compareReports(old, now).changes.map(({ kind, requirement }) => `${kind} ${requirement}`);

describe("two reports", () => {
  test("of the same server and suite differ in nothing", async () => {
    const { changes, requirements, outcome, newCases, removedCases } = compareReports(
      good,
      await sample(undefined, PATIENT),
    );
    expect({ changes, requirements, outcome, newCases, removedCases }).toEqual({
      changes: [],
      requirements: [],
      outcome: "ok",
      newCases: [],
      removedCases: [],
    });
  });

  test("of a server that got a bug, and of one that got rid of it", () => {
    const worse = compareReports(good, broken);
    expect(worse.outcome).toBe("regressed");
    expect(worse.changes).toEqual([
      {
        kind: "broken",
        cause: "server",
        case: FAILING,
        title: "a client of version 0.1.70 connects",
        requirement: "parity.patch",
        level: "MUST",
        expected: '"patch_mismatch"',
        old: { verdict: "pass", actual: '"patch_mismatch"' },
        new: { verdict: "fail", actual: '"match"' },
      },
    ]);
    expect(worse.requirements).toEqual([{ id: "parity.patch", level: "MUST", old: "pass", new: "fail" }]);
    const better = compareReports(broken, good);
    expect(better.outcome).toBe("ok");
    expect(better.changes).toMatchObject([{ kind: "fixed", cause: "server", requirement: "parity.patch" }]);
  });

  test.each<[Verdict, Verdict, Kind | undefined]>([
    ["pass", "fail", "broken"],
    ["warn", "fail", "broken"],
    ["skip", "fail", "exposed"],
    ["error", "fail", "exposed"],
    ["pass", "warn", "warned"],
    ["pass", "skip", "unjudged"],
    ["fail", "error", "unjudged"],
    ["skip", "pass", "judged"],
    ["fail", "pass", "fixed"],
    ["warn", "info", "fixed"],
    ["fail", "warn", "fixed"],
    ["pass", "info", "observed"],
    ["skip", "error", undefined],
    ["fail", "fail", undefined],
  ])("in which %s became %s: %s", (old, now, kind) => {
    expect(kinds(found(old), found(now))).toEqual(kind ? [`${kind} parity.patch`] : []);
    const outcomes = { broken: "regressed", exposed: "incomplete", unjudged: "incomplete" } as const satisfies Partial<
      Record<Kind, string>
    >;
    const expected = Object.entries(outcomes).find(([name]) => name === kind)?.[1] ?? "ok";
    expect(compareReports(found(old), found(now)).outcome).toBe(expected);
  });

  test("in which a second requirement breaks in a case that failed before", () => {
    const worse = withCase(broken, FAILING, ({ checks }) => ({
      checks: checks.map((it) => (it.requirement === "message.schema" ? { ...it, verdict: "fail" } : it)),
    }));
    expect(kinds(broken, worse)).toEqual(["broken message.schema"]);
  });

  test("in which the server does something else that the protocol leaves open", () => {
    const other = withCase(good, OPEN, ({ checks }) => ({
      checks: checks.map((it) => (it.verdict === "info" ? { ...it, actual: "otherwise" } : it)),
    }));
    expect(compareReports(good, other)).toMatchObject({
      outcome: "ok",
      changes: [{ kind: "observed", case: OPEN, new: { verdict: "info", actual: "otherwise" } }],
    });
  });

  test("with cases that are in one of them only", () => {
    const fewer = { ...good, cases: good.cases.filter(({ id }) => id !== OPEN) };
    const single = [{ id: OPEN, title: expect.any(String), verdict: "info" }];
    expect(compareReports(fewer, good)).toMatchObject({ newCases: single, removedCases: [], outcome: "ok" });
    expect(compareReports(good, fewer)).toMatchObject({ newCases: [], removedCases: single, outcome: "ok" });
  });
});

describe("nobody can say that nothing broke", () => {
  test.each<[string, () => Report, () => Report]>([
    ["where a MUST is judged no more", () => found("pass"), () => found("skip")],
    [
      "where checks are lacking",
      () => good,
      () =>
        withCase(good, FAILING, ({ checks }) => ({ checks: checks.filter((it) => it.requirement !== "parity.patch") })),
    ],
    ["where a MUST is not tested any more", () => good, () => only(good, OPEN)],
    ["where it is a part of another size", () => shardOf(2), () => shardOf(3)],
    [
      "where the new run ended early",
      () => good,
      () => ({ ...good, stop: { reason: "bail", words: "not run: x", why: "x" } }),
    ],
    ["where it is one shard", () => good, () => ({ ...good, shard: { index: 1, of: 2, cases: [] } })],
    [
      "where no case is in both",
      () => ({ ...good, cases: good.cases.slice(0, 3) }),
      () => ({ ...good, cases: good.cases.slice(3) }),
    ],
  ])("%s", (_, old, now) => {
    const comparison = compareReports(old(), now());
    expect(comparison.outcome).toBe("incomplete");
    expect(compareTerminal(comparison, ["a", "b"], plain)).toMatch(/^INCOMPLETE /m);
    expect(compareMarkdown(comparison)).toMatch(/^## ❓/);
  });

  test("and the headline says in how many cases a MUST is judged no more", () => {
    const text = compareTerminal(compareReports(found("pass"), concluded(found("skip"))), ["a", "b"], plain);
    expect(text).toMatch(/^INCOMPLETE .*, 1 requirement no longer judged in 1 case$/m);
  });

  test("and how many of these have the verdict of other cases, and so no line among the requirements", () => {
    const unrun = withCase(good, FAILING, ({ checks }) => ({
      verdict: "skip",
      checks: checks.filter((it) => it.requirement === "parity.patch").map((it) => ({ ...it, verdict: "skip" })),
    }));
    const text = compareTerminal(compareReports(good, concluded(unrun)), ["a", "b"], plain);
    const [, all, kept] =
      /, (\d+) requirements no longer judged in 1 case \((\d+) keep their verdict\)$/m.exec(text) ?? [];
    expect(Number(kept)).toBeGreaterThan(1);
    expect(Number(all) - Number(kept)).toBe(1);
    expect(text).toMatch(/^requirements\n {2}parity\.patch \(MUST\): pass → skip\n\n/m);
  });
});

describe("a change is put down to", () => {
  const digest = (report: Report) => withCase(report, FAILING, () => ({ digest: "another" }));
  const unstable = (report: Report) => withCase(report, FAILING, () => ({ unstable: true }));
  const suite = (report: Report) => ({ ...report, suite: { ...report.suite, version: "0.1.0" } });
  const protocol = (report: Report) => ({ ...report, protocol: { ...report.protocol, version: "0.1.6" } });

  test.each<[string, (report: Report) => Report, "ok" | "regressed"]>([
    ["server", (report) => report, "regressed"],
    ["case", digest, "ok"],
    ["unstable", unstable, "regressed"],
    ["suite", suite, "regressed"],
    ["protocol", protocol, "regressed"],
    ["case", (report) => digest(unstable(suite(report))), "ok"],
  ])("the %s", (cause, change, outcome) => {
    expect(compareReports(change(good), broken)).toMatchObject({ outcome, changes: [{ kind: "broken", cause }] });
  });

  test("nobody if a SHOULD only counts as a MUST now", async () => {
    const [lenient, strict] = await Promise.all(
      [false, true].map((strict) => sample("greets-twice", { strict }, /^version\/(greeting|parity-equal-equal)/)),
    );
    if (!lenient || !strict) throw new Error("a run is lacking");
    expect([lenient.verdict, strict.verdict]).toEqual(["pass", "fail"]);
    expect(compareReports(lenient, strict).changes).toEqual([]);
    expect(kinds(good, strict)).toContain("warned version.once");
  });

  test("an expected failure, which is no regression", () => {
    const now = found("fail", { expectedFailure: "known" });
    expect(compareReports(good, now)).toMatchObject({
      outcome: "ok",
      changes: [{ kind: "broken", expectedFailure: "known" }],
    });
  });

  test("the target, if it went away", () => {
    const lost = { ...good, stop: { reason: "lost", words: "not run: it died", why: "it died" } } as const;
    expect(compareReports(good, lost)).toMatchObject({ outcome: "regressed", lost: "it died" });
    expect(compareReports(lost, lost).outcome).toBe("incomplete");
    expect(compareReports(lost, lost).stays).toBeUndefined();
    const better = compareReports(lost, good);
    expect(better).toMatchObject({ outcome: "ok", stays: "it died" });
    expect(compareTerminal(better, ["a", "b"], plain)).toMatch(/^OK nothing broke.*, the target no longer goes away$/m);
  });
});

test("an end of the target that no case explains is a regression", () => {
  const unexplained = [{ at: 1_234, words: "the server ended (exit code 3)", suspects: [] }];
  const ended = concluded({ ...good, unexplained });
  expect(compareReports(good, ended)).toMatchObject({ outcome: "regressed", lost: "the server ended (exit code 3)" });
  expect(compareReports(good, ended).new).toMatchObject({ unexplained });
  expect(compareReports(ended, ended).lost).toBeUndefined();
});

import { beforeAll, describe, expect, test } from "@jest/globals";
import picocolors from "picocolors";
import type { Verdict } from "../../harness/catalogue.ts";
import { compareReports, type Kind } from "../../reports/compare/compare.ts";
import { compareMarkdown, matrixMarkdown } from "../../reports/compare/markdown.ts";
import { type Column, column, matrix } from "../../reports/compare/matrix.ts";
import { compareTerminal, matrixTerminal } from "../../reports/compare/terminal.ts";
import { html } from "../../reports/html/html.tsx";
import type { Report, ReportCheck } from "../../reports/report.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { concluded, sample, withCase } from "./samples.ts";

const FAILING = "version/parity-patch-with-zero";
const OPEN = "version/open-prerelease";
const plain = picocolors.createColors(false);

/** On a busy machine an answer may take long, and what nobody answers is observed. */
const PATIENT = { timeout: 10_000, idle: 100 };

let good: Report;
let broken: Report;
beforeAll(async () => {
  [good, broken] = await Promise.all([sample(undefined, PATIENT), sample("compares-versions-as-prefixes", PATIENT)]);
});

/** Returns the good report, in which one case found something else of `parity.patch`. */
const found = (verdict: Verdict, more: Partial<ReportCheck> = {}): Report =>
  withCase(good, FAILING, ({ checks }) => ({
    checks: checks.map((it) => (it.requirement === "parity.patch" ? { ...it, verdict, actual: verdict, ...more } : it)),
  }));
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

describe("a run that ended early", () => {
  const why = "the server stopped accepting connections";
  const words = `not run: ${why}`;
  /** Returns the good report as it is where the server went away: one case was at work, one was not let in, the others did not run. */
  const lost = (): Report => {
    const unopened = "a connection could not be opened (ECONNRESET)";
    const told = [
      { why, actual: `not judged: ${why} while it ran` },
      { why: unopened, actual: `not judged: ${unopened}` },
    ];
    const cases = good.cases.map((it, i) => ({
      ...it,
      verdict: "skip" as const,
      checks: it.checks
        // A rule for every message is not among the checks of a case that did not run.
        .filter(({ requirement }) => i < told.length || !requirement.startsWith("message."))
        .map((check) => ({ ...check, verdict: "skip" as const, ...(told[i] ?? { why, actual: words }) })),
    }));
    return concluded({ ...good, cases, stop: { reason: "lost", words, why } });
  };
  const show = (old: Report, now: Report, more = {}) =>
    compareTerminal(compareReports(old, now), ["a", "b"], plain, more);

  test("has a line for each cause, and the outcome last", () => {
    const text = show(good, lost());
    const size = (cases: number) => String.raw`\d+ requirements in ${cases} cases?`;
    expect(text.match(/^No longer judged: .*$/gm)).toEqual([
      expect.stringMatching(new RegExp(`^No longer judged: ${size(good.cases.length - 1)}: ${why}$`)),
      expect.stringMatching(
        new RegExp(`^No longer judged: ${size(1)}: a connection could not be opened \\(ECONNRESET\\)$`),
      ),
    ]);
    expect(text).toMatch(/^ {2}pass → skip \(\d+ MUST\): \S+, .*, … and \d+ more$/m);
    expect(text.split("\n").length).toBeLessThan(25);
    expect(text).toMatch(/\nREGRESSED .*\n {2}old .*\n {2}new .*\n$/);
    expect(compareMarkdown(compareReports(good, lost()))).toMatch(
      new RegExp(String.raw`^\| ${size(good.cases.length - 1)} \| \| \| \| \| .${why}. \|`, "m"),
    );
  });

  test("is told likewise where it is the old one", () => {
    const text = show(lost(), good);
    expect(text.match(/^Judged now: /gm)).toHaveLength(2);
    expect(text).toMatch(new RegExp(`^Judged now: .* cases; before: ${why}$`, "m"));
  });

  test("names a file only where one is written", () => {
    const broken = (now: Report): Report =>
      concluded({
        ...now,
        cases: now.cases.map((it) => ({
          ...it,
          checks: it.checks.map((check) => ({ ...check, verdict: "fail", actual: "else" })),
        })),
      });
    expect(show(good, broken(good), { json: "all.json" })).toMatch(/likewise in \d+ more: .* more \(all\.json\)$/m);
    expect(show(good, broken(good))).toMatch(/likewise in \d+ more: .* more$/m);
  });

  test("is one line if only that is wanted", () => {
    expect(show(good, lost(), { quiet: true })).toMatch(/^REGRESSED the target went away, [^\n]*\n$/);
  });
});

test("a block tells a long statement by its first sentence", () => {
  const statement = `${"A server says what it does. ".repeat(9)}`.trim();
  const text = compareTerminal(compareReports(good, found("fail", { expected: statement })), ["a", "b"], plain);
  expect(text).toMatch(/^ {2}expected {2}A server says what it does\.$/m);
});

describe("a latency", () => {
  const taking = (...mediansMs: number[]): Report => ({ ...good, latencies: [{ name: "greeting", mediansMs }] });

  test.each([
    [
      "is told where it differs by more than the noise",
      [9, 1, 1.2, 1.1, 1],
      [9, 3, 3.1, 3.3, 3.1],
      [{ oldMs: 1.1, newMs: 3.1 }],
    ],
    ["is told where it became shorter", [9, 3, 3.1, 3, 3], [9, 1, 1.1, 1, 1], [{ oldMs: 3, newMs: 1 }]],
    ["is not told where the runs overlap", [9, 1, 5, 1, 1], [9, 4, 6, 6, 6], []],
    ["is not told where it differs by less than the noise", [9, 1, 2, 2, 2], [9, 2.1, 2.5, 2.3, 2.4], []],
    ["is not told of few repetitions", [1, 1, 1, 1], [30, 30, 30, 30], []],
  ])("%s", (_, old, now, told) => {
    expect(compareReports(taking(...old), taking(...now)).latencies).toMatchObject(told);
  });

  test("is not compared between unlike runs", () => {
    const [slow, fast] = [taking(9, 9, 9, 9, 9), taking(1, 1, 1, 1, 1)];
    expect(compareReports(slow, fast).latencies).toHaveLength(1);
    expect(compareReports({ ...slow, concurrency: 16 }, { ...fast, concurrency: 1 }).latencies).toEqual([]);
    expect(compareReports(slow, { ...fast, cases: fast.cases.slice(1) }).latencies).toEqual([]);
  });

  test("is told with the load under which it was measured, in every format", async () => {
    const loads: readonly (readonly [number | undefined, string])[] = [
      [16, "under load: 16 cases ran at a time"],
      [1, "one case at a time"],
      [undefined, "under load: an unknown number of cases ran at a time"],
    ];
    for (const [concurrency, load] of loads) {
      const [old, now] = [taking(9, 9, 9, 9, 9), taking(1, 1, 1, 1, 1)].map(({ concurrency: _, ...it }) => ({
        ...it,
        ...(concurrency !== undefined && { concurrency }),
      })) as [Report, Report];
      const comparison = compareReports(old, now);
      const words = `median greeting: 9 ms, now 1 ms, ${load} (repetitions lie 0.00 ms apart)`;
      expect(compareTerminal(comparison, ["old", "new"], plain)).toContain(words);
      expect(compareMarkdown(comparison)).toContain(words);
      expect(comparison.latencies[0]?.concurrency).toBe(concurrency);
      const facts = (await html(now, protocol)).replace(/<[^>]*>/g, "");
      expect(facts).toContain(`Median greeting1, 1, 1, 1, 1 ms, ${load}`);
    }
  });

  test("is measured in every repetition", async () => {
    const { latencies } = await sample(undefined, { repeat: 2 }, /^disconnect\/alone/);
    expect(latencies).toEqual([
      { name: "greeting", mediansMs: [expect.any(Number), expect.any(Number)] },
      { name: "disconnect", mediansMs: [expect.any(Number), expect.any(Number)] },
    ]);
  });
});

describe("a comparison is told", () => {
  const nasty = () => found("fail", { actual: "\u001b[31m | `x` <img src=x> @everyone\n# no" });

  test("in the terminal, with nothing raw, the outcome last", () => {
    const text = compareTerminal(compareReports(good, nasty()), ["1.0.0", "\u001b[31m"], plain);
    expect(text).toMatch(/^Broken: parity\.patch \(MUST\) in version\/parity-patch-with-zero: pass → fail$/m);
    expect(text).toMatch(/cause {5}the server changed/);
    expect(text).toMatch(/\nREGRESSED 1 requirement broken\n/);
    expect(text).not.toContain("\u001b");
    expect(compareTerminal(compareReports(good, good), ["a", "b"], plain)).toMatch(/^OK nothing broke\n/);
  });

  test("in Markdown, in which words of the server have no effect", () => {
    const text = compareMarkdown(compareReports(good, nasty()));
    expect(text).toMatch(/^## ❌ Compared with before: 1 requirement broken/);
    const row = text.split("\n").find((line) => line.includes("img")) ?? "";
    expect(row).toContain("``\\u{1b}[31m \\| `x` <img src=x> @everyone\\n# no``");
  });
});

test("many reports make a matrix, in the order of their versions", () => {
  const expected = found("fail", { expectedFailure: "known" });
  const failing = { ...expected, requirements: broken.requirements };
  const made = matrix([column("2.10", good), column("2.9", broken), column("2.11", failing)]);
  expect(made.columns.map(({ name }) => name)).toEqual(["2.9", "2.10", "2.11"]);
  expect(matrixTerminal(made, plain)).toMatch(/^parity\.patch: fail → pass → fail \(expected\)$/m);
  const text = matrixMarkdown(made);
  expect(text).toMatch(/^\| `parity\.patch` \| MUST \| fail \| pass \| fail \(expected\) \|$/m);
  expect(text).toMatch(/^\| `resilience\.flood` \| MUST \| not tested \| not tested \| not tested \|$/m);
});

test("columns that are not named by versions stand in the order in which their runs started", () => {
  const at = (name: string, day: number) => column(name, { ...good, startedAt: `2026-11-0${day}T10:00:00.000Z` });
  const names = (...columns: Column[]) => matrix(columns).columns.map(({ name }) => name);
  expect(names(at("after", 3), at("before", 1), at("2", 2))).toEqual(["before", "2", "after"]);
  expect(names(at("v2", 1), at("v1.10", 2), at("v1.9", 3))).toEqual(["v1.9", "v1.10", "v2"]);
});

test("an end of the target that no case explains is a regression", () => {
  const unexplained = [{ at: 1_234, words: "the server ended (exit code 3)", suspects: [] }];
  const ended = concluded({ ...good, unexplained });
  expect(compareReports(good, ended)).toMatchObject({ outcome: "regressed", lost: "the server ended (exit code 3)" });
  expect(compareReports(good, ended).new).toMatchObject({ unexplained });
  expect(compareReports(ended, ended).lost).toBeUndefined();
});

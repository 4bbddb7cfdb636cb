import { describe, expect, test } from "@jest/globals";
import picocolors from "picocolors";
import { compareReports } from "../../reports/compare/compare.ts";
import { compareMarkdown, matrixMarkdown } from "../../reports/compare/markdown.ts";
import { type Column, column, matrix } from "../../reports/compare/matrix.ts";
import { compareTerminal, matrixTerminal } from "../../reports/compare/terminal.ts";
import type { Report } from "../../reports/report.ts";
import { found, good, PATIENT } from "./comparing.ts";
import { concluded, sample } from "./samples.ts";

const plain = picocolors.createColors(false);

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

test("many reports make a matrix, in the order of their versions", async () => {
  const broken = await sample("compares-versions-as-prefixes", PATIENT);
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

import { beforeAll, describe, expect, test } from "@jest/globals";
import { badge } from "../../reports/badge.ts";
import { applyExpected } from "../../reports/expected/apply.ts";
import { parseExpected } from "../../reports/expected/read.ts";
import { forGitHub } from "../../reports/github.ts";
import { markdown } from "../../reports/markdown/markdown.ts";

import type { Report, ReportCase, ReportCheck } from "../../reports/report.ts";
import { judged, scopeOf } from "../../reports/scope.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { concluded, sample, withCase } from "./samples.ts";

const FAILING = "version/parity-patch-with-zero";
const { requirements } = protocol;

let good: Report;
let broken: Report;
beforeAll(async () => {
  [good, broken] = await Promise.all([sample(), sample("compares-versions-as-prefixes")]);
});

/** A report as if the catalogue held only what it judged. */
function whole(report: Report): Report {
  const known = judged(report.cases);
  return { ...report, requirements: report.requirements.filter(({ id }) => known.has(id)) };
}

const expected = (text: string, report: Report) =>
  applyExpected(report, parseExpected(text, "ef.yaml", protocol), protocol);

describe("the Markdown summary", () => {
  test("of a run that passed says so, and what was judged", () => {
    const text = markdown(whole(good), { requirements });
    expect(text).toMatch(/^## ✅ Tachyon 0\.1\.7: no MUST that was judged is broken\n/);
    const partial = `(partial: ${scopeOf(good)})`;
    expect(markdown(good, { requirements }).split("\n")[0]).toBe(
      `## 🟡 Tachyon 0.1.7: no MUST that was judged is broken ${partial}`,
    );
    expect(text).toMatch(/^- Target: `ws:\/\/127\.0\.0\.1:8080\/`$/m);
    expect(text).not.toMatch(/^###/m);
  });

  test("of a run that failed says what is owed, what came, and how to repeat it", () => {
    const text = markdown(broken, protocol);
    expect(text).toMatch(
      /^- Likely cause: Versions are compared as texts or prefixes, so that 0\.1\.70 is taken for 0\.1\.7\.$/m,
    );
    expect(text).toMatch(/^## ❌/);
    expect(text).toMatch(
      /^\| fail \| `parity\.patch` \| MUST \| Equal majors and minors, patches differ: `patch_mismatch`\./m,
    );
    expect(text).toMatch(
      /^- Expected: `"patch_mismatch"`\n- Came: `"match"`\n- Likely cause: .*\n- Alone: `npx .* --case version\/parity-patch-with-zero`$/m,
    );
    expect(text).toMatch(/→ upgrade GET \/\?tachyonVersion=0\.1\.70/);
  });

  test("tells of eight further ways in which a requirement is broken, and how many more there are", () => {
    const [check] = broken.cases.flatMap(({ checks }) => checks).filter(({ verdict }) => verdict === "fail");
    const cases = broken.cases.slice(0, 11).map((it, i) => ({
      ...it,
      verdict: "fail" as const,
      checks: [{ ...(check as ReportCheck), harm: "end" as const, endKind: `${i}`, actual: `exit ${i}` }],
    }));
    const text = markdown(concluded({ ...broken, cases }), { requirements });
    expect(text).toMatch(/^- Came: exit 0\n(- Another end, in `\S+`: exit \d\n){8}- … and 2 more ways\n- Alone: /m);
  });

  test("tells of expected failures, and of entries that no longer hold", () => {
    const entry = `- case: ${FAILING}\n  reason: "known <b>"\n  issue: https://example.org/1\n  owner: "@alice"\n`;
    const held = markdown(expected(entry, broken), { requirements });
    expect(held).toMatch(/^## 🟡 .*nothing fails but what was expected to$/m);
    expect(held).toMatch(/known \\<b> \| <https:\/\/example\.org\/1> \| `@alice` \|/);
    const over = markdown(expected(entry, good), { requirements });
    expect(over).toMatch(/^## ❌ .*out of date$/m);
    expect(over).toMatch(/`ef\.yaml:1` version\/parity-patch-with-zero no longer fails: delete lines 1-4/);
  });

  test("stays below what GitHub takes, whatever the server said, and nothing in it has an effect", () => {
    const nasty = `\u001b[31m@everyone <script> ${"`".repeat(5)} | ](javascript:x) ${"x".repeat(2_000)}`;
    const hostile: Report = {
      ...broken,
      requirements: good.requirements.map((row) => ({ ...row, verdict: "fail" })),
      cases: broken.cases.map((it) => ({
        ...it,
        checks: requirements.map(({ id, level }) => ({
          requirement: id,
          level,
          verdict: "fail",
          expected: nasty,
          actual: nasty,
        })),
        connections: it.connections.map((connection) => ({
          ...connection,
          events: Array.from(
            { length: 60 },
            () => ({ at: 1, from: "server", type: "text", data: `\n${nasty}` }) as const,
          ),
        })),
      })),
    };
    const text = markdown(hostile, { requirements });
    expect(text.length).toBeLessThan(65_536);
    expect(text).not.toContain("\u001b");
    const came = text.split("\n").filter((line) => line.startsWith("- Came"));
    expect(came.length).toBeGreaterThan(0);
    for (const line of came) {
      const [, fence = "", content = ""] = /^- Came: (`+)(.*)\1$/.exec(line) ?? [];
      expect(fence).not.toBe("");
      expect(content.match(/`+/g)?.map(({ length }) => length)).not.toContain(fence.length);
    }
  });
});

describe("in GitHub Actions", () => {
  test("findings are annotations, and words of the server are no commands", () => {
    const nasty = withCase(broken, FAILING, ({ checks }) => ({
      checks: checks.map((it) => (it.verdict === "fail" ? { ...it, actual: "50%\n::error::x" } : it)),
    }));
    const lines = forGitHub("text\n::set-output name=x::y\n", nasty, requirements).split("\n");
    const [, token] = /^::stop-commands::(\S+)$/.exec(lines[0] ?? "") ?? [];
    expect(lines.indexOf(`::${token}::`)).toBeGreaterThan(lines.indexOf("::set-output name=x::y"));
    const annotations = lines.slice(lines.indexOf(`::${token}::`) + 1).filter((line) => line !== "");
    expect(annotations).toHaveLength(1);
    expect(annotations[0]).toMatch(/^::error title=fail%3A parity\.patch \(MUST\) in 1 of \d+ cases::/);
    expect(annotations[0]).toContain("50%25\\n::error::x");
  });

  test("an annotation says what is owed once, and ends each sentence once", () => {
    const check = broken.cases.flatMap(({ checks }) => checks).find(({ verdict }) => verdict === "fail") as ReportCheck;
    const statement = requirements.find(({ id }) => id === check.requirement)?.statement as string;
    const annotated = (expected: string, actual: string) => {
      const checks = [{ ...check, expected, actual }];
      const report = withCase(broken, FAILING, () => ({ checks }));
      return forGitHub("", report, requirements).split("::").at(-1)?.trim();
    };
    const told = (...parts: string[]) => [statement, ...parts, `For instance in ${FAILING}.`].join(" ");
    expect(annotated(statement, "nothing")).toBe(told("Came: nothing."));
    expect(annotated("one message.", "none.")).toBe(told("Expected: one message.", "Came: none."));
  });

  test("the first ten annotations of each kind are written, since GitHub shows no more", () => {
    const ids = requirements.slice(0, 24).map(({ id }) => id);
    const checks = ids.map((requirement, i) => ({
      ...(good.cases[0]?.checks[0] as ReportCheck),
      requirement,
      verdict: i % 2 === 0 ? ("fail" as const) : ("warn" as const),
    }));
    const report = { ...good, cases: [{ ...(good.cases[0] as ReportCase), verdict: "fail" as const, checks }] };
    const lines = forGitHub("", report, requirements).split("\n");
    const named = (kind: string) =>
      lines.filter((line) => line.startsWith(`::${kind} `)).map((line) => line.split(" ")[2]);
    expect(named("error")).toEqual(ids.filter((_, i) => i % 2 === 0).slice(0, 10));
    expect(named("warning")).toEqual(ids.filter((_, i) => i % 2 === 1).slice(0, 10));
  });

  test("an entry that no longer holds is an annotation at its line", () => {
    const report = expected(`- case: ${FAILING}\n  reason: x\n`, good);
    expect(forGitHub("", report, requirements)).toMatch(
      /^::error file=ef\.yaml,line=1,title=Expected failures::version/m,
    );
  });
});

describe("the badge", () => {
  test.each<[string, () => Report, string, string]>([
    ["of a conformant server", () => whole(good), "conformant", "brightgreen"],
    ["of one of which not every MUST was judged", () => good, "partial: ", "yellow"],
    ["of a broken one", () => broken, "1 broken", "red"],
    [
      "of one whose failures are expected",
      () => expected(`- case: ${FAILING}\n  reason: x\n`, broken),
      "1 broken, as expected",
      "yellow",
    ],
    ["of an incomplete run", () => ({ ...good, verdict: "incomplete" }), "incomplete", "yellow"],
    ["of one that went away", () => ({ ...good, verdict: "fail" }), "not conformant", "red"],
  ])("%s is an endpoint of shields.io", (_, report, message, color) => {
    const scope = message === "partial: " ? scopeOf(report()) : "";
    expect(JSON.parse(badge(report()))).toEqual({
      schemaVersion: 1,
      label: "Tachyon 0.1.7",
      message: `${message}${scope}`,
      color,
    });
  });
});

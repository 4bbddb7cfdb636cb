import { describe, expect, test } from "@jest/globals";
import picocolors from "picocolors";
import type { Harm } from "../../harness/judge.ts";
import { compareReports } from "../../reports/compare/compare.ts";
import { compareTerminal } from "../../reports/compare/terminal.ts";
import { applyExpected } from "../../reports/expected/apply.ts";
import { parseExpected } from "../../reports/expected/read.ts";
import { updateExpected } from "../../reports/expected/update.ts";
import { beginning, findings } from "../../reports/findings.ts";
import { html } from "../../reports/html/html.tsx";
import { junit } from "../../reports/junit.ts";
import { markdown } from "../../reports/markdown/markdown.ts";
import { contradictionIn } from "../../reports/read.ts";
import type { Report } from "../../reports/report.ts";
import { isFine } from "../../reports/verdict.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { breaking, concluded, withCase } from "./samples.ts";
import { annotations, good, PARITY, ROOT, refusing, requirements, SHOWS, show, twice } from "./told.ts";

const plain = picocolors.createColors(false);

const places = (text: string, ...words: readonly string[]) => words.map((word) => text.indexOf(word));

test("the finding to begin with says why it comes first: what it does to the server, and what rests on it", () => {
  const of = (harm: Harm | undefined, resting: number) => ({
    resting,
    check: { requirement: "a", verdict: "fail", ...(harm && { harm }) } as const,
  });
  expect(beginning([of("end", 0), of(undefined, 3)])).toBe(" (it ends the server)");
  expect(beginning([of("drop", 1), of(undefined, 3)])).toBe(
    " (it ends the connections of others; 1 check could not be judged because of it)",
  );
  expect(beginning([of(undefined, 0), of(undefined, 0)])).toBe("");
  expect(beginning([of("hang", 9)])).toBeUndefined();
});

describe("the requirement that most others rest on", () => {
  test("comes first, in every format", async () => {
    expect(findings(twice).map(({ requirement }) => requirement.id)).toEqual([ROOT, "parity.patch"]);
    expect(findings(twice)[0]?.resting).toBeGreaterThan(3);
    const text = show(twice);
    expect(text).toMatch(
      /^begin here: disconnect\.success \(\d+ checks could not be judged because of it\)\nFAIL disconnect\/alone$/m,
    );
    expect(text).toMatch(/^ {2}broken {3}disconnect\.success in 1, parity\.patch in 1$/m);
    expect(show(twice, { quiet: true })).toMatch(/broken {3}disconnect\.success in 1, parity/);
    const [first, second] = places(text, `FAIL ${SHOWS}`, `FAIL ${PARITY}`);
    expect(first).toBeLessThan(second ?? 0);
    expect(annotations(twice)).toEqual([
      expect.stringContaining(`fail%3A ${ROOT}`),
      expect.stringContaining("fail%3A parity.patch"),
    ]);
    const summary = markdown(twice, { requirements });
    expect(summary).toMatch(/^Begin here: `disconnect\.success` \(\d+ checks could not be judged because of it\)\.$/m);
    const [one, other] = places(summary, `### fail: \`${ROOT}\``, "### fail: `parity.patch`");
    expect(one).toBeLessThan(other ?? 0);
    const page = await html(twice, protocol);
    expect(page.match(/Begin here/g)).toHaveLength(1);
    const [here, root, patch] = places(
      page.replace(/<header.*<\/header>/s, ""),
      "Begin here",
      `href="#${ROOT}"`,
      'href="#parity.patch"',
    );
    expect([here, root, patch]).toEqual([here, root, patch].toSorted((a, b) => (a ?? 0) - (b ?? 0)));
  });

  test("comes after unexpected findings, and after worse ones", () => {
    const marked = withCase(twice, SHOWS, ({ checks }) => ({
      checks: checks.map((it) => (it.requirement === ROOT ? { ...it, expectedFailure: "known" } : it)),
    }));
    expect(findings(marked).map(({ requirement }) => requirement.id)).toEqual(["parity.patch", ROOT]);
    expect(show(marked)).not.toContain("begin here");
    const warned = withCase(twice, SHOWS, ({ checks }) => ({
      checks: checks.map((it) => (it.requirement === ROOT ? { ...it, verdict: "warn" } : it)),
    }));
    expect(findings(warned).map(({ requirement }) => requirement.id)).toEqual(["parity.patch", ROOT]);
  });

  test("comes after those that were confirmed, if it was not", () => {
    const doubted = withCase(twice, SHOWS, () => ({ unconfirmed: true }));
    expect(findings(doubted).map(({ requirement }) => requirement.id)).toEqual(["parity.patch", ROOT]);
    expect(show(doubted)).toMatch(/^begin here: parity\.patch$/m);
  });

  test("needs no introduction if nothing else is broken", async () => {
    expect(show(refusing)).not.toContain("begin here");
    expect(markdown(refusing, { requirements })).not.toContain("Begin here");
    expect(await html(refusing, protocol)).not.toContain("Begin here");
  });
});

describe("a check that was not judged since something else is broken", () => {
  test("names that, once, in every format", async () => {
    const skipped = refusing.cases.filter(({ verdict }) => verdict === "skip");
    expect(skipped.length).toBeGreaterThan(3);
    const lines = show(refusing)
      .split("\n")
      .filter((line) => line.startsWith("skip"));
    expect(lines).toEqual([`skip ${skipped.length} cases: see ${ROOT}`]);
    const xml = junit(refusing, { requirements });
    expect(xml.split(`<skipped message="see ${ROOT}"/>`)).toHaveLength(skipped.length + 1);
    expect(markdown(refusing, { requirements })).toContain(`- ${skipped.length} cases: see \`${ROOT}\``);
    expect(await html(refusing, protocol)).toMatch(/Look at: <a class="mono" href="#disconnect\.success">/);
  });

  test("is inconclusive when two runs are compared, in one line for all that rests on the same", () => {
    const worse = compareReports(good, refusing);
    expect(worse.outcome).toBe("regressed");
    const seeing = worse.changes.filter((it) => it.new.see === ROOT);
    expect(new Set(seeing.map(({ kind }) => kind))).toEqual(new Set(["unjudged"]));
    const text = compareTerminal(worse, ["old", "new"], plain);
    const cases = new Set(seeing.map((it) => it.case)).size;
    expect(text).toMatch(new RegExp(`^No longer judged: \\d+ requirements in ${cases} cases: see ${ROOT}$`, "m"));
    expect(text.match(/^No longer judged/gm)).toHaveLength(1);
    const [{ case: id, requirement } = { case: "", requirement: "" }] = seeing;
    const since = compareReports(breaking(good, id, requirement), refusing).changes.filter((it) => it.case === id);
    expect(since.find((it) => it.requirement === requirement)?.kind).toBe("unjudged");
  });
});

describe("an expected failure on which others rest", () => {
  const ENTRY = `- requirement: ${ROOT}\n  reason: known\n`;
  const parse = (text: string) => parseExpected(text, "ef.yaml", protocol);
  const apply = (text: string, report: Report) => applyExpected(report, parse(text), protocol);
  const problems = ({ expectedFailures }: Report) => expectedFailures?.entries.flatMap((entry) => entry.problems);

  test("leaves the run whole", () => {
    expect(isFine(apply("", refusing))).toBe(false);
    const report = apply(ENTRY, refusing);
    expect(report.verdict).toBe("pass");
    expect(isFine(report)).toBe(true);
    expect(contradictionIn(report)).toBeUndefined();
  });

  test("does not if it fails somewhere else, too, and nobody expects that", () => {
    const more = breaking(refusing, "disconnect/reconnect", "disconnect.reconnect");
    const other = withCase(more, "disconnect/reconnect", ({ checks }) => ({
      checks: checks.map((it) => (it.verdict === "fail" ? { ...it, requirement: ROOT } : it)),
    }));
    const report = apply(`- requirement: ${ROOT}\n  case: ${SHOWS}\n  reason: known\n`, other);
    const seeing = report.cases.flatMap(({ checks }) => checks.filter(({ see }) => see === ROOT));
    expect(seeing.filter(({ expectedFailure }) => expectedFailure !== undefined)).toEqual([]);
    expect(report.verdict).toBe("fail");
  });

  test("holds in a part of the run that does not show it", () => {
    const part = concluded({ ...refusing, cases: refusing.cases.filter(({ id }) => id !== SHOWS) });
    expect(part.verdict).toBe("incomplete");
    expect(apply(ENTRY, part).verdict).toBe("pass");
    expect(apply("- requirement: parity.patch\n  reason: x\n", part).verdict).toBe("incomplete");
  });

  test("makes a run incomplete that does not judge it: also the shortest text says which", () => {
    const part = concluded({ ...refusing, cases: refusing.cases.filter(({ id }) => id !== SHOWS) });
    const lines = show(part, { quiet: true }).split("\n");
    expect(lines.find((line) => line.startsWith("not judged: "))).toMatch(/malformed\./);
    const [entry] = parse(updateExpected(parse(""), apply("", part), protocol) ?? "").entries;
    expect(entry?.reason).toMatch(/, not judged since /);
  });

  test("is the only entry that is written, and then the run passes", () => {
    const text = updateExpected(parse(""), apply("", refusing), protocol) ?? "";
    expect(parse(text).entries.map((it) => it.requirement?.map((one) => one.text))).toEqual([[ROOT]]);
    expect(isFine(apply(text, refusing))).toBe(true);
  });

  test("makes no entry stale that it kept from being judged", () => {
    const id = "malformed/not-json-empty";
    // So is a case that did not run, since all that it tests rests on broken requirements.
    const untold = withCase(refusing, id, ({ checks }) => ({
      verdict: "skip",
      checks: checks.filter(({ see }) => see === ROOT),
      connections: [],
    }));
    expect(untold.cases.find((it) => it.id === id)?.checks.length).toBeGreaterThan(0);
    const some = ["message.schema", "malformed.rejected"].map(
      (requirement) => `- case: ${id}\n  requirement: ${requirement}\n  reason: x\n`,
    );
    expect(problems(apply([ENTRY, ...some, `- case: ${id}\n  reason: x\n`].join(""), untold))).toEqual([]);
  });
});

import { describe, expect, test } from "@jest/globals";
import picocolors from "picocolors";
import type { Harm } from "../../harness/judge.ts";
import { badge } from "../../reports/badge.ts";
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
import { commandExplain, commandFor } from "../../reports/shell-commands.ts";
import { isFine } from "../../reports/verdict.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { breaking, concluded, sample, withCase } from "./samples.ts";
import { annotations, good, PARITY, ROOT, refusing, requirements, SHOWS, show, twice } from "./told.ts";

const plain = picocolors.createColors(false);

test("the case that shows a finding is of the suite about the requirement, whatever its id begins with", () => {
  const elsewhere = withCase(twice, SHOWS, ({ checks }) => ({
    connections: [],
    checks: checks.map((it) => ({ ...it, requirement: "parity.patch" })),
  }));
  const found = findings(concluded(elsewhere)).find(({ requirement }) => requirement.id === "parity.patch");
  expect(found?.requirement.suite).toBe("version");
  expect(found?.cases.map(({ id }) => id)).toEqual([PARITY, SHOWS]);
});

test("the requirements of which all was skipped are told apart from those that nothing tests", () => {
  expect(show(refusing)).toMatch(
    / {2}covered {2}\d+ of 68 requirements of Tachyon 0\.1\.7 \(.*only skipped: [a-z]+ \d/,
  );
  expect(show(good)).not.toContain("only skipped");
});

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

test("a failure is told alike in the terminal, with --verbose and in JUnit: cause, clause, wrong line, command", async () => {
  const wrong = { ...(await sample("compares-versions-as-prefixes")), given: ["--timeout", "9"] };
  const options = { knowledge: protocol, command: (...ids: string[]) => commandFor(wrong, ...ids) };
  const body = /<failure [^>]*><!\[CDATA\[(.*?)\]\]>/s.exec(junit(wrong, protocol))?.[1];
  for (const text of [show(wrong, options), show(wrong, { ...options, verbose: true }), body]) {
    expect(text).toMatch(/^ *a client of version 0\.1\.70 connects$/m);
    expect(text).toMatch(/^ *(fail )?parity\.patch \(MUST\): Equal majors and minors, patches differ/m);
    expect(text).toMatch(/^ +expected +"patch_mismatch"\n +came +"match"$/m);
    expect(text).toMatch(
      /^ +cause +Versions are compared as texts or prefixes, so that 0\.1\.70 is taken for 0\.1\.7\.$/m,
    );
    expect(text).toMatch(/^ +clause +system\.md, Version, \S+system\.md#version$/m);
    expect(text).toMatch(/^ *> +\d+\.\d ms ← text .*"match"/m);
    expect(text).toMatch(/^ *alone: npx \S+ run ws:\S+ --timeout 9 --case version\/parity-patch-with-zero$/m);
  }
  for (const text of [await html(wrong, protocol), markdown(wrong, protocol)])
    expect(text).toMatch(/run ws:\S+ --timeout 9 --case version\/parity-patch-with-zero/);
});

test("a command names the seed only where one of its cases generates what it sends", () => {
  const both = ["generated/sequences", "disconnect/alone"] as const;
  const [generated, other] = [{ id: both[0], generates: true as const }, { id: both[1] }];
  const report = { ...good, seed: 7, cases: [generated, other] };
  expect(commandFor(report, other.id)).toMatch(/ws:\S+ --case disconnect\/alone$/);
  expect(commandFor(report, ...both)).toMatch(
    /ws:\S+ --seed 7 --case generated\/sequences --case disconnect\/alone --all$/,
  );
  const old = { ...report, cases: both.map((id) => ({ id })) };
  for (const id of both) expect(commandFor(old, id)).toMatch(/ws:\S+ --seed 7 --case \S+$/);
  expect(commandFor({ ...old, seed: 0 }, ...both)).not.toContain("--seed");
});

test("the command for a case whose verdict varies repeats it: once it may pass", () => {
  const report = {
    ...good,
    cases: [{ id: "disconnect/alone", unstable: true as const }, { id: "disconnect/at-once" }],
  };
  expect(commandFor(report, "disconnect/alone")).toMatch(/ --case disconnect\/alone --repeat 100$/);
  expect(commandFor(report, "disconnect/at-once")).not.toContain("--repeat");
  expect(commandFor(report, "disconnect/alone", "disconnect/at-once")).not.toContain("--repeat");
});

test("no name in a stored report is more than a word of its commands", () => {
  const foreign = { ...good, suite: { ...good.suite, name: "x; touch y" } };
  expect(commandFor(foreign, "disconnect/alone")).toMatch(/^npx 'x; touch y' run /);
  expect(commandExplain(foreign, "disconnect.once")).toBe("npx 'x; touch y' explain disconnect.once");
  expect(commandExplain(good, "disconnect.once")).toBe("npx tachyon-conformance explain disconnect.once");
});

test("handshakes that had no answer are counted among all", async () => {
  const at = {
    at: 9,
    from: "client",
    type: "timeout",
    what: "the answer to the handshake",
    afterMs: 9,
    data: "",
  } as const;
  const losing = withCase(good, "disconnect/alone", ({ connections }) => ({
    connections: connections.map((it) => ({
      ...it,
      events: [...it.events.slice(0, 1), { ...at, lost: true as const }],
    })),
  }));
  const all = losing.cases.reduce((sum, { connections }) => sum + connections.length, 0);
  const words = `1 of ${all} handshakes had no answer, unlike those before and after`;
  expect(show(losing)).toMatch(new RegExp(`^ {2}unanswered ${words}$`, "m"));
  expect(markdown(losing, protocol)).toContain(words);
  expect(await html(losing, protocol)).toContain(words);
  expect(show(good)).not.toContain("  unanswered ");
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

test("only what no case judged is called not judged; where there is nothing of that, what a case left open is named", () => {
  const skips = (report: Report, id: string) =>
    withCase(report, id, ({ checks }) => ({
      verdict: "skip",
      checks: checks.map((it) => ({ ...it, verdict: "skip" as const })),
    }));
  const told = (report: Report) => show(concluded(report)).match(/^not judged.*$/m)?.[0];
  const left = skips(good, "malformed/not-json-empty");
  expect(told(left)).toMatch(/^not judged in every case: (?=.*malformed\.rejected)/);
  expect(told(skips(left, "disconnect/alone"))).toBe("not judged: disconnect.request-only, disconnect.no-login");
});

describe("a verdict that varies", () => {
  const varying = (failOnUnstable?: true): Report => {
    const report = withCase(good, PARITY, () => ({ unstable: true }));
    return { ...report, target: { ...report.target, ...(failOnUnstable && { failOnUnstable }) } };
  };

  test("is reported, and fails no run", () => {
    expect(isFine(varying())).toBe(true);
    expect(show(varying())).toMatch(/^PASS/m);
    expect(show(varying())).toMatch(/ varies; with --fail-on-unstable the exit code is 1 for that: version/);
  });

  test("fails one if the user minds, in every format", async () => {
    const report = varying(true);
    expect(isFine(report)).toBe(false);
    expect(contradictionIn(report)).toBeUndefined();
    expect(show(report, { quiet: true })).toBe("FAIL verdicts vary from time to time\n");
    expect(show(report)).toMatch(/^ {2}unstable the verdict of 1 case varies, which fails the run: version/m);
    expect(junit(report, { requirements })).toMatch(/<testsuites .*errors="1"/);
    expect(markdown(report, { requirements })).toMatch(/^## ❌ .*: verdicts vary from time to time$/m);
    expect(await html(report, protocol)).toMatch(/<title>FAIL · Unstable/);
    expect(JSON.parse(badge(report))).toMatchObject({ message: "unstable", color: "red" });
  });
});

test("a run that ended early says how many of its cases ran, in every format", async () => {
  const stop = { reason: "bail", words: "not run: x failed before (--bail)", why: "x failed before (--bail)" } as const;
  const cases = good.cases.map((it, i) =>
    i < 3
      ? it
      : {
          ...it,
          verdict: "skip" as const,
          unrun: true as const,
          checks: it.checks.map((check) => ({ ...check, verdict: "skip" as const, actual: stop.words })),
        },
  );
  const bailed = concluded({ ...good, allCases: 621, cases, stop });
  const words = `${cases.length} of 621`;
  expect(show(bailed)).toMatch(new RegExp(`^ {2}cases {4}${words}, of which 3 ran, in \\d`, "m"));
  expect(markdown(bailed, { requirements })).toMatch(new RegExp(`^- Cases: ${words}, of which 3 ran, in \\d`, "m"));
  expect(await html(bailed, protocol)).toContain(`${words} cases, of which 3 ran`);
  expect(show({ ...good, allCases: 621 })).toMatch(new RegExp(`^ {2}cases {4}${words} in \\d`, "m"));
});

test("a requirement is shown by a case of the suite about it", () => {
  const CLOSES = "disconnect.closes";
  const both = [SHOWS, "version/greeting"].reduce((report, id) => breaking(report, id, CLOSES), good);
  const [found] = findings(both);
  expect([found?.requirement.id, found?.shown.id, found?.cases.length]).toEqual([CLOSES, SHOWS, 2]);
});

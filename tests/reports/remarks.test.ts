import { describe, expect, test } from "@jest/globals";
import { Ajv } from "ajv";
import { html } from "../../reports/html/html.tsx";
import { junit } from "../../reports/junit.ts";
import { markdown } from "../../reports/markdown/markdown.ts";
import schema from "../../reports/report.schema.json" with { type: "json" };
import type { Report } from "../../reports/report.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { concluded, withCase } from "./samples.ts";
import { annotations, good, PARITY, refusing, requirements, show, twice } from "./told.ts";

describe("a remark that comes first", () => {
  const suspects = ["malformed/not-json-empty", "transport/ping-empty"];
  const known: Partial<Report> = {
    limit: "the target accepts at most 5 connections at the same time",
    stalls: [{ at: 3_100, ms: 2_400 }],
    unexplained: [{ at: 1_234, words: "the server ended (exit code 3)", suspects }],
  };

  test("says after how many malformed commands the target lets nobody in", () => {
    const stalls = [{ at: 3_100, ms: 2_400, refused: "HTTP 403", afterWrong: 30 }];
    expect(show(concluded({ ...good, stalls }))).toContain(
      "  stalls   let nobody in (HTTP 403) after about 30 malformed commands or frames each time, for 2.4 s (at 3.1 s): the affected cases ran again",
    );
  });

  test("says at what the suite stopped reading, where the result is not whole for that", () => {
    const limit = { type: "limit", at: 1, from: "server", data: "a message of more than 1048576 bytes" } as const;
    const told = (verdict: "pass" | "error") =>
      show(
        concluded(
          withCase(good, PARITY, ({ checks, connections }) => ({
            verdict,
            checks: checks.map((check) => ({ ...check, verdict })),
            connections: connections.map((it) => ({ ...it, events: [...it.events, limit] })),
          })),
        ),
      );
    expect(told("error")).toContain(
      "\n  unread   the suite stopped reading in 1 case: a message of more than 1048576 bytes\n",
    );
    expect(told("pass")).not.toContain("stopped reading");
  });

  test("stands in the first lines of the summary, with the next command to type", async () => {
    const report = concluded({ ...withCase(good, PARITY, () => ({ unstable: true })), ...known });
    expect(report.verdict).toBe("fail");
    const lines = show(report).split("\n");
    const first = lines.findIndex((line) => line.startsWith("FAIL"));
    expect(lines.slice(first, first + 6)).toEqual([
      "FAIL the target ended while it was tested",
      `  ended    the server ended (exit code 3), at 1.2 s; it is not known which input of the seconds before did it, the likeliest first: ${suspects.join(", ")}`,
      `  next     npx it run ws://x --case ${suspects.join(" --case ")} --all`,
      `  unstable the verdict of 1 case varies: ${PARITY}`,
      "  stalls   stood still for 2.4 s (at 3.1 s): the affected cases ran again",
      "  limit    the target accepts at most 5 connections at the same time, and the suite keeps below that",
    ]);
    const summary = markdown(report, { requirements });
    expect(summary).toMatch(
      /^The target ended: `the server ended .*Next: `npx .* --case malformed\/not-json-empty --case transport\/ping-empty --all`$/m,
    );
    expect(summary).toMatch(/^The target stood still: `stood still for 2\.4 s/m);
    const page = await html(report, protocol);
    expect(page).toMatch(/<strong>The target ended\.<\/strong>/);
    expect(page).toMatch(/--case malformed\/not-json-empty/);
    expect(annotations(report)).toEqual([
      expect.stringMatching(
        /^::error title=The target ended::the server ended .*Next: npx .*malformed\/not-json-empty --case transport\/ping-empty --all$/,
      ),
    ]);
    expect(junit(report, { requirements })).toMatch(/<error message="the target ended while it was tested"/);
  });

  test("stands in JUnit with the suspects and the command to type next, where no case failed", () => {
    const stop = { reason: "lost", words: "not run: it died", why: "it died", suspects } as const;
    const xml = junit(concluded({ ...good, stop }), { requirements });
    expect(xml).toMatch(
      /<error message="the target went away"[^>]*><!\[CDATA\[stopped: it died\nsuspects: one of these may /,
    );
    expect(xml).toMatch(/^next: npx .* --case malformed\/not-json-empty/m);
  });

  test("names the suspects if the target went away, and earlier findings stay", () => {
    const stop = { reason: "lost", words: "not run: it died", why: "it died", suspects } as const;
    const text = show(concluded({ ...twice, stop }));
    expect(text).toMatch(
      /^FAIL the target went away\n {2}stopped {2}it died\n {2}suspects one of these may have ended it, the likeliest first \(--start helps to find out which\): malformed\/not-json-empty, transport\/ping-empty\n {2}next {5}npx it run ws:\/\/x --case malformed\/not-json-empty$/m,
    );
    expect(text).toMatch(/^FAIL version\/parity-patch-with-zero$/m);
    expect(text).toMatch(/^ {2}broken {3}disconnect\.success in 1, parity\.patch in 1$/m);
  });

  test("is the one beginning where it names suspects, in every format", async () => {
    const stop = { reason: "lost", words: "not run: it died", why: "it died", suspects } as const;
    const lost = concluded({ ...twice, stop });
    const beginning = /^begin here: .*$/gm;
    expect(show(lost).match(beginning)).toEqual([`begin here: ${suspects[0]} (it may have ended the target)`]);
    expect(show(concluded({ ...twice, ...known })).match(beginning)).toEqual([
      `begin here: ${suspects.join(", ")} (one of them may have ended the target)`,
    ]);
    expect(markdown(lost, { requirements })).not.toContain("Begin here");
    const page = await html(lost, protocol);
    expect(page).not.toMatch(/Begin (?:here|with)/);
    expect(page).toMatch(/<p class="label">Run next<\/p>.*<a href="#wrong">Then see<\/a>/s);
  });

  test("is no endless list", () => {
    const all = concluded({ ...good, cases: good.cases.map((it) => ({ ...it, unstable: true })) });
    const line = show(all)
      .split("\n")
      .find((it) => it.startsWith("  unstable"));
    expect(line?.split(", ")).toHaveLength(9);
    expect(line).toMatch(new RegExp(`… and ${good.cases.length - 8} more \\(report\\.html\\)$`));
  });

  test("is in report.json by its schema, and by that of an older version", () => {
    const validate = new Ajv({ strict: true }).compile(schema);
    const target = { ...good.target, failOnUnstable: true } as const;
    const stop = { reason: "lost", words: "x", suspects } as const;
    const reports = [{ ...refusing, ...known, target, stop }, withCase(good, PARITY, () => ({ doubt: "x" }) as object)];
    for (const report of reports) expect(validate(JSON.parse(JSON.stringify(report))) || validate.errors).toBe(true);
  });
});

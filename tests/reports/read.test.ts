import { mkdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { upToDate } from "../../reports/older.ts";
import { readReport } from "../../reports/read.ts";
import type { Report } from "../../reports/report.ts";
import { folder } from "../cli/process.ts";
import { sample } from "./samples.ts";

const { path, remove } = folder();
afterAll(remove);

let text = "";
beforeAll(async () => {
  text = JSON.stringify(await sample());
});

const file = (content: string) => {
  const name = join(path, "report.json");
  writeFileSync(name, content);
  return name;
};
const changed = (change: (report: Record<string, unknown>) => object) =>
  JSON.stringify({ ...JSON.parse(text), ...change(JSON.parse(text)) });

test("a stored report is read, also by its folder", async () => {
  expect(await readReport(file(text))).toEqual(JSON.parse(text));
  expect(await readReport(path)).toEqual(JSON.parse(text));
});

test("a report of an older version of the suite is read", async () => {
  const older = changed(() => ({ suite: { name: "tachyon-conformance", version: "0.1.0" } }));
  expect(await readReport(file(older))).toMatchObject({ suite: { version: "0.1.0" } });
});

test("a report of version 0.5.0 gets the name of its protocol, and the reason for which it ended early", async () => {
  const older = changed(({ protocol }) => ({
    protocol: { ...(protocol as object), name: undefined },
    stop: { reason: "interrupted", words: "not run: interrupted" },
    verdict: "incomplete",
  }));
  expect(await readReport(file(older))).toMatchObject({
    protocol: { name: "Tachyon" },
    stop: { words: "not run: interrupted", why: "interrupted" },
  });
});

test("a report of version 0.5.0 gets apart why cases were not judged, and which of them did not begin", () => {
  const why = "the server ended";
  const told = [
    `not judged: ${why} while it ran`,
    "not judged: ECONNRESET",
    "not judged: see parity.patch",
    `not run: ${why}`,
  ];
  const report: Report = JSON.parse(text);
  const cases = report.cases.slice(0, told.length).map((it, i) => ({
    ...it,
    checks: it.checks.map((check) => ({
      ...check,
      actual: told[i] as string,
      ...(i === 2 && { see: "parity.patch" }),
    })),
  }));
  const read = upToDate({ ...report, stop: { reason: "lost", words: `not run: ${why}`, why }, cases });
  expect(read.cases.map(({ unrun, checks }) => [unrun, checks[0]?.why])).toEqual([
    [undefined, why],
    [undefined, "ECONNRESET"],
    [undefined, undefined],
    [true, why],
  ]);
  expect(upToDate(read)).toBe(read);
});

test("a case that was in doubt could not be judged: so it is in a report of a version before 0.5.0", async () => {
  const older = changed((report) => {
    const [first, ...others] = (report as unknown as Report).cases;
    return { cases: [{ ...first, doubt: "no answer" }, ...others], verdict: "incomplete" };
  });
  const { verdict, counts, cases } = await readReport(file(older));
  expect([verdict, counts.error, cases[0]?.verdict]).toEqual(["incomplete", 1, "error"]);
  expect(cases[0]?.checks[0]?.actual).toBe("in doubt, since no case does this alone: no answer");
  expect(cases[0]).not.toHaveProperty("doubt");
});

test.each<[string, () => string, RegExp]>([
  ["cut off", () => text.slice(0, -10), /is not a report: it holds no JSON, or was cut off/],
  ["empty", () => "", /is not a report: it holds no JSON/],
  ["something else", () => '{"name": "x"}', /is not a report: the file lacks the property "suite"\./],
  ["null", () => "null", /is not a report: the file must be object/],
  ["nested deep", () => "[".repeat(100_000) + "]".repeat(100_000), /is not a report/],
  [
    "with a property too many",
    () => changed(() => ({ extra: 1 })),
    /is not a report: the file has the property "extra", which may not be there\./,
  ],
  [
    "with a verdict of its own",
    () => changed(() => ({ verdict: "fine" })),
    /verdict must be "pass" or "fail" or "incomplete"\./,
  ],
  [
    "of a newer major version",
    () => changed(() => ({ suite: { name: "x", version: "9.0.0" } })),
    /was written by tachyon-conformance 9\.0\.0; this is /,
  ],
  [
    "of a newer version with more in it",
    () => changed(() => ({ suite: { name: "x", version: "0.99.0" }, extra: 1 })),
    /was written by tachyon-conformance 0\.99\.0/,
  ],
])("a file that is %s is refused in one line", async (_, content, message) => {
  await expect(readReport(file(content()))).rejects.toThrow(message);
  await expect(readReport(file(content()))).rejects.toThrow(/^[^\n]*$/);
});

test.each<[string, (report: Report) => object, RegExp]>([
  ["the verdict of the run", () => ({ verdict: "incomplete" }), /was changed: its verdict is not that of its cases/],
  ["a count", ({ counts }) => ({ counts: { ...counts, fail: 3 } }), /was changed: its verdict/],
  [
    "the verdict of a case",
    ({ cases }) => ({ cases: cases.map((it) => ({ ...it, verdict: "fail" })) }),
    /was changed: the verdict of/,
  ],
  [
    "the verdict of a requirement",
    ({ requirements }) => ({ requirements: requirements.map((row) => ({ ...row, verdict: "warn" })) }),
    /was changed: the verdicts of requirements/,
  ],
  [
    "a case, which is in it twice",
    ({ cases }) => ({ cases: [...cases, cases[0]] }),
    /was changed: it holds a case twice/,
  ],
  [
    "an id, into what a terminal acts on",
    ({ cases }) => ({ cases: cases.map((it) => ({ ...it, id: "a/\u001b[31m" })) }),
    /cases\.0\.id/,
  ],
  [
    "a message, which lacks its text",
    ({ cases }) => ({
      cases: cases.map((it) => ({
        ...it,
        connections: [{ url: "ws://x/", events: [{ at: 1, from: "server", type: "text" }] }],
      })),
    }),
    /events\.0 lacks the property "data"\./,
  ],
  [
    "a check, which is marked as expected without a file",
    ({ cases }) => ({
      cases: cases.map((it) => ({ ...it, checks: it.checks.map((check) => ({ ...check, expectedFailure: "x" })) })),
    }),
    /was changed: failures are marked/,
  ],
])("a report in which somebody changed %s is refused", async (_, change, message) => {
  await expect(readReport(file(changed((report) => change(report as unknown as Report))))).rejects.toThrow(message);
});

test("a file of more than 100 MiB is refused", async () => {
  const name = file("[");
  truncateSync(name, (100 << 20) + 1);
  await expect(readReport(name)).rejects.toThrow(/report\.json is not a report: it has more than 100 MiB/);
  rmSync(name);
});

test("a file that would fill the memory is refused before it is parsed", async () => {
  const name = file(`{"suite":1,"cases":[${"{},".repeat(7_000_000)}{}]}`);
  await expect(readReport(name)).rejects.toThrow(/holds more values than any file of its kind/);
  rmSync(name);
});

test("what cannot be read is refused", async () => {
  await expect(readReport(join(path, "nothing.json"))).rejects.toThrow(
    /Cannot read .*nothing\.json: there is no such file/,
  );
  mkdirSync(join(path, "empty"));
  await expect(readReport(join(path, "empty"))).rejects.toThrow(/Cannot read .*empty\/report\.json/);
});

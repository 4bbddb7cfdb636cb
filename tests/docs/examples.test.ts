import { expect, test } from "@jest/globals";
import about from "../../package.json" with { type: "json" };
import { protocol } from "../../suites/0.1.7/index.ts";
import { cases } from "../helpers.ts";
import { all, read } from "./pages.ts";

const text = all.map(read).join("\n");
const matches = (pattern: RegExp) => [...text.matchAll(pattern)].map(([, ...groups]) => groups);

test("examples say of requirements what the catalogue says", () => {
  const told = matches(/([a-z]+\.[a-z-]+) \((MUST|SHOULD|MAY)\): (?!pass|fail)(.+)$/gm);
  expect(told.length).toBeGreaterThan(3);
  const catalogue = protocol.requirements.map(({ id, level, statement }) => [id, level, statement].join(" "));
  const isKnown = (words: string) => catalogue.some((row) => row.startsWith(words));
  expect(told.map((it) => it.join(" ")).filter((it) => !isKnown(it))).toEqual([]);
});

test("examples run as many cases, judge as many requirements, and are of the version, as it is", () => {
  const counts = (pattern: RegExp) => new Set(matches(pattern).map(([count]) => Number(count)));
  expect(counts(/\b\d+ of (\d+) requirements of/g)).toEqual(new Set([protocol.requirements.length]));
  expect(counts(/^(?: {2}cases {4}(\d+) of \d+ in .*info)$/gm)).toContain(cases.length);
  expect(counts(/(\d+) of \d+ cases judged again/g)).toEqual(new Set([cases.length]));
  for (const { name, ...suite } of protocol.suites)
    expect(counts(new RegExp(`^${name}: (\\d+) cases`, "gm"))).toEqual(new Set([suite.cases.length]));
  expect(new Set(matches(/(?:suite {4}tachyon-conformance|, suite) (\d+\.\d+\.\d+)/g).flat())).toEqual(
    new Set([about.version]),
  );
});

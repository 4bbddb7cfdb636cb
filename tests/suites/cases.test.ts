import { expect, test } from "@jest/globals";
import { protocol } from "../../suites/0.1.7/index.ts";
import { groups } from "../../suites/0.1.7/malformed-inputs.ts";
import { cases } from "../helpers.ts";

test("case ids are unique, and frozen", () => {
  const ids = cases.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.toSorted()).toMatchSnapshot();
});

test("every case stands in the suite that its id names", () => {
  for (const suite of protocol.suites) {
    for (const it of suite.cases) expect(it.suite).toBe(suite.name);
  }
});

test("every requirement of a tested section is tested, and by a case or rule of that section", () => {
  const rules = protocol.rules.map(({ requirement }) => requirement);
  const tested = new Set([...rules, ...cases.flatMap(({ tests }) => tests)]);
  const sections = ["messages", ...protocol.suites.map(({ name }) => name)];
  const owed = protocol.requirements.filter(({ section }) => sections.includes(section)).map(({ id }) => id);
  expect([...tested].toSorted()).toEqual(owed.toSorted());
});

test("every case tests something, and names nothing twice", () => {
  for (const { tests } of cases) {
    expect(tests.length).toBeGreaterThan(0);
    expect(new Set(tests).size).toBe(tests.length);
  }
});

test("there are at least 60 malformed commands, no two alike", () => {
  const texts = Object.values(groups).flatMap((inputs) => inputs.map(({ text }) => text));
  expect(texts.length).toBeGreaterThanOrEqual(60);
  expect(new Set(texts).size).toBe(texts.length);
});

test("the parity of every combination of lower, equal and higher that 0.1.7 allows is tested", () => {
  const combinations = cases.filter(({ id }) => /^version\/parity-(lower|equal|higher)-/.test(id));
  expect(combinations).toHaveLength(2 * 3 * 3);
});

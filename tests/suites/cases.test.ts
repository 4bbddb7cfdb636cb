import { expect, test } from "@jest/globals";
import { dialect } from "../../suites/0.1.7/dialect.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { malformedGroups } from "../../suites/websocket/malformed-inputs.ts";
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

test("every requirement of the catalogue is tested, and by a case or rule of its section", () => {
  const rules = protocol.rules.map(({ requirement }) => requirement);
  for (const { id, section } of protocol.requirements) {
    const tests =
      section === "messages" ? rules : cases.filter(({ suite }) => suite === section).flatMap((it) => it.tests);
    expect([id, tests.includes(id)]).toEqual([id, true]);
  }
});

test("nothing is tested that the catalogue does not hold", () => {
  const known = new Set<string>(protocol.requirements.map(({ id }) => id));
  expect(cases.flatMap(({ tests }) => tests).filter((id) => !known.has(id))).toEqual([]);
});

test("every case tests something, and names nothing twice", () => {
  for (const { tests } of cases) {
    expect(tests.length).toBeGreaterThan(0);
    expect(new Set(tests).size).toBe(tests.length);
  }
});

test("there are at least 60 malformed commands, no two alike", () => {
  const texts = Object.values(malformedGroups(dialect)).flatMap((inputs) => inputs.map(({ text }) => text));
  expect(texts.length).toBeGreaterThanOrEqual(60);
  expect(new Set(texts).size).toBe(texts.length);
});

test("the parity of every combination of lower, equal and higher that 0.1.7 allows is tested", () => {
  const combinations = cases.filter(({ id }) => /^version\/parity-(lower|equal|higher)-/.test(id));
  expect(combinations).toHaveLength(2 * 3 * 3);
});

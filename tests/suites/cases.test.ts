import { expect, test } from "@jest/globals";
import { type Scenario, scenarios } from "../../harness/scenario.ts";
import { dialect } from "../../suites/0.1.7/dialect.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { malformedGroups } from "../../suites/websocket/malformed-inputs.ts";
import { cases } from "../helpers.ts";

test("case ids are unique, and frozen", () => {
  const ids = cases.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.toSorted()).toMatchSnapshot();
});

test("the digest of a case changes with its title, tests, row and what it was seen to do, and not with its function", () => {
  const base: Scenario<string> = { id: "a/b", title: "t", tests: ["x"], given: 1, run: async () => {} };
  const digestOf = (change: Partial<Scenario<string>>, observed = {}) =>
    scenarios<string>(observed)({ ...base, ...change }).digest;
  const digests = [{}, { title: "u" }, { tests: ["y"] }, { given: 2 }].map((change) => digestOf(change));
  expect(new Set([...digests, digestOf({}, { "a/b": "seen" })]).size).toBe(5);
  expect(digestOf({ run: async () => void "sends" })).toBe(digests[0]);
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

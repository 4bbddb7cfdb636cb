import { writeFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { digestOf, freeze, type RequirementSet } from "../../harness/set.ts";
import { protocol } from "../../suites/0.1.7/index.ts";

/** The digest of each set. A line never changes after the release of the set. */
const FROZEN: Readonly<Record<string, string>> = {
  "0.1.7/2026-11": "4a5102d643161e3af2d31dd6357e1d45563f898a688036341b4b7942768d8910",
};

const { version, requirements, suites, sets, withdrawn } = protocol;
const nameOf = (month: string) => `${version}/${month}`;
const now = freeze(process.env.NEW_SET ? nameOf(process.env.NEW_SET) : (sets.at(-1)?.name ?? ""), requirements, suites);

if (process.env.NEW_SET) {
  writeFileSync(`suites/${version}/sets/${process.env.NEW_SET}.json`, `${JSON.stringify(now, undefined, 2)}\n`);
}

/** Returns the ids by which two sets differ. */
const difference = (one: RequirementSet, other: RequirementSet) =>
  (["requirements", "cases"] as const).flatMap((kind) =>
    [...new Set([...Object.keys(one[kind]), ...Object.keys(other[kind])])].filter(
      (id) => one[kind][id] !== other[kind][id],
    ),
  );

test("no set was ever changed", () => {
  expect(Object.fromEntries(sets.map((set) => [set.name, digestOf(set)]))).toEqual(FROZEN);
});

test("sets are named by their month, and stand in its order", () => {
  const names = sets.map(({ name }) => name);
  expect(names).toEqual(names.toSorted());
  for (const name of names) expect(name).toMatch(/^0\.1\.7\/\d{4}-(0[1-9]|1[0-2])$/);
});

test("the newest set holds the suite as it is", () => {
  const newest = sets.at(-1) as RequirementSet;
  const changed = difference(newest, now);
  if (changed.length === 0) return;
  const how = `NEW_SET=${new Date().toISOString().slice(0, 7)} npm run jest -- tests/suites/sets`;
  throw new Error(
    `${changed.length} requirements or cases are not as ${newest.name} froze them: ${changed.join(", ")}. ` +
      `Make a new set: ${how}, then add it to suites/${version}/sets/index.ts and its digest to FROZEN in this test.`,
  );
});

test("every case of an older set still runs as it was, or is withdrawn", () => {
  const lost = sets.flatMap((set) =>
    difference(set, now).filter((id) => (id in set.requirements || id in set.cases) && !(id in withdrawn)),
  );
  expect(lost).toEqual([]);
});

test("the digest of a set changes with every level, case and digest of one", () => {
  const set: RequirementSet = { name: "1/2026-01", requirements: { a: "MUST" }, cases: { "b/c": "d" } };
  const others: RequirementSet[] = [
    { ...set, name: "1/2026-02" },
    { ...set, requirements: { a: "SHOULD" } },
    { ...set, cases: { "b/c": "e" } },
    { ...set, cases: { "b/c": "d", "b/e": "f" } },
  ];
  expect(new Set([set, ...others].map(digestOf)).size).toBe(5);
});

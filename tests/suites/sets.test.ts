import { writeFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import type { Protocol } from "../../harness/protocol.ts";
import { digestOf, freeze, type RequirementSet } from "../../harness/set.ts";
import { OBSERVED } from "./observed.ts";

/** The digest of each set. A line never changes after the release of the set. */
const FROZEN: Readonly<Record<string, string>> = {
  "0.1.7/2026-11": "25860c3459192df442184e75aa0574a1b509b05f889b029c697f40b5e731f073",
  "v0/2026-11": "dbd917cb939c55b262353b42344818afb5337252a68112cf96cb499b90394d62",
};

const now = (protocol: Protocol): RequirementSet => {
  const { version, requirements, suites, sets } = protocol;
  const name = process.env.NEW_SET ? `${version}/${process.env.NEW_SET}` : (sets.at(-1)?.name ?? "");
  return freeze(name, requirements, suites);
};

if (process.env.NEW_SET) {
  for (const { protocol } of OBSERVED)
    writeFileSync(
      `suites/${now(protocol).name.replace("/", "/sets/")}.json`,
      `${JSON.stringify(now(protocol), undefined, 2)}\n`,
    );
}

/** Returns the ids by which two sets differ. */
const difference = (one: RequirementSet, other: RequirementSet) =>
  (["requirements", "cases"] as const).flatMap((kind) =>
    [...new Set([...Object.keys(one[kind]), ...Object.keys(other[kind])])].filter(
      (id) => one[kind][id] !== other[kind][id],
    ),
  );

test("no set was ever changed", () => {
  const all = OBSERVED.flatMap(({ protocol }) => protocol.sets);
  expect(Object.fromEntries(all.map((set) => [set.name, digestOf(set)]))).toEqual(FROZEN);
});

describe.each(OBSERVED.map(({ protocol }) => protocol))("the sets of $version", (protocol) => {
  const { version, sets, withdrawn } = protocol;

  test("are named by their month, and stand in its order", () => {
    const names = sets.map(({ name }) => name);
    expect(names).toEqual(names.toSorted());
    for (const name of names) expect(name.replace(`${version}/`, "")).toMatch(/^\d{4}-(0[1-9]|1[0-2])$/);
  });

  test("hold in the newest the suite as it is", () => {
    const newest = sets.at(-1) as RequirementSet;
    const changed = difference(newest, now(protocol));
    if (changed.length === 0) return;
    const how = `NEW_SET=${new Date().toISOString().slice(0, 7)} npm run jest -- tests/suites/sets`;
    throw new Error(
      `${changed.length} requirements or cases are not as ${newest.name} froze them: ${changed.slice(0, 20).join(", ")}. ` +
        `Make a new set: ${how}, then add it to suites/${version}/sets/index.ts and its digest to FROZEN in this test.`,
    );
  });

  test("hold no case that does not run as it was, unless it is withdrawn", () => {
    const lost = sets.flatMap((set) =>
      difference(set, now(protocol)).filter((id) => (id in set.requirements || id in set.cases) && !(id in withdrawn)),
    );
    expect(lost).toEqual([]);
  });
});

test("the digest of a set changes with every level, case and digest of one", () => {
  const set: RequirementSet = { name: "1/2026-01", requirements: { a: "MUST" }, cases: { "b/c": "d" } };
  const others: RequirementSet[] = [
    { ...set, name: "1/2026-02" },
    { ...set, requirements: { a: "SHOULD" } },
    { ...set, cases: { "b/c": "e" } },
    { ...set, cases: { "b/c": "d", "b/e": "f" } },
    { ...set, sweeps: ["b"] },
  ];
  expect(new Set([set, ...others].map(digestOf)).size).toBe(6);
});

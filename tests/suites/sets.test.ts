import { writeFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import type { Protocol } from "../../harness/protocol.ts";
import { digestOf, freeze, type RequirementSet } from "../../harness/set.ts";
import { OBSERVED } from "./observed.ts";

/** The digest of each set that was released, by its name. A line never changes. */
const RELEASED: Readonly<Record<string, string>> = {};

/** The month of the newest sets if they were not released yet: they are made again until then. */
const OPEN: string | undefined = "2026-11";

/** Returns the month of the set that a change of the suite goes into. */
function month(): string {
  const newest =
    OBSERVED.map(({ protocol }) => monthOf(protocol.sets.at(-1)?.name ?? ""))
      .toSorted()
      .at(-1) ?? "";
  const [year = 0, of = 0] = newest.split("-").map(Number);
  const next = new Date(Date.UTC(year, of)).toISOString().slice(0, 7);
  return OPEN ?? [next, new Date().toISOString().slice(0, 7)].toSorted().at(-1) ?? next;
}

const monthOf = (name: string) => name.replace(/^.*\//, "");

const now = (protocol: Protocol): RequirementSet => {
  const { version, requirements, suites, sets } = protocol;
  const name = process.env.NEW_SET ? `${version}/${process.env.NEW_SET}` : (sets.at(-1)?.name ?? "");
  return freeze(name, requirements, suites);
};

if (process.env.NEW_SET) {
  for (const { protocol } of OBSERVED) {
    const { name } = now(protocol);
    if (name in RELEASED) throw new Error(`The set ${name} was released, so it never changes. Make ${month()}.`);
    const file = `suites/${name.replace("/", "/sets/")}.json`;
    writeFileSync(file, `${JSON.stringify(now(protocol), undefined, 2)}\n`);
    process.stdout.write(
      `Wrote ${file}. If it is new, add it to index.ts beside it. Its digest: ${digestOf(now(protocol))}\n`,
    );
  }
}

/** A test of the sets as they were read. One that was just written is read by the next run. */
const atRest = process.env.NEW_SET ? test.skip : test;

/** Returns the ids by which two sets differ. */
const difference = (one: RequirementSet, other: RequirementSet) =>
  (["requirements", "cases"] as const).flatMap((kind) =>
    [...new Set([...Object.keys(one[kind]), ...Object.keys(other[kind])])].filter(
      (id) => one[kind][id] !== other[kind][id],
    ),
  );

test("no set was changed once it was released, and a release leaves none open", () => {
  if (process.env.GITHUB_REF_TYPE === "tag") expect(OPEN).toBeUndefined();
  const all = OBSERVED.flatMap(({ protocol }) => protocol.sets).filter(({ name }) => monthOf(name) !== OPEN);
  expect(Object.fromEntries(all.map((set) => [set.name, digestOf(set)]))).toEqual(RELEASED);
});

describe.each(OBSERVED.map(({ protocol }) => protocol))("the sets of $version", (protocol) => {
  const { version, sets, withdrawn } = protocol;

  test("are named by their month, and stand in its order", () => {
    const names = sets.map(({ name }) => name);
    expect(names).toEqual(names.toSorted());
    for (const name of names) expect(name.replace(`${version}/`, "")).toMatch(/^\d{4}-(0[1-9]|1[0-2])$/);
  });

  atRest("hold in the newest the suite as it is", () => {
    const newest = sets.at(-1) as RequirementSet;
    const changed = difference(newest, now(protocol));
    if (changed.length === 0) return;
    const how = `NEW_SET=${month()} npm run jest -- tests/suites/sets`;
    throw new Error(
      `${changed.length} requirements or cases are not as ${newest.name} froze them: ${changed.slice(0, 20).join(", ")}. ` +
        `Make ${month() === monthOf(newest.name) ? "it again, since it was not released yet" : "a new set"}: ${how}`,
    );
  });

  atRest("hold no case that does not run as it was, unless it is withdrawn", () => {
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

import { expect, test } from "@jest/globals";
import { protocol } from "../../suites/0.1.7/index.ts";
import { faults } from "../../suites/0.1.7/reference/faults/index.ts";
import { killsByCase, page, read, rowsIn } from "./matrix.ts";

test("there is a fault for every MUST and every SHOULD of the catalogue", () => {
  const owed = protocol.requirements.filter(({ level }) => level !== "MAY").map(({ id }) => id);
  const broken = new Set<string>(Object.values(faults).map(({ breaks }) => breaks));
  expect(owed.filter((id) => !broken.has(id))).toEqual([]);
});

test("every fault is found, as the page tells", () => {
  const found = rowsIn(read()).filter(({ kills }) => kills.length > 0);
  expect(found.map(({ fault }) => fault)).toEqual(Object.keys(faults));
});

test("every case finds a fault of what it is about", () => {
  const useless = [...killsByCase(rowsIn(read()))].filter(([, found]) => found.length === 0);
  expect(useless).toEqual([]);
});

test("the page is well made: what it tells by case is what it tells by fault", () => {
  expect(read()).toBe(page(rowsIn(read())));
});

import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { protocol } from "../../suites/0.1.7/index.ts";
import { faults } from "../../suites/0.1.7/reference/faults/index.ts";
import { killsByCase } from "./kill-page.ts";
import { PAGE, PROVED, page, rows, TABLE, table } from "./matrix.ts";

if (process.env.UPDATE_DOCS) writeFileSync(PAGE, page(rows()));

test("there is a fault for every MUST and every SHOULD of the catalogue", () => {
  const owed = protocol.requirements.filter(({ level }) => level !== "MAY").map(({ id }) => id);
  const broken = new Set<string>(Object.values(faults).map(({ breaks }) => breaks));
  expect(owed.filter((id) => !broken.has(id))).toEqual([]);
});

test("the matrix shows that every fault is found, in the order of the faults (UPDATE_DOCS=1 FAULTS=<names> npm run jest -- faults-of adds some)", () => {
  const found = rows().filter(({ kills }) => kills.length > 0);
  expect(found.map(({ fault }) => fault)).toEqual(Object.keys(faults));
});

test("every case finds a fault of a requirement that it is about", () => {
  const useless = [...killsByCase(rows(), PROVED)].filter(([, found]) => found.length === 0);
  expect(useless).toEqual([]);
});

test("the stored matrix is as it is written, and known to the protocol", async () => {
  expect(readFileSync(TABLE, "utf8")).toBe(table(rows()));
  expect(Object.keys(await protocol.kills())).toEqual(Object.keys(faults));
});

test("the page is current (npm run docs:requirements makes it)", () => {
  expect(readFileSync(PAGE, "utf8")).toBe(page(rows()));
});

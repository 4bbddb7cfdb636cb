import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { protocol } from "../../../suites/0.1.7/index.ts";
import { faults as others } from "../../../suites/0.1.7/reference/faults/index.ts";
import { killMatrix } from "../../../suites/0.1.7/reference/kills.ts";
import { faults } from "../../../suites/v0/reference/faults/index.ts";
import { killsByCase } from "../kill-page.ts";
import { PAGE_V0, PROVED_V0, pageV0, storedRows } from "./kills.ts";

if (process.env.UPDATE_DOCS) writeFileSync(PAGE_V0, pageV0());

test("the matrix shows that every fault is found, in the order of the faults, and is known to the protocol (UPDATE_DOCS=1 FAULTS=<names> npm run jest -- v0/faults adds some)", async () => {
  const found = storedRows().filter(({ kills }) => kills.length > 0);
  expect(found.map(({ fault }) => fault)).toEqual(Object.keys(faults));
  expect(Object.keys(await PROVED_V0.kills())).toEqual(Object.keys(faults));
});

test("every case finds a fault of a requirement that it is about; one that 0.1.7 has, too, there", () => {
  const shared = killsByCase(killMatrix(protocol.suites), { ...protocol, faults: others });
  const useless = [...killsByCase(storedRows(), PROVED_V0)].filter(
    ([id, found]) => found.length === 0 && !(shared.get(id)?.length ?? 0),
  );
  expect(useless.map(([id]) => id)).toEqual([]);
});

test("the page is current (npm run docs:requirements makes it)", () => {
  expect(readFileSync(PAGE_V0, "utf8")).toBe(pageV0());
});

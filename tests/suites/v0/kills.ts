import { readFileSync, writeFileSync } from "node:fs";
import { own } from "../../../schemas/v0/index.ts";
import { protocolBy } from "../../../suites/v0/index.ts";
import { faults } from "../../../suites/v0/reference/faults/index.ts";
import { fromStored, type Killed, type StoredKill } from "../../../suites/websocket/kills.ts";
import { killPage } from "../kill-page.ts";
import { toStored } from "../to-stored.ts";

const TABLE = "suites/v0/reference/kills.json";
export const PAGE_V0 = "docs/kill-matrix-v0.md";

const protocol = protocolBy(own);
const { suites } = protocol;

/** The parts of the version that its kill matrix tells of. */
export const PROVED_V0 = { ...protocol, faults };

/** Reads the stored kill matrix of v0. */
export const storedRows = (): Killed[] =>
  JSON.parse(readFileSync(TABLE, "utf8")).map((it: StoredKill) => fromStored(it, suites));

/** Stores a row in the place of an older one, in the order of the faults, and makes the page again. */
export function writeRow(row: Killed): void {
  const known = [...storedRows(), row];
  const now = Object.keys(faults).flatMap((name) => known.findLast(({ fault }) => fault === name) ?? []);
  writeFileSync(TABLE, `[\n${now.map((it) => JSON.stringify(toStored(it, suites))).join(",\n")}\n]\n`);
  writeFileSync(PAGE_V0, pageV0());
}

/** Returns the page of the stored kill matrix. */
export const pageV0 = (): string => killPage(storedRows(), PROVED_V0, INTRO);

const INTRO = [
  "# The kill matrix of v0",
  "",
  "How the suite is proved: the reference server of `v0` with one fault at a time, all that may be told to be broken, first what the",
  "fault is about, and the cases about it that find it. The tests check that this page is current; `npm run docs` makes it. Try one",
  "yourself: `npx tachyon-conformance serve --protocol v0 --fault closes-without-a-reason`.",
];

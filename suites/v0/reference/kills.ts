import type { Suite } from "../../../harness/scenario.ts";
import { fromStored, type StoredKill } from "../../websocket/kills.ts";
import table from "./kills.json" with { type: "json" };

/** The cases that find each fault. The tests hold that it is true; `npm run docs` makes it. */
export const killsOf = (suites: readonly Suite[]): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries((table as readonly StoredKill[]).map((row) => [row.fault, fromStored(row, suites).kills]));

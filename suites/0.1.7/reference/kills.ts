import type { Suite } from "../../../harness/scenario.ts";
import { fromStored, type Killed, type StoredKill } from "../../websocket/kills.ts";
import table from "./kills.json" with { type: "json" };

/** The kill matrix. The tests hold that it is true; `npm run docs` makes it. */
export const killMatrix = (suites: readonly Suite[]): Killed[] =>
  (table as readonly StoredKill[]).map((row) => fromStored(row, suites));

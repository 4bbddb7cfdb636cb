import type { RequirementSet } from "../../../harness/set.ts";
import november2026 from "./2026-11.json" with { type: "json" };

/** All sets of this version, the oldest first. None is ever changed or taken out. */
export const sets = [november2026] as readonly RequirementSet[];

/** The requirements and cases of older sets that count no more, by id, with the reason. */
export const withdrawn: Readonly<Record<string, string>> = {};

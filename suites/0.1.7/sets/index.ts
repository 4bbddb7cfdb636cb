import type { RequirementSet } from "../../../harness/set.ts";
import november2026 from "./2026-11.json" with { type: "json" };

/** All sets of this version, the oldest first. None is ever changed or taken out. */
export const sets = [november2026] as readonly RequirementSet[];

/** What of an older set counts no more, by the id of the requirement or case, and why. */
export const withdrawn: Readonly<Record<string, string>> = {};

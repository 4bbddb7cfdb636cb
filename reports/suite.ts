import about from "../package.json" with { type: "json" };
import type { Report } from "./report.ts";

/** This suite, as reports name it. */
export const SUITE: Report["suite"] = { name: about.name, version: about.version };

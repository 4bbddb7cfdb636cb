import { visible } from "./escape.ts";
import type { LevelReached } from "./report.ts";

/** The levels of a certificate in words. */
export const LEVEL_WORDS: Readonly<Record<LevelReached, string>> = {
  strict: "strict (no MUST or SHOULD is broken)",
  conformant: "conformant (no MUST is broken)",
};

/** An implementation as its certifier names it: in quotes, so that no name passes for a verdict. */
export const implementationText = (name: string, version?: string): string =>
  [name, version].flatMap((it) => (it === undefined ? [] : [visible(JSON.stringify(it))])).join(" ");

import type { Transcript } from "./transcript.ts";

/** What a rule finds in a transcript: kept, broken, or not to be told from it; and what it saw. */
export interface Finding {
  readonly outcome: "kept" | "broken" | "untold";
  readonly actual: string;
}

/** A requirement that holds for every connection: a pure function of its transcript. */
export interface Rule {
  readonly requirement: string;
  judge(transcript: Transcript): Finding;
  /** What the server still owes at this point, in words: the runner waits for it before it lets the rule judge. */
  owes?(transcript: Transcript): string | undefined;
}

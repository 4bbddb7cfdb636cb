import type { Silence } from "./nothing.ts";
import type { Side, Transcript, WireEvent } from "./transcript.ts";

/** What a rule finds in a transcript: kept, broken, or inconclusive; and what it saw. */
export interface Finding {
  readonly outcome: "kept" | "broken" | "inconclusive";
  readonly actual: string;
  /** The events that show it. */
  readonly events?: readonly WireEvent[];
  /** How long was waited in vain, where that is what it rests on. */
  readonly silence?: Silence;
}

/** A requirement that holds for every connection: a pure function of its transcript. */
export interface Rule {
  readonly requirement: string;
  judge(transcript: Transcript): Finding;
  /** What the server still owes at this point, in words: the runner waits for it before it lets the rule judge. */
  owes?(transcript: Transcript): string | undefined;
  /**
   * The events that decide it, whatever follows: with these instead of all it finds the same, now and after any others. So a
   * transcript of any length can be judged in pieces. An event that the transcript lacks is added to its end: a `cut` says what
   * was too much to be remembered.
   */
  needs(transcript: Transcript): readonly (WireEvent | undefined)[];
  /** What it cannot tell where a recording has gaps. */
  readonly gaps: Gaps;
}

/** A rule for recorded traffic alone: it says on which connections it can be judged. */
export interface RecordedRule extends Rule {
  applies(transcript: Transcript): boolean;
}

/** What follows from events of one side that a recording lacks: they may hide a breach, or excuse one that is seen. */
export interface Gaps {
  readonly hide: readonly Side[];
  readonly excuse: readonly Side[];
  /** What excuses a breach may also come after it. */
  readonly later?: true;
}

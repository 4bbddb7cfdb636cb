import type { Silence } from "./nothing.ts";
import type { Side, Transcript, WireEvent } from "./transcript.ts";

/** The finding of a rule in a transcript: kept, broken, or inconclusive; and the events that show it. */
export interface Finding {
  readonly outcome: "kept" | "broken" | "inconclusive";
  readonly actual: string;
  /** The events that show it. */
  readonly events?: readonly WireEvent[];
  /** The names of the properties that lead to what is wrong in the last of them. */
  readonly path?: readonly string[];
  /** The wait in vain that it rests on, if it rests on one. */
  readonly silence?: Silence;
}

/** A requirement that holds for every connection: a pure function of its transcript. */
export interface Rule {
  readonly requirement: string;
  judge(transcript: Transcript): Finding;
  /** Names what the server still owes at this point: the runner waits for it before it lets the rule judge. */
  owes?(transcript: Transcript): string | undefined;
  /**
   * The events that decide it, whatever follows: with these instead of all it finds the same, now and after any others. So a
   * transcript of any length can be judged in pieces. An event that the transcript lacks is added to its end: a `cut` says what
   * was too much to be remembered.
   */
  needs(transcript: Transcript): readonly (WireEvent | undefined)[];
  /** The gaps of a recording that keep it from telling. */
  readonly gaps: Gaps;
}

/** A rule for recorded traffic alone: it says on which connections it can be judged. */
export interface RecordedRule extends Rule {
  applies(transcript: Transcript): boolean;
}

/** The events that a recording lacks, by their side: they may hide a breach, or excuse one that is seen. */
export interface Gaps {
  readonly hide: readonly Side[];
  readonly excuse: readonly Side[];
  /** An excuse may also come after the breach. */
  readonly later?: true;
}

/** The gaps of the server may hide a breach. Nothing excuses a breach that is seen. */
export const EACH: Gaps = { hide: ["server"], excuse: [] };

import { type Silence, silenceOf } from "../../harness/nothing.ts";
import type { Finding, Gaps, Rule } from "../../harness/rule.ts";
import type { Placed, Transcript, WireEvent } from "../../harness/transcript.ts";
import { show } from "../../harness/words.ts";
import type { RequirementId } from "../../schemas/0.1.7/requirements.ts";

// The words and findings of the rules of this version.

/** The finding that a requirement is kept. */
export const kept = (actual: string): Finding => ({ outcome: "kept", actual });

/** The finding that it is broken, by this event. */
export const brokenAt = (actual: string, event: WireEvent): Finding => ({ outcome: "broken", actual, events: [event] });

/** The finding that the transcript does not show it, by this event. */
export const undecidable = (actual: string, event?: WireEvent): Finding => ({
  outcome: "inconclusive",
  actual,
  ...(event && { events: [event] }),
});

/** The finding that something did not come in time. */
export const missed = (what: string, wait: Timeout): Finding => ({
  ...brokenAt(`${what}: the suite ${wait.data}`, wait),
  ...(silenceOf(wait) && { silence: silenceOf(wait) as Silence }),
});

/** Makes a rule of a requirement of this version. */
export const rule = (requirement: RequirementId, rest: Omit<Rule, "requirement">): Rule => ({ requirement, ...rest });

/** The gaps of the server may hide a breach, and those of the client may hold an excuse. */
export const ANSWER: Gaps = { hide: ["server"], excuse: ["client"] };

/** Either side may have ended the connection, or said why it ends. */
export const ANY: Gaps = { hide: ["client", "server"], excuse: ["client", "server"], later: true };

/** A wait in vain. */
export type Timeout = Extract<WireEvent, { readonly type: "timeout" }>;

/** Tells if an event is a wait in vain. */
export const isTimeout = (event: WireEvent): event is Timeout => event.type === "timeout";

/** Broken by a message, which is quoted where no other words are given. */
export const brokenBy = ({ events }: Transcript, { index, message }: Placed, words = show(message)): Finding =>
  brokenAt(words, events[index] as WireEvent);

/** Returns the event that holds a message. */
export const eventOf = ({ events }: Transcript, placed: Placed | undefined) => placed && events[placed.index];

/** Returns an event in words. */
export const quote = (event: WireEvent) =>
  [event.type, "code" in event && event.code, "data" in event && event.data].filter(Boolean).join(" ");

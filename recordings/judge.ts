import { tryTo } from "../harness/judge.ts";
import type { Finding, Rule } from "../harness/rule.ts";
import type { Side, Transcript, WireEvent } from "../harness/transcript.ts";

/** The events that end a recorded connection. */
const END_TYPES: ReadonlySet<WireEvent["type"]> = new Set(["close", "end", "error", "limit"]);

/** Tells if nothing more of a connection can be recorded after an event. */
export const isEnd = ({ type }: WireEvent): boolean => END_TYPES.has(type);

/**
 * Judges the recording of a connection by a rule. A gap or a missing end may leave it open: nothing is broken that the missing part could
 * excuse, and nothing is kept if that part could hide a breach. Then the finding is inconclusive.
 */
export function judgeRecorded(rule: Rule, transcript: Transcript): Finding {
  const { events } = transcript;
  const found = tryTo(rule, transcript);
  if (found.outcome === "inconclusive") return found;
  const first = (sides: readonly Side[]) =>
    events.findIndex(({ from, type }) => type === "cut" && sides.includes(from));
  if (found.outcome === "broken") {
    const excuse = first(rule.gaps.excuse);
    if (excuse < 0) return found;
    const before = rule.gaps.later ? undefined : tryTo(rule, { ...transcript, events: events.slice(0, excuse) });
    return before?.outcome === "broken" ? before : missing(events[excuse]);
  }
  const hidden = first(rule.gaps.hide);
  if (hidden >= 0) return missing(events[hidden]);
  return events.some(isEnd) || keepsToTheEnd(rule, transcript)
    ? found
    : { outcome: "inconclusive", actual: "no end of the connection is recorded" };
}

function missing(event: WireEvent | undefined): Finding {
  const what = event && "data" in event && event.data !== "" ? event.data : "something";
  return { outcome: "inconclusive", actual: `not recorded: ${what}` };
}

/** Tells if a rule would still be kept if the server ended the connection now, without a word. */
function keepsToTheEnd(rule: Rule, transcript: Transcript): boolean {
  const end: WireEvent = { at: transcript.events.at(-1)?.at ?? 0, from: "server", type: "end" };
  return tryTo(rule, { ...transcript, events: [...transcript.events, end] }).outcome !== "broken";
}

/** Returns the events that decide all rules, whatever follows: the gaps, and those that a rule needs. */
export function prune(rules: readonly Rule[], transcript: Transcript): WireEvent[] {
  const { events } = transcript;
  const gaps = (["client", "server"] as const).map((side) =>
    events.find((it) => it.type === "cut" && it.from === side),
  );
  const needed = new Set([...gaps, events.find(isEnd), ...rules.flatMap((rule) => rule.needs(transcript))]);
  const kept = events.filter((event) => needed.has(event));
  for (const event of kept) needed.delete(event);
  return [...kept, ...[...needed].filter((event) => event !== undefined)];
}

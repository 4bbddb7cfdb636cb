import { type EnvelopeReader, isObject, jsonOnce, type WireEvent } from "./transcript.ts";

/** The requests with one id that the suite sent, and the responses to them. */
interface Count {
  asked: number;
  answered: number;
}

const NONE: Readonly<Count> = { asked: 0, answered: 0 };

/**
 * Tells if a peer forgot a request among the `first` events. Such a request has no response, though the same request has one that came
 * later; or any later request, if the same was not sent again. A response that only comes late is one too many for the later request.
 */
export function isForgotten(
  first: readonly WireEvent[],
  later: readonly WireEvent[],
  envelope: EnvelopeReader,
): boolean {
  const [before, after] = [countsIn(first, envelope), countsIn(later, envelope)];
  const isHeard = [...after.values()].some(({ answered }) => answered > 0);
  return [...before].some(([id, { asked, answered }]) => {
    const again = after.get(id) ?? NONE;
    const isAnswered = again.asked > 0 ? again.answered >= again.asked : isHeard;
    return answered < asked && answered + again.answered < asked + again.asked && isAnswered;
  });
}

/** Counts the requests of the suite and the responses to them, by their ids. */
function countsIn(events: readonly WireEvent[], envelope: EnvelopeReader): ReadonlyMap<string, Count> {
  const counts = new Map<string, Count>();
  for (const event of events) {
    const message = jsonOnce(event);
    const { id, kind } = (isObject(message) && envelope(message)) || {};
    if (id === undefined) continue;
    const count = counts.get(id) ?? { ...NONE };
    counts.set(id, count);
    if (event.from === "client" && kind === "request") count.asked += 1;
    if (event.from === "server" && kind === "response") count.answered += 1;
  }
  return counts;
}

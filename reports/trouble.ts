import type { WireEvent } from "../harness/transcript.ts";

const GIVEN_UP = new Set<WireEvent["type"]>(["timeout", "error", "limit"]);
const BREACH = new Set<WireEvent["type"]>(["violation", "end"]);

/** Whether an event is a remark of the suite that something did not come, or came too much. */
export const isGivenUp = ({ type }: WireEvent): boolean => GIVEN_UP.has(type);

/** Whether something went wrong here: a wait in vain, an error, a breach by the server. */
export const isTrouble = (event: WireEvent): boolean =>
  isGivenUp(event) || (event.from === "server" && BREACH.has(event.type));

/**
 * So many of some connections, in their order: those on which something went wrong, then of too many the last, since a case that
 * makes so many ends with those that show what it found.
 */
export function notable<T>(connections: readonly T[], most: number, hasTrouble: (connection: T) => boolean): T[] {
  if (connections.length <= most) return [...connections];
  const chosen = connections
    .map((connection, place) => ({ connection, place, trouble: hasTrouble(connection) }))
    .toSorted((a, b) => Number(b.trouble) - Number(a.trouble) || b.place - a.place)
    .slice(0, most);
  return chosen.toSorted((a, b) => a.place - b.place).map(({ connection }) => connection);
}

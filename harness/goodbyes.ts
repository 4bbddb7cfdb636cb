import type { CaseResult } from "./execute.ts";
import type { Session } from "./session.ts";
import { isObject, isServerEnd, json, type Transcript } from "./transcript.ts";

/** The number of connections from which on a goodbye is one to everybody, and their part of all that were open. */
const EVERYBODY = { least: 2, part: 0.5 } as const;

/** The time in which the goodbyes to all clients come, in ms. */
const TOGETHER = 100;

/** Tells if two times, in ms of the run's clock, are those of one goodbye to everybody. */
export const isAbout = (one: number, other: number): boolean => Math.abs(one - other) <= TOGETHER;

/** Returns when the server said goodbye to clients of a case of its own accord, in ms of the run's clock. */
export const goodbyesIn = (
  { connections }: Pick<CaseResult, "connections">,
  { protocol }: Pick<Session, "protocol">,
): number[] =>
  connections.flatMap(({ events }) =>
    events.filter((event) => event.from === "server" && isOwnGoodbye(json(event), protocol)).map(({ at }) => at),
  );

const isOwnGoodbye = (message: unknown, { isOwnGoodbye: is }: Session["protocol"]): boolean =>
  isObject(message) && is?.(message) === true;

/**
 * Returns the moments at which the server said goodbye to everybody, as one that restarts does. Its protocol allows that, and no case
 * can go on then.
 */
export function goodbyesToAll(
  hit: readonly Pick<CaseResult, "connections">[],
  session: Pick<Session, "protocol" | "results" | "breaches">,
): number[] {
  const all = [...new Set([...session.results.values(), ...session.breaches])];
  const moments: number[] = [];
  for (const at of hit.flatMap((it) => goodbyesIn(it, session)).toSorted((a, b) => a - b)) {
    if (moments.some((it) => isAbout(it, at))) continue;
    const open = all.flatMap(({ connections }) => connections).filter((it) => wasOpen(it, at));
    const told = open.filter((it) => goodbyesIn({ connections: [it] }, session).some((one) => isAbout(one, at)));
    if (told.length >= EVERYBODY.least && told.length >= EVERYBODY.part * open.length) moments.push(at);
  }
  return moments;
}

/** Tells if a connection was open just before a moment, in ms of the run's clock. */
function wasOpen({ events }: Pick<Transcript, "events">, at: number): boolean {
  const [first] = events;
  const end = events.find((event) => isServerEnd(event) || event.type === "close") ?? events.at(-1);
  return first !== undefined && first.at < at && (end?.at ?? at) >= at;
}

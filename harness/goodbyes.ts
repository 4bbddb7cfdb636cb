import { isBroken } from "./catalogue.ts";
import type { CaseResult } from "./execute.ts";
import type { Pass } from "./pass.ts";
import type { Protocol } from "./protocol.ts";
import { isObject, isServerEnd, json, type Transcript, type WireEvent } from "./transcript.ts";

/** The number of connections from which on a goodbye is one to everybody, and their part of all that gave no reason for one. */
const EVERYBODY = { least: 2, part: 0.5 } as const;

/** The time in which the goodbyes to all clients come, in ms. */
const TOGETHER = 100;

/** The goodbyes to everybody that one run takes for restarts. */
const RESTARTS = 5;

/** Tells if two times, in ms of the run's clock, are those of one goodbye to everybody. */
const isAbout = (one: number, other: number): boolean => Math.abs(one - other) <= TOGETHER;

/** Returns the goodbye that a server said to a client which gave no reason for it; nothing if it said none. */
function goodbyeIn({ events }: Pick<Transcript, "events">, { goodbye }: Protocol): WireEvent | undefined {
  const i = events.findIndex((event) => {
    const message = event.from === "server" ? json(event) : undefined;
    return isObject(message) && goodbye?.isOwn(message);
  });
  return i >= 0 && !givesReason(events.slice(0, i), goodbye) ? events[i] : undefined;
}

const givesReason = (events: readonly WireEvent[], goodbye: Protocol["goodbye"]): boolean =>
  events.some((event) => goodbye?.isReason(event));

/**
 * Returns the moments at which the server said goodbye to everybody, as one that restarts does, in ms of the run's clock: those of a
 * few cases that it hit, `known` ones first. Its protocol allows that. Pure.
 */
export function goodbyesToAll(
  hit: readonly Pick<CaseResult, "connections">[],
  all: readonly Pick<CaseResult, "connections">[],
  protocol: Protocol,
  known: readonly number[] = [],
): number[] {
  const connections = [...new Set(all.flatMap((it) => it.connections))];
  const moments = [...known];
  const times = hit.flatMap((it) => it.connections.flatMap((one) => goodbyeIn(one, protocol)?.at ?? []));
  for (const at of times.toSorted((a, b) => a - b)) {
    if (moments.length >= RESTARTS || moments.some((it) => isAbout(it, at))) continue;
    const quiet = connections.filter((it) => wasQuiet(it, at, protocol));
    const told = quiet.filter((it) => isAbout(goodbyeIn(it, protocol)?.at ?? Number.NaN, at));
    if (told.length >= EVERYBODY.least && told.length >= EVERYBODY.part * quiet.length) moments.push(at);
  }
  return moments;
}

/** Tells if a client was served just before a moment, was still there, and had given no reason for a goodbye. */
function wasQuiet({ events }: Pick<Transcript, "events">, at: number, { goodbye }: Protocol): boolean {
  const before = events.filter((event) => event.at < at);
  const isOver = before.some((event) => isServerEnd(event) || (event.from === "client" && event.type === "close"));
  const lasts = (events.at(-1)?.at ?? 0) >= at;
  const isServed = before.some(({ from, type }) => from === "server" && type === "text");
  return isServed && lasts && !isOver && !givesReason(before, goodbye);
}

/** Tells if goodbyes to everybody explain all that is broken in a case: it shows that, or that others were ended. */
export function isByGoodbyes(
  it: CaseResult,
  moments: readonly number[],
  { protocol }: Pick<Pass, "protocol">,
): boolean {
  const goodbyes = it.connections.map((one) => goodbyeIn(one, protocol));
  const isTold = goodbyes.some((event) => event && moments.some((at) => isAbout(at, event.at)));
  const survival = protocol.survivalOf(it.case);
  const shows = ({ evidence }: CaseResult["checks"][number]): boolean => {
    const event = evidence && goodbyes[evidence.connection];
    const events = evidence ? it.connections[evidence.connection]?.events : undefined;
    return event !== undefined && evidence?.events.some((i) => (events?.[i]?.at ?? 0) >= event.at) === true;
  };
  return isTold && it.checks.filter(isBroken).every((check) => check.requirement === survival || shows(check));
}

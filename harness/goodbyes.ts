import { isBroken } from "./catalogue.ts";
import { showing } from "./evidence.ts";
import type { CaseResult } from "./execute.ts";
import type { Pass } from "./pass.ts";
import type { Protocol } from "./protocol.ts";
import { isObject, isServerEnd, json, type Message, type Transcript, type WireEvent } from "./transcript.ts";

/**
 * A goodbye is one to everybody if at least so many connections got it, and this part of all that gave no reason for one. If hardly anybody
 * was there who gave none, so `many` have to get it, and this part of all who were there.
 */
const EVERYBODY = { least: 2, many: 4, part: 0.5 } as const;

/**
 * It is also one to all clients of one worker, of which a server may have several, if it came to so many that gave no reason, and to this part
 * of them, within so many ms.
 */
const OF_WORKER = { least: 4, part: 0.15, within: 20 } as const;

/** The time in which the goodbyes to all clients come, in ms. */
const GOODBYES_WITHIN = 100;

/** The goodbyes to everybody that one run takes for restarts. */
const RESTARTS = 5;

/** Tells if two times, in ms of the run's clock, are those of one goodbye to everybody. */
const isAbout = (one: number, other: number, ms: number = GOODBYES_WITHIN): boolean => Math.abs(one - other) <= ms;

/** Tells if an event is a goodbye that the server may say of its own accord. */
export const isOwnGoodbye = (event: WireEvent, { goodbye }: Pick<Protocol, "goodbye">): boolean =>
  says(event, (message) => goodbye?.isOwn(message));

/** Returns the first goodbye of its own that a server said to a client; nothing if it said none. */
const ownGoodbye = ({ events }: Pick<Transcript, "events">, protocol: Protocol): WireEvent | undefined =>
  events.find((event) => isOwnGoodbye(event, protocol));

/** Tells if an event is a message of the server of some kind. */
function says(event: WireEvent, isKind: (message: Message) => boolean | undefined): boolean {
  const message = event.from === "server" ? json(event) : undefined;
  return isObject(message) && isKind(message) === true;
}

/** Returns that goodbye if the client gave no reason for it. */
function goodbyeIn(transcript: Pick<Transcript, "events">, protocol: Protocol): WireEvent | undefined {
  const { events } = transcript;
  const event = ownGoodbye(transcript, protocol);
  return event && !givesReason(events.slice(0, events.indexOf(event)), protocol.goodbye) ? event : undefined;
}

const givesReason = (events: readonly WireEvent[], goodbye: Protocol["goodbye"]): boolean =>
  events.some((event) => goodbye?.isReason(event));

/** Returns the connections of all these cases, once each. */
const connectionsOf = (all: readonly Pick<CaseResult, "connections">[]): readonly Transcript[] => [
  ...new Set(all.flatMap((it) => it.connections)),
];

/** Returns when the server said a goodbye of its own, in ms of the run's clock, the first first. */
const timesOf = (connections: readonly Transcript[], protocol: Protocol): readonly number[] =>
  connections.flatMap((one) => ownGoodbye(one, protocol)?.at ?? []).toSorted((a, b) => a - b);

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
  const connections = connectionsOf(all);
  const moments = [...known];
  for (const at of timesOf(connectionsOf(hit), protocol)) {
    if (moments.length >= RESTARTS || moments.some((it) => isAbout(it, at))) continue;
    if (isToEverybody(at, connections, protocol)) moments.push(at);
  }
  return moments;
}

/**
 * Tells if a goodbye at a time, in ms of the run's clock, was one to everybody. At least one client got it that gave no reason for one. If
 * the server `fell` then, few have to get it.
 */
function isToEverybody(at: number, connections: readonly Transcript[], protocol: Protocol, fell = false): boolean {
  const there = connections.filter((it) => wasThere(it, at, protocol));
  const gaveNone = ({ events }: Transcript) =>
    !givesReason(
      events.filter((event) => event.at < at),
      protocol.goodbye,
    );
  const heard = (some: readonly Transcript[], ms?: number) =>
    some.filter((it) => isAbout(ownGoodbye(it, protocol)?.at ?? Number.NaN, at, ms)).length;
  const quiet = there.filter(gaveNone);
  const isMost = (some: readonly Transcript[], least: number) =>
    heard(some) >= Math.max(least, EVERYBODY.part * some.length);
  if (heard(quiet) === 0) return false;
  if (fell) return isMost(there, 1);
  if (heard(quiet, OF_WORKER.within) >= Math.max(OF_WORKER.least, OF_WORKER.part * quiet.length)) return true;
  return quiet.length < EVERYBODY.least ? isMost(there, EVERYBODY.many) : isMost(quiet, EVERYBODY.least);
}

/** The longest time from a goodbye to everybody to the end of a server that restarts, in ms. */
const GOODBYE_BEFORE_RESTART = 1_000;

/** Returns the moment of a goodbye to everybody just before the server fell, in ms of the run's clock; nothing if there was none. Pure. */
export function goodbyeBefore(
  { from, to }: { readonly from: number; readonly to: number },
  all: readonly Pick<CaseResult, "connections">[],
  protocol: Protocol,
): number | undefined {
  const connections = connectionsOf(all);
  return timesOf(connections, protocol)
    .filter((at) => at >= from - GOODBYE_BEFORE_RESTART && at <= to)
    .find((at) => isToEverybody(at, connections, protocol, true));
}

/** Tells if a client was served just before a moment, was still there, and had heard no goodbye. */
function wasThere({ events }: Pick<Transcript, "events">, at: number, { goodbye }: Protocol): boolean {
  const before = events.filter((event) => event.at < at);
  const isGoodbye = (event: WireEvent) => says(event, (message) => goodbye?.isAny(message));
  const isOver = before.some(
    (event) => isServerEnd(event) || isGoodbye(event) || (event.from === "client" && event.type === "close"),
  );
  const lasts = (events.at(-1)?.at ?? 0) >= at;
  const isServed = before.some(({ from, type }) => from === "server" && type === "text");
  return isServed && lasts && !isOver;
}

/**
 * Tells if goodbyes to everybody at these moments explain all that is broken in a case: it shows that, or that others were ended. A client
 * that gave a reason for a goodbye gets the one to everybody, too.
 */
export function isByGoodbyes(it: CaseResult, moments: readonly number[], protocol: Protocol): boolean {
  const goodbyes = it.connections.map((one) => goodbyeIn(one, protocol)?.at ?? Number.POSITIVE_INFINITY);
  const isAtOne = (at: number) => moments.some((moment) => isAbout(moment, at));
  const shows = ({ evidence }: CaseResult["checks"][number]): boolean => {
    const goodbye = goodbyes[evidence?.connection ?? 0] ?? 0;
    return showing(evidence, it.connections).some(({ at }) => at >= goodbye || isAtOne(at));
  };
  const survival = protocol.survivalOf(it.case);
  const heardGoodbye = it.connections.some((one) => isAtOne(ownGoodbye(one, protocol)?.at ?? Number.NaN));
  return heardGoodbye && it.checks.filter(isBroken).every((check) => check.requirement === survival || shows(check));
}

/** Returns the moments at which the server said goodbye to everybody: those that the run tells of, and those of cases that were hit. */
export function goodbyesAmong(
  hit: readonly CaseResult[],
  { results, breaches, protocol, standstills }: Pass,
): number[] {
  const known = [...standstills.told].flatMap(({ at, goodbye }) => (goodbye ? at : []));
  return goodbyesToAll(hit, [...results.values(), ...breaches], protocol, known);
}

/** Makes the run tell of those goodbyes to everybody that explain one of these cases, once each. */
export function tellGoodbyes(
  hit: readonly CaseResult[],
  moments: readonly number[],
  { protocol, standstills: { told } }: Pass,
): void {
  const explains = (at: number) => hit.some((it) => isByGoodbyes(it, [at], protocol));
  const isKnown = (at: number) => [...told].some((it) => it.goodbye && it.at === at);
  for (const at of moments) if (!isKnown(at) && explains(at)) told.add({ at, ms: 0, goodbye: true });
}

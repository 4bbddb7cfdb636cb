import { keptIndex } from "./kept.ts";
import type { Finding } from "./rule.ts";
import { isObject, json, originOf, type Transcript, type WireEvent } from "./transcript.ts";

/** Shows what a check found: a connection of the case and events on it, both counted from 0 as a report holds them. */
export interface Evidence {
  readonly connection: number;
  readonly events: readonly number[];
  /** The names of the properties that lead to what is wrong in the last of these. */
  readonly path?: readonly string[];
}

type Places = readonly Pick<Transcript, "events">[];

/** Returns the events that show a check, in the transcripts of its case. */
export const showing = (evidence: Evidence | undefined, transcripts: Places = []): readonly WireEvent[] => {
  const { connection = 0, events = [] } = evidence ?? {};
  return events.flatMap((i) => transcripts[connection]?.events[i] ?? []);
};

/** Tells if a message shows a check. */
export const isShownByMessage = (evidence: Evidence | undefined, transcripts?: Places): boolean =>
  showing(evidence, transcripts).some(({ type }) => type === "text");

/** Returns the HTTP status that gives no WebSocket and shows a check; nothing where another event does. */
export const refusalThatShows = (evidence: Evidence | undefined, transcripts?: Places): number | undefined =>
  showing(evidence, transcripts)
    .flatMap((it) => (it.from === "server" && it.type === "upgrade" && it.code !== 101 ? (it.code ?? []) : []))
    .at(0);

/** Events, or an observed value, that show a check. */
export type Shown =
  | (Pick<Finding, "path"> & { readonly events: readonly WireEvent[] })
  | { readonly observed: unknown };

/** Finds the events that show a check in the transcripts of a case. */
export function evidenceOf(shown: Shown, transcripts: readonly Transcript[]): Evidence | undefined {
  if ("events" in shown) {
    const found = placed(shown.events, transcripts);
    return found && { ...found, ...(shown.path && { path: shown.path }) };
  }
  const source = sourceIn(shown.observed, transcripts);
  return source && placed([source], transcripts);
}

/** Levels of a message that are looked through for a value. */
const LEVELS_SEARCHED = 4;

/** Finds events in the transcripts of a case, as they are kept of it; nothing where none of them is. */
export function placed(events: readonly WireEvent[], transcripts: readonly Transcript[]): Evidence | undefined {
  const wanted = new Set(events);
  for (const [connection, { events: all }] of transcripts.entries()) {
    const indexes = all.flatMap((event, i) => (wanted.has(event) ? (keptIndex(i, all.length) ?? []) : []));
    if (indexes.length > 0) return { connection, events: indexes };
  }
  return undefined;
}

/** Finds the event that a value was read from: itself, or a message that holds it. */
export function sourceIn(observed: unknown, transcripts: readonly Transcript[]): WireEvent | undefined {
  const origin = originOf(observed);
  if (origin) return origin;
  if (typeof observed !== "string" && (typeof observed !== "object" || observed === null)) return undefined;
  const sources = transcripts.flatMap(({ events }) => {
    const first = events.find((event) => event.from === "server" && holds(json(event), observed, LEVELS_SEARCHED));
    return first ? [first] : [];
  });
  // The same text on several connections does not tell which one was meant.
  return sources.length === 1 ? sources[0] : undefined;
}

const holds = (value: unknown, wanted: unknown, depth: number): boolean =>
  value === wanted ||
  (depth > 0 &&
    (Array.isArray(value) || isObject(value)) &&
    Object.values(value).some((inner) => holds(inner, wanted, depth - 1)));

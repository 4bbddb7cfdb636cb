import type { Violation } from "../../harness/schema.ts";
import type { WireEvent } from "../../harness/transcript.ts";
import type { ReportConnection } from "../report.ts";
import { isTrouble } from "../wrong-event.ts";

/** An error of a message by its schema, or another mistake of a client, as the page shows it. */
export type SchemaError = Pick<Violation, "path" | "says"> & {
  /** It is a mistake of a client. */
  readonly by?: "client";
};

/** An event of the page, with the schema errors of its message. */
export type PageEvent = WireEvent & { readonly wrong?: readonly SchemaError[] };

/** A connection of the page, and its number in the case, from 1. */
export type PageConnection = Omit<ReportConnection, "events"> & {
  readonly number: number;
  readonly events: readonly PageEvent[];
};

/** Tells if something went wrong here, or if a message breaks its schema. */
export const isTroubled = (event: PageEvent): boolean => isTrouble(event) || event.wrong !== undefined;

/** Tells if something went wrong on a connection. */
export const hasTrouble = ({ events }: PageConnection): boolean => events.some(isTroubled);

/** Places in a list that are shown; the numbers between them are not. */
export type Places = readonly number[];

/** The events that are shown at first: some at both ends, and those around the wrong ones. */
export function folded(events: readonly PageEvent[], most: number): Places {
  const places = events.map((_, i) => i);
  if (events.length <= most) return places;
  const end = Math.floor(most / 3);
  const near = new Set(
    events.flatMap((event, i) => (isTroubled(event) ? [i - 2, i - 1, i, i + 1] : [])).slice(0, 2 * most),
  );
  return places.filter((i) => i < end || i >= events.length - end || near.has(i));
}

/** The number of events shown before and behind the wrong one. */
const SHOWN_AROUND_WRONG = { before: 4, behind: 2 } as const;

/** The first of so many events, the last, and those around the one that shows what is wrong. No gap hides a single one. */
export function around(spot: number, total: number): Places {
  const places = Array.from({ length: total }, (_, i) => i);
  const near = (i: number) =>
    i === 0 || i === total - 1 || (i >= spot - SHOWN_AROUND_WRONG.before && i <= spot + SHOWN_AROUND_WRONG.behind);
  return places.filter((i) => near(i) || (near(i - 1) && near(i + 1)));
}

/** The numbers of events that are left out before each place, and after the last. */
export const gaps = (places: Places, total: number): readonly number[] =>
  [...places, total].map((place, i) => place - (places[i - 1] ?? -1) - 1);

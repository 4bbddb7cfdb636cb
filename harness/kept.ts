import type { Secrets } from "./secrets.ts";
import type { Transcript, WireEvent } from "./transcript.ts";
import { plural, upTo } from "./words.ts";

/**
 * The bounds of a transcript once it is judged: characters of a text, events at each end, characters of all texts
 * before the others are cut much shorter.
 */
export const MOST_KEPT = { text: 2_000, events: 60, all: 8_000, short: 200 } as const;

/** A transcript without secrets. They are taken out before texts are cut: of one that is cut in two a part would be left. */
export const redacted = (transcript: Transcript, redact: Secrets["redact"]): Transcript => ({
  ...transcript,
  url: redact(transcript.url),
  events: transcript.events.map((event) => {
    if (!("data" in event)) return event;
    const data = redact(event.data);
    return data === event.data ? event : { ...event, data };
  }),
});

/** A copy of a transcript as it is kept until the end of the run, and reported: without what would fill the memory. */
export function keep({ events, ...rest }: Transcript): Transcript {
  const [head, tail] = [events.slice(0, MOST_KEPT.events), events.slice(-MOST_KEPT.events)];
  const left = events.length - 2 * MOST_KEPT.events;
  const at = tail[0]?.at ?? 0;
  const kept: readonly WireEvent[] =
    left > 0
      ? [...head, { at, from: "client", type: "cut", data: `${plural(left, "event")} left out` }, ...tail]
      : events;
  let room: number = MOST_KEPT.all;
  const shorter = (event: WireEvent): WireEvent => {
    if (!("data" in event)) return event;
    const short = shorten(event, Math.min(MOST_KEPT.text, Math.max(MOST_KEPT.short, room)));
    room -= short.data.length;
    return short;
  };
  return { ...rest, events: kept.map(shorter) };
}

/** Returns the index of an event after `keep` has cut a list of `of` events; `undefined` if it was cut. */
export function keptIndex(index: number, of: number): number | undefined {
  const left = of - 2 * MOST_KEPT.events;
  if (left <= 0 || index < MOST_KEPT.events) return index;
  return index < of - MOST_KEPT.events ? undefined : index - left + 1;
}

/** Cuts a text that is longer than so many characters; then it ends with how long it was. */
export const cut = (text: string, most: number = MOST_KEPT.text): string =>
  text.length <= most ? text : `${part(text, most)}${mark(text.length)}`;

/** Cuts the text of an event, and notes how long it was before it was ever cut. */
export function shorten<E extends { readonly data: string; readonly length?: number }>(
  event: E,
  most: number = MOST_KEPT.text,
): E {
  const text = keptText(event);
  if (text.length <= most) return event;
  const length = event.length ?? text.length;
  return { ...event, data: `${part(text, most)}${mark(length)}`, length };
}

/** The text of an event, without the words at its end where it is cut. */
export const keptText = ({ data, length }: { readonly data: string; readonly length?: number }): string =>
  length === undefined ? data : data.slice(0, -mark(length).length);

const mark = (length: number) => `… [cut: ${length} characters in all]`;

/** The beginning of a text, as a copy: a part of a text would keep all of it in memory. */
const part = (text: string, length: number) => Buffer.from(upTo(text, length), "utf16le").toString("utf16le");

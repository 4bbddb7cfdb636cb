import type { WireEvent } from "../harness/transcript.ts";
import type { ReportEvent } from "./report.ts";

/** What a report holds at most: characters of a text, events of a connection. */
const TEXT = 2_000;
const EVENTS = 200;

/** A text, cut where it is long; then it says so. */
export function cutText(text: string): string {
  if (text.length <= TEXT) return text;
  return `${text.slice(0, TEXT)}… [cut: ${text.length} characters in all]`;
}

/** The events of a connection; of many, the first and the last, and between them one that says how many were left out. */
export function cutEvents(events: readonly WireEvent[]): ReportEvent[] {
  if (events.length <= EVENTS) return [...events];
  const [head, tail] = [events.slice(0, EVENTS / 2), events.slice(-EVENTS / 2)];
  const at = tail[0]?.at ?? 0;
  return [...head, { at, from: "client", type: "cut", data: `${events.length - EVENTS} events left out` }, ...tail];
}

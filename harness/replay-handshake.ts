import { isDeepStrictEqual } from "node:util";
import type { Connection } from "./connection.ts";
import type { Track } from "./replay-tape.ts";
import type { Transcript } from "./transcript.ts";
import { type Handshake, NO_ANSWER } from "./upgrade.ts";

/** Tells if a handshake got as far as the case waits for. */
export const isAnswered = ({ transcript: { events } }: Track, half: boolean): boolean =>
  events.some(({ from, type }) => type === "upgrade" && from === (half ? "client" : "server"));

/** Counts the events with which a client asks for a WebSocket; nothing where they are not those of such a handshake. */
export function begunBy(
  { url, events: [first, second] }: Transcript,
  { ask, violation }: Handshake = {},
): number | undefined {
  if (first?.from !== "client" || first.type !== "upgrade" || (first.odd ?? false) !== (ask !== undefined))
    return undefined;
  if (!ask && !isRequestFor(new URL(url), first.data)) return undefined;
  if (violation === undefined) return 1;
  const owed = { at: second?.at, from: "client", type: "violation", data: violation };
  return isDeepStrictEqual(second, owed) ? 2 : undefined;
}

/** Tells if a head asks for a url. Of some, only half is sent. */
function isRequestFor({ pathname, search }: URL, head: string): boolean {
  const line = `GET ${pathname}${search} HTTP/1.1\n`;
  return head.startsWith(line) || line.startsWith(head);
}

/** Tells how the handshake went. */
export function stateOf({ events }: Transcript): Pick<Connection, "opened" | "failure"> {
  const response = events.find(({ from, type }) => from === "server" && type === "upgrade");
  const error = events.find(({ from, type }) => from === "server" && (type === "error" || type === "violation"));
  const isWrong = error?.type === "error" && error.handshake;
  if (response?.type === "upgrade" && response.code !== 101) return { opened: false, failure: `HTTP ${response.code}` };
  if (response && !isWrong) return { opened: true, failure: undefined };
  const failure = error && "failure" in error ? error.failure : undefined;
  return { opened: false, failure: failure ?? (events.some(({ type }) => type === "timeout") ? NO_ANSWER : undefined) };
}

import type { Connection } from "../../harness/connection.ts";
import { ending } from "../../harness/ending.ts";
import { NO_ANSWER, wordsOfFailure } from "../../harness/failure.ts";
import type { Nothing } from "../../harness/nothing.ts";
import { readFrom } from "../../harness/transcript.ts";
import { type Head, responseOf } from "../../harness/upgrade.ts";

/** A change of the request for a WebSocket. */
export type Ask = (head: Head) => Head;

/** A request without these headers, whose names are in lower case. */
export const without = (head: Head, ...names: string[]): Head => ({
  ...head,
  headers: head.headers.filter(([name]) => !names.includes(name.toLowerCase())),
});

/** A request with a header that has this value, and no other of its name. */
export const setting = (head: Head, name: string, value: string): Head => {
  const rest = without(head, name.toLowerCase());
  return { ...rest, headers: [...rest.headers, [name, value]] };
};

/** The value of a header, as its name is written; empty where there is none. */
export const fieldOf = (head: Head, wanted: string): string =>
  head.headers.find(([name]) => name === wanted)?.[1] ?? "";

/** The same request in mere HTTP: it asks for no WebSocket. */
export const asHttp = (head: Head) =>
  without(head, "connection", "upgrade", "sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions");

/** Changes the request target. */
export const targeting =
  (change: (target: string, host: string) => string): Ask =>
  (head) => ({ ...head, target: change(head.target, fieldOf(head, "Host")) });

/** The outcome of a handshake: the status of the answer, or why there is none. */
export const outcome = ({ transcript, failure }: Connection): string => {
  const response = responseOf(transcript);
  if (response) return `HTTP ${response.status}`;
  if (failure?.code === NO_ANSWER) return wordsOfFailure(failure);
  return `the end of the TCP connection (${failure && wordsOfFailure(failure)})`;
};

/** The outcome of a handshake that needs an answer; the wait in vain if nobody answers. */
export const answered = (connection: Connection): string | Nothing =>
  connection.failure?.code === NO_ANSWER ? ending(connection.transcript.events) : outcome(connection);

/** The outcome of a handshake that gives no WebSocket, whatever the answer is. */
export const NO_101 = { title: "no 101", not: { const: "HTTP 101" } } as const;

/** Stands for the answer to a handshake as the evidence of a check, if a case has further connections. */
export const answerTo = ({ transcript }: Connection): object =>
  readFrom(
    transcript.events.find(({ from, type }) => from === "server" && type === "upgrade"),
    {},
  );

/** The value of a header of the answer, `none` where there is none; where there is no answer, what became of it. */
export const header = (connection: Connection, name: string): string | Nothing => {
  const response = responseOf(connection.transcript);
  return response ? (response.headers.get(name) ?? "none") : answered(connection);
};

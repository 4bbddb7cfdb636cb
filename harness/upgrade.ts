import { createHash } from "node:crypto";
import { once } from "node:events";
import type { ClientRequest, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { BOUNDS } from "./bounds.ts";
import { bytewise } from "./frame.ts";
import type { Recorder } from "./recorder.ts";
import { inSegments } from "./tcp.ts";
import type { Side, Transcript } from "./transcript.ts";

/** The head of an HTTP request that asks for a WebSocket, and a body that may follow it. */
export interface Head {
  readonly method: string;
  /** The request target, as it stands in the first line. */
  readonly target: string;
  /** `HTTP/1.1`. */
  readonly protocol: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
}

/** The handshake that a case wants, if it is not that of any client. */
export interface Handshake {
  /** Replaces the request. */
  readonly ask?: (head: Head) => Head;
  /** Says which part of it breaks RFC 6455. */
  readonly violation?: string;
  /** Each byte in a TCP segment of its own. */
  readonly bytewise?: boolean;
  /** Only half of it is sent, or none of it, and no answer awaited. */
  readonly half?: boolean | "none";
  /** Reads what follows the head of an answer that gives no WebSocket. */
  readonly body?: boolean;
  /** Offers permessage-deflate, and compresses where it is accepted. */
  readonly deflate?: boolean;
}

/** Sends the request for a WebSocket: as `ws` prepared it, or as a case wants it. */
export async function ask(request: ClientRequest, log: Recorder, handshake: Handshake | undefined): Promise<void> {
  const prepared = headOf(request);
  const whole = requestText(handshake?.ask?.(prepared) ?? prepared);
  const text = handshake?.half ? whole.slice(0, handshake.half === "none" ? 0 : whole.length / 2) : whole;
  const odd = handshake?.ask ? { odd: true as const } : {};
  const shown = handshake?.half ? withoutHalfValue(text) : text;
  log.record({ from: "client", type: "upgrade", data: shown.trimEnd().replaceAll("\r\n", "\n"), ...odd });
  if (handshake?.violation) log.record({ from: "client", type: "violation", data: handshake.violation });
  let interim = 0;
  request.on("information", () => {
    interim += 1;
    if (interim > BOUNDS.interim)
      request.destroy(new Error(`more than ${BOUNDS.interim} interim responses (HTTP 1xx)`));
  });
  const byCase = handshake?.ask ?? handshake?.bytewise ?? handshake?.half;
  if (byCase === undefined) return void request.end();
  const [tcp] = (await once(request, "socket")) as [Socket];
  tcp.setNoDelay();
  const bytes = Buffer.from(text, "latin1");
  await inSegments(tcp, handshake?.bytewise ? bytewise(bytes) : [bytes]);
}

/** Half a request. It lacks the value that is cut in two, since half a secret would not be found and taken out. */
const withoutHalfValue = (half: string): string => half.replace(/(\r\n[^:\r\n]+:) [^\r\n]+$/, "$1");

/** The head of a request that is not sent yet. */
function headOf(request: ClientRequest): Head {
  const names = request.getRawHeaderNames();
  return {
    method: request.method,
    target: request.path,
    protocol: "HTTP/1.1",
    headers: names.map((name) => [name, String(request.getHeader(name))]),
  };
}

/** A request as it stands on the wire. */
export function requestText({ method, target, protocol, headers, body = "" }: Head): string {
  return `${headLines(`${method} ${target} ${protocol}`, headers).join("\r\n")}\r\n\r\n${body}`;
}

/** The status and headers (names in lower case) of the response to a handshake, and its body if that was read. */
export interface Response {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** The head and the body of a message as they stand in a transcript. */
const parts = (text: string): [head: string, body: string] => {
  const end = text.indexOf("\n\n");
  return end < 0 ? [text, ""] : [text.slice(0, end), text.slice(end + 2)];
};

/** Returns what one side sent as its part of the handshake of a connection, if it did. */
const upgradeOf = ({ events }: Pick<Transcript, "events">, side: Side) =>
  events.flatMap((event) => (event.type === "upgrade" && event.from === side ? event : []))[0];

/** Returns the server's answer to the handshake of a connection, if there was one. */
export function responseOf(transcript: Transcript): Response | undefined {
  const event = upgradeOf(transcript, "server");
  return event && { status: event.code ?? 0, headers: fieldsOf(event.data), body: parts(event.data)[1] };
}

const headerBy =
  (side: Side) =>
  (transcript: Pick<Transcript, "events">, name: string): string | undefined => {
    const event = upgradeOf(transcript, side);
    return event && fieldsOf(event.data).get(name);
  };

/** The value of a header that the suite sent in its handshake. */
export const askedWith = headerBy("client");

/** The value of a header that the target sent in its: a server in its answer, a client in its request. */
export const cameWith = headerBy("server");

/** The names in a header that lists some, without their parameters. */
const namesIn = (list = ""): string[] => list.split(",").flatMap((it) => it.split(";", 1)[0]?.trim() || []);

/** Returns the first name that a server selected in a header, if it selected only what the client offered there, and no more than it may. */
export function selectedIn(transcript: Pick<Transcript, "events">, header: string, most: number): string | undefined {
  const offered = namesIn(askedWith(transcript, header));
  const selected = namesIn(cameWith(transcript, header));
  return selected.length <= most && selected.every((name) => offered.includes(name)) ? selected[0] : undefined;
}

/** The headers in a head, by their names in lower case; of one that stands there more than once all values, as in one list. */
function fieldsOf(text: string): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of parts(text)[0].split("\n").slice(1)) {
    const name = line.split(":", 1)[0]?.toLowerCase() ?? "";
    const value = line.slice(line.indexOf(":") + 1).trim();
    headers.set(name, [headers.get(name), value].filter((it) => it !== undefined).join(", "));
  }
  return headers;
}

/** The head of a response, a line each, and its body if that was read. */
export function responseText(
  { httpVersion, statusCode, statusMessage, rawHeaders }: IncomingMessage,
  body?: string,
): string {
  const more = body === undefined ? [] : ["", body];
  const first = `HTTP/${httpVersion} ${statusCode} ${statusMessage}`;
  return [...headLines(first, headerPairs(rawHeaders)), ...more].join("\n");
}

/** The names and values of headers as Node.js has them, in pairs. */
export const headerPairs = (rawHeaders: readonly string[]): [name: string, value: string][] =>
  rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [[name, rawHeaders[i + 1] ?? ""]] : []));

/** The lines of a head, without their ends. */
export const headLines = (first: string, headers: Head["headers"]): string[] => [
  first,
  ...headers.map(([name, value]) => `${name}: ${value}`),
];

/** The text that a server hashes behind the key of the client (RFC 6455, 1.3). */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** The `Sec-WebSocket-Accept` that answers a key. */
export const acceptFor = (key: string | undefined): string =>
  createHash("sha1").update(`${key}${GUID}`).digest("base64");

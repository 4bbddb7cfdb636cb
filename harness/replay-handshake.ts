import { isDeepStrictEqual } from "node:util";
import type { Connection } from "./connection.ts";
import { errorFailure, httpFailure, NO_ANSWER } from "./failure.ts";
import type { Protocol } from "./protocol.ts";
import type { Track } from "./replay-tape.ts";
import type { ConnectOptions } from "./scenario.ts";
import { CREDENTIALS } from "./target.ts";
import type { Transcript } from "./transcript.ts";
import { type Head, requestText } from "./upgrade.ts";

/** The means to tell how a client of a run asks for a WebSocket. */
export interface Asking extends Pick<Protocol, "subprotocols"> {
  /** The headers that clients of the run came with, beside those of any WebSocket. */
  readonly headers: Head["headers"];
  readonly redact: (text: string) => string;
}

/** Tells if a handshake got as far as the case waits for. */
export const isAnswered = ({ transcript: { events } }: Track, half: boolean): boolean =>
  events.some(({ from, type }) => type === "upgrade" && from === (half ? "client" : "server"));

/** Counts the events with which a client asks for a WebSocket; nothing where they are not those of such a handshake. */
export function begunBy(recorded: Transcript, options: ConnectOptions, asking: Asking): number | undefined {
  const [first, second] = recorded.events;
  const { ask, violation } = options.handshake ?? {};
  if (first?.from !== "client" || first.type !== "upgrade" || (first.odd ?? false) !== (ask !== undefined))
    return undefined;
  const isKnown = asking.headers.some(([name]) => CREDENTIALS.test(name));
  if (options.anonymous ? !recorded.anonymous : recorded.anonymous && isKnown) return undefined;
  if (!isRequest(first.data, recorded.url, options, asking)) return undefined;
  if (violation === undefined) return 1;
  const owed = { at: second?.at, from: "client", type: "violation", data: violation };
  return isDeepStrictEqual(second, owed) ? 2 : undefined;
}

/** Tells if a text is the request that a client makes. Of some, only half is sent. */
function isRequest(text: string, url: string, { anonymous, handshake = {} }: ConnectOptions, asking: Asking): boolean {
  const { ask = (head) => head, half, deflate } = handshake;
  const { pathname, search, host } = new URL(url);
  const [, key = ""] = /^sec-websocket-key:\s*([A-Za-z\d+/]{21}[AQgw]==)\s*$/im.exec(text) ?? [];
  const usual: Head["headers"] = [
    ...(anonymous ? openIn(asking.headers, text) : asking.headers),
    [VERSION, "13"],
    ["Sec-WebSocket-Key", key],
    ["Connection", "Upgrade"],
    ["Upgrade", "websocket"],
    ...(deflate ? ([["Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"]] as const) : []),
    ...asking.subprotocols.slice(0, 1).map(() => ["Sec-WebSocket-Protocol", asking.subprotocols.join(",")] as const),
    ...(asking.headers.some(([name]) => /^host$/i.test(name)) ? [] : ([["Host", host]] as const)),
  ];
  const head = ask({ method: "GET", target: `${pathname}${search}`, protocol: "HTTP/1.1", headers: usual });
  const owed = comparable(asking.redact(requestText(head).trimEnd().replaceAll("\r\n", "\n")));
  return half ? owed.startsWith(text) : owed === comparable(text);
}

/** The headers of a client that comes without credentials: those of them that stand in its request. */
const openIn = (headers: Head["headers"], text: string): Head["headers"] =>
  headers.filter(([name, value]) => !CREDENTIALS.test(name) && text.includes(`\n${name}: ${value}`));

const REDACTED = "[redacted]";

/** A request with each secret in one spelling, and without the length of a body that holds some: nobody knows it. */
function comparable(request: string): string {
  const text = request.replaceAll(encodeURIComponent(REDACTED), REDACTED);
  const [, body = ""] = text.split("\n\n");
  return body.includes(REDACTED) ? text.replace(/^content-length: \d+$/im, "Content-Length: unknown") : text;
}

/** The headers that clients of a run came with, beside those of any WebSocket: the most of an ordinary request. */
export function headersIn(connections: readonly Pick<Transcript, "events">[]): Head["headers"] {
  const all = connections.flatMap(({ events: [first] }) =>
    first?.type === "upgrade" && first.length === undefined && !first.odd ? [headersBefore(first.data)] : [],
  );
  return all.reduce((most, it) => (it.length > most.length ? it : most), []);
}

/** The headers in a request before those of a WebSocket. */
function headersBefore(request: string): Head["headers"] {
  const lines = request.split("\n").slice(1);
  const own = lines.slice(0, Math.max(0, lines.indexOf(`${VERSION}: 13`)));
  return own.map((line) => [line.split(": ", 1)[0] ?? "", line.slice(line.indexOf(": ") + 2)]);
}

const VERSION = "Sec-WebSocket-Version";

/** Tells how the handshake went. */
export function stateOf({ events }: Transcript): Pick<Connection, "opened" | "failure"> {
  const response = events.find(({ from, type }) => from === "server" && type === "upgrade");
  const error = events.find(({ from, type }) => from === "server" && (type === "error" || type === "violation"));
  const isWrong = error?.type === "error" && error.handshake;
  if (response?.type === "upgrade" && response.code !== 101)
    return { opened: false, failure: httpFailure(response.code ?? 0) };
  if (response && !isWrong) return { opened: true, failure: undefined };
  const known = error && "failure" in error ? error.failure : undefined;
  if (known !== undefined) return { opened: false, failure: errorFailure(known) };
  return { opened: false, failure: events.some(({ type }) => type === "timeout") ? { code: NO_ANSWER } : undefined };
}

import { isObject, type Message, type Transcript, type WireEvent } from "../harness/transcript.ts";
import { UsageError } from "../harness/usage.ts";
import { show } from "../harness/words.ts";
import { clock, EPOCH, gap, type Sink } from "./recorded.ts";

/** Chooses among the connections of a file. */
export interface Choice {
  /** Tells if the user wants a connection, if the user says which. */
  readonly wants?: ((url: string) => boolean) | undefined;
  /** Tells if anything on a connection is of the protocol. */
  speaks(transcript: Transcript): boolean;
  /** A connection is left out, for it does not speak the protocol. */
  leaveOut(name: string): void;
}

/**
 * Reads the WebSockets of a HAR file as Chromium and Firefox save it: `_webSocketMessages` of an entry. It holds no end of a
 * connection. Throws a `UsageError` where it is none.
 */
export function har(name: string, content: unknown, sink: Sink, choice: Choice): void {
  const log = isObject(content) ? content.log : undefined;
  const entries = isObject(log) ? log.entries : undefined;
  if (!Array.isArray(entries)) throw new UsageError(`${name} is not a HAR file: log.entries is missing.`);
  for (const [i, entry] of entries.entries()) {
    if (!isObject(entry)) continue;
    const asked = isObject(entry.request) ? entry.request.url : undefined;
    const url = typeof asked === "string" ? asked : "";
    const events = eventsOf(entry, url, `${name}: log.entries[${i}]`);
    if (!events || !(choice.wants?.(url) ?? true)) continue;
    const isForeign = !choice.wants && !choice.speaks({ url, events });
    if (isForeign) choice.leaveOut(`entry ${i + 1} of ${name}${url === "" ? "" : ` (${url.split("?", 1)[0]})`}`);
    else for (const event of events) sink({ connection: `entry ${i + 1}`, url: url || undefined, event });
  }
}

/** Returns the events on the WebSocket of an entry, in order of time; nothing if it is none. */
function eventsOf(entry: Message, url: string, where: string): WireEvent[] | undefined {
  const { _webSocketMessages: messages = [], response } = entry;
  if (!Array.isArray(messages)) return undefined;
  const status = isObject(response) ? Number(response.status) : Number.NaN;
  if (messages.length === 0) {
    const isRefused = /^wss?:/i.test(url) && status > 0 && status !== 101;
    return isRefused
      ? [{ at: 0, from: "server", type: "upgrade", code: status, data: `HTTP/1.1 ${status}` }]
      : undefined;
  }
  const time = clock();
  return messages
    .map((message, j): WireEvent => {
      const at = `${where}._webSocketMessages[${j}]`;
      if (!isObject(message)) throw new UsageError(`${at} is not an object.`);
      return eventOf(message, time(milliseconds(message.time)) ?? 0, at);
    })
    .toSorted((a, b) => a.at - b.at);
}

const FROM: Readonly<Record<string, WireEvent["from"]>> = {
  send: "client",
  sent: "client",
  receive: "server",
  received: "server",
};

const OPCODES: Readonly<Record<number, "text" | "binary" | "close" | "ping" | "pong">> = {
  1: "text",
  2: "binary",
  8: "close",
  9: "ping",
  10: "pong",
};

function eventOf({ type, opcode, data, code }: Message, at: number, where: string): WireEvent {
  if (type === "error") return { at, from: "client", type: "error", data: String(data) };
  const from = FROM[String(type)];
  if (from === undefined) throw new UsageError(`${where}.type is ${show(type)}, neither "send" nor "receive".`);
  const kind = OPCODES[Number(opcode)];
  if (kind === undefined) return gap(from, at, `a frame of opcode ${show(opcode)}`);
  if (kind === "close")
    return { at, from, type: "close", data: "", ...(Number.isInteger(code) && { code: Number(code) }) };
  // Firefox leaves out what is long.
  return typeof data === "string" ? { at, from, type: kind, data } : gap(from, at, `a ${kind} without its content`);
}

/** Chromium and Firefox write seconds since 1970; others milliseconds. */
function milliseconds(time: unknown): number | undefined {
  if (typeof time !== "number" || time < 0) return undefined;
  return time > EPOCH ? time : time * 1000;
}

import { isObject, type Message, show, type WireEvent } from "../harness/transcript.ts";
import { UsageError } from "../harness/usage.ts";
import { clock, gap, type Sink } from "./recorded.ts";

/**
 * Reads the WebSockets of a HAR file as Chromium and Firefox save it: `_webSocketMessages` of an entry. It holds no end of a
 * connection. Throws a `UsageError` where it is none.
 */
export function har(name: string, content: unknown, sink: Sink): void {
  const log = isObject(content) ? content.log : undefined;
  const entries = isObject(log) ? log.entries : undefined;
  if (!Array.isArray(entries)) throw new UsageError(`${name} is not a HAR file: log.entries is missing.`);
  for (const [i, entry] of entries.entries()) {
    const messages = isObject(entry) ? entry._webSocketMessages : undefined;
    if (!Array.isArray(messages)) continue;
    const request = isObject(entry.request) ? entry.request : {};
    const url = typeof request.url === "string" ? request.url : undefined;
    const time = clock();
    for (const [j, message] of messages.entries()) {
      const where = `${name}: log.entries[${i}]._webSocketMessages[${j}]`;
      if (!isObject(message)) throw new UsageError(`${where} is not an object.`);
      const at = time(milliseconds(message.time)) ?? 0;
      sink({ connection: `entry ${i + 1}`, url, event: eventOf(message, at, where) });
    }
  }
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
  return time > 1e11 ? time : time * 1000;
}

import { randomUUID } from "node:crypto";
import { type RawData, WebSocket } from "ws";
import { answer, isObject, isText, type Json } from "./answer.ts";

/** A running autohost. */
interface Autohost {
  /** Ends it: it comes no more. */
  stop(): void;
}

/** All that an autohost decides, so that a fault can decide otherwise in one point. */
export interface Ways {
  readonly headers: Record<string, string>;
  readonly offers: string[];
  /** Sends a message; a text as it stands. */
  send(socket: WebSocket, message: Json | string): void;
  opened(socket: WebSocket, ways: Ways): void;
  request(socket: WebSocket, request: Json, ways: Ways): void;
  answer(request: Json): Json;
  event(socket: WebSocket, event: Json, ways: Ways): void;
  malformed(socket: WebSocket): void;
  binary(socket: WebSocket): void;
  /** The time until it comes again, in ms; nothing where it stays away. */
  again(code: number): number | undefined;
  readonly autoPong: boolean;
}

/** The status of an autohost without battles. */
export const STATUS = { maxBattles: 1, currentBattles: 0, availableEngines: ["2025.01.5"] };
/** The id of a battle. */
export const BATTLE = "75bfc493-2b9d-495d-a453-06722fdca2ea";
/** An event, as an autohost sends it. */
export const eventOf = (commandId: string, data: Json): Json => ({
  type: "event",
  messageId: randomUUID(),
  commandId,
  data,
});

/** The ways of an autohost that conforms. */
export const conforming: Ways = {
  headers: { Authorization: "Bearer autohost-token" },
  offers: ["v0.tachyon"],
  send: (socket, message) => socket.send(typeof message === "string" ? message : JSON.stringify(message)),
  opened: (socket, { send }) => send(socket, eventOf("autohost/status", STATUS)),
  request: (socket, request, { send, answer }) => send(socket, answer(request)),
  answer,
  event() {},
  malformed: (socket) => socket.close(1008, "no message"),
  binary: (socket) => socket.close(1003, "no text"),
  again: () => 5,
  autoPong: true,
};

/** Starts an autohost that comes to a server, and comes again. */
export function startAutohost(url: string, how: Partial<Ways> = {}): Autohost {
  const ways: Ways = { ...conforming, ...how };
  let timer: NodeJS.Timeout | undefined;
  let socket: WebSocket | undefined;
  const come = () => {
    const it = new WebSocket(url, ways.offers, {
      headers: ways.headers,
      autoPong: ways.autoPong,
      perMessageDeflate: false,
    });
    socket = it;
    it.on("open", () => ways.opened(it, ways));
    it.on("error", () => {});
    it.on("message", (data, isBinary) => (isBinary ? ways.binary(it) : take(it, data, ways)));
    it.on("close", (code) => {
      const ms = ways.again(code);
      if (socket === it && ms !== undefined) timer = setTimeout(come, ms);
    });
  };
  come();
  return {
    stop() {
      clearTimeout(timer);
      const it = socket;
      socket = undefined;
      it?.terminate();
    },
  };
}

function take(socket: WebSocket, data: RawData, ways: Ways): void {
  const message = read(data.toString());
  if (!message) ways.malformed(socket);
  else if (message.type === "request") ways.request(socket, message, ways);
  else if (message.type === "event") ways.event(socket, message, ways);
}

/** A message that has an envelope. */
function read(text: string): Json | undefined {
  try {
    const message: unknown = JSON.parse(text);
    const known = isObject(message) && ["request", "response", "event"].includes(String(message.type));
    return known && isText(message.messageId) && isText(message.commandId) ? message : undefined;
  } catch {
    return undefined;
  }
}

import { randomUUID } from "node:crypto";
import { WebSocket } from "ws";
import type { RunningClient } from "../../../harness/protocol.ts";
import { isObject, type Message, parse } from "../../../harness/transcript.ts";
import { ownWithAutohosts } from "../../../schemas/v0/autohost.ts";
import { POLICY, SUBPROTOCOL, UNIMPLEMENTED, violationsIn, wrongIn } from "../protocol.ts";
import { SUBSCRIBE } from "./talk.ts";

/** The time until it comes again, in ms. */
const COMES_AGAIN_AFTER = 20;

const STATUS = { maxBattles: 1, currentBattles: 0, availableEngines: ["2025.01.5"] };

const violations = violationsIn(ownWithAutohosts);

/** Starts an autohost that does what the protocol asks, and hosts no battle. It comes to a server, and again when that ends. */
export function startAutohost(url: string): RunningClient {
  let timer: NodeJS.Timeout | undefined;
  let socket: WebSocket | undefined;
  const come = () => {
    const mine = new WebSocket(url, SUBPROTOCOL, { headers: { Authorization: "Bearer autohost-token" } });
    socket = mine;
    const say = (message: Message) => mine.send(JSON.stringify(message));
    mine.on("error", () => {}); // It comes again.
    mine.on("open", () => say({ type: "event", messageId: randomUUID(), commandId: "autohost/status", data: STATUS }));
    mine.on("message", (data, isBinary) => {
      if (isBinary) return mine.close(1003, "no text");
      const message = parse(data.toString());
      const wrong = isObject(message) ? wrongIn(message) : "no JSON object";
      if (wrong !== undefined) return mine.close(POLICY, wrong);
      if (isObject(message) && message.type === "request") say(responseTo(message));
    });
    mine.on("close", () => {
      timer = setTimeout(come, COMES_AGAIN_AFTER);
    });
  };
  come();
  return {
    stop() {
      socket?.removeAllListeners("close");
      socket?.terminate();
      clearTimeout(timer);
    },
  };
}

/** The response to a request: there is no battle, and no engine. */
function responseTo(request: Message): Message {
  const { messageId, commandId } = request;
  const response = { type: "response", messageId, commandId };
  const failed = (reason: string) => ({ ...response, status: "failed", reason });
  const known = ownWithAutohosts.find("request", commandId);
  if (!known?.target.includes("autohost")) return failed(UNIMPLEMENTED);
  if (violations(request).length > 0) return failed("invalid_request");
  return commandId === SUBSCRIBE ? { ...response, status: "success" } : failed("internal_error");
}

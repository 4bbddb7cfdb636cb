import { WebSocket } from "ws";
import type { Recorder } from "./recorder.ts";

/**
 * Answers pings: of several only the latest (RFC 6455, 5.5.3), none in the middle of a frame that is being `written`, and none
 * once the server has said that it closes.
 */
export function answerer(socket: WebSocket, log: Recorder, written: () => Promise<void>): (data: Buffer) => void {
  let latest: Buffer | undefined;
  return (data) => {
    log.controlFrame("server", "ping", data);
    const answering = latest !== undefined;
    latest = data;
    if (answering) return;
    setImmediate(async () => {
      await written();
      const payload = latest;
      latest = undefined;
      if (payload === undefined || socket.readyState !== WebSocket.OPEN) return;
      socket.pong(payload);
      log.controlFrame("client", "pong", payload);
    });
  };
}

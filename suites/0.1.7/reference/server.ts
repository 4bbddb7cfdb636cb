import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import type { RunningServer } from "../../../harness/protocol.ts";
import { parity } from "./parity.ts";

/** How the reference server is started. Port 0 is any free one. */
export interface ServerOptions {
  readonly version: string;
  readonly host?: string;
  readonly port?: number;
}

/** The largest message that it reads, in bytes. */
const MAX_PAYLOAD = 16 << 20;

/** A Tachyon server that does what the protocol asks, and nothing else. */
export async function serve({ version, host = "127.0.0.1", port = 0 }: ServerOptions): Promise<RunningServer> {
  const server = new WebSocketServer({ host, port, maxPayload: MAX_PAYLOAD });

  server.on("connection", (socket, request) => {
    const query = new URLSearchParams(request.url?.split("?").slice(1).join("?"));
    const send = (message: object) => socket.send(JSON.stringify(message));
    const end = (outcome: object) => {
      send({ command: "system/disconnected/response", ...outcome });
      socket.close(1000);
    };

    socket.on("error", () => {}); // A client that breaks WebSocket: ws ends the connection by itself.
    socket.on("message", (data, isBinary) => {
      if (socket.readyState !== socket.OPEN) return;
      if (command(data, isBinary) === "system/disconnect/request") end({ status: "success" });
      else end({ status: "failed", reason: "invalid_command" });
    });

    send({
      command: "system/version/response",
      status: "success",
      data: { tachyonVersion: version, versionParity: parity(version, query.get("tachyonVersion")) },
    });
  });

  await once(server, "listening");
  const { address, family, port: bound } = server.address() as AddressInfo;
  return {
    url: `ws://${family === "IPv6" ? `[${address}]` : address}:${bound}`,
    close: () => close(server),
  };
}

/** The command that a message names; `undefined` where it is malformed. */
function command(data: RawData, isBinary: boolean): unknown {
  if (isBinary) return undefined;
  try {
    const message: unknown = JSON.parse(data.toString());
    return Array.isArray(message) ? undefined : Object(message).command;
  } catch {
    return undefined;
  }
}

async function close(server: WebSocketServer): Promise<void> {
  const closed = once(server, "close");
  server.close();
  for (const socket of server.clients as Set<WebSocket>) socket.terminate();
  await closed;
}

/** The types that the tests use of a package without types. */
declare module "faye-websocket" {
  import type { EventEmitter } from "node:events";
  import type { IncomingMessage } from "node:http";
  import type { Duplex } from "node:stream";

  export default class WebSocket extends EventEmitter {
    constructor(request: IncomingMessage, socket: Duplex, body: Buffer);
    static isWebSocket(request: IncomingMessage): boolean;
    send(data: string): boolean;
    close(code?: number, reason?: string): void;
  }
}

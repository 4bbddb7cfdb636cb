import { type ClientRequest, request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { request as secure } from "node:https";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { hostOf, portOf } from "../harness/place.ts";
import { pathAt, towards } from "./http-heads.ts";

/** A server, and how to reach it. */
export interface Reaching {
  readonly target: URL;
  /** The header of the user and password in the url that was given. */
  readonly basic?: string | undefined;
  readonly ca?: string | undefined;
  readonly insecure?: boolean;
}

/** The largest head that is read, in bytes. */
export const HEAD_BYTES = 64 << 10;

/** Makes the request of a client at the target. */
export function askTarget({ target, basic, ca, insecure = false }: Reaching, request: IncomingMessage): ClientRequest {
  const isSecure = target.protocol === "wss:";
  const how: RequestOptions & { ca?: string } = {
    host: hostOf(target),
    port: portOf(target),
    method: request.method,
    path: pathAt(target, request.url ?? "/"),
    // Flat, as Node.js has them: names keep their spelling and order.
    headers: towards(target, request, basic).flat() as never,
    setHost: false,
    maxHeaderSize: HEAD_BYTES,
    // A peer that has said all may still listen.
    createConnection: ({ host, port }) =>
      isSecure
        ? connectTls({
            host: host ?? "",
            port: Number(port),
            servername: /^[\d.]+$|:/.test(host ?? "") ? "" : (host ?? ""),
            rejectUnauthorized: !insecure,
            ALPNProtocols: ["http/1.1"],
            ...(ca !== undefined && { ca }),
          })
        : connect({ host: host ?? "", port: Number(port), allowHalfOpen: true, noDelay: true }),
  };
  return (isSecure ? secure : httpRequest)(how);
}

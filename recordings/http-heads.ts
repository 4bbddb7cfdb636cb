import type { IncomingMessage } from "node:http";
import { acceptFor, headerPairs } from "../harness/upgrade.ts";

/** Headers that are about one hop alone (RFC 9110, 7.6.1), beside those that `Connection` names. */
const HOP =
  /^(?:connection|keep-alive|proxy-authenticate|proxy-authorization|proxy-connection|te|trailer|transfer-encoding|upgrade)$/i;

type Headers = [name: string, value: string][];

/** Returns the headers that are passed on. */
export function endToEnd({ rawHeaders, headers }: IncomingMessage): Headers {
  const named = (headers.connection ?? "").toLowerCase().split(/\s*,\s*/);
  return headerPairs(rawHeaders).filter(([name]) => !HOP.test(name) && !named.includes(name.toLowerCase()));
}

/** Returns the headers of a request as the target gets them. */
export function towards(target: URL, request: IncomingMessage, basic: string | undefined): Headers {
  const { upgrade } = request.headers;
  const all = endToEnd(request).map(([name, value]): [string, string] =>
    name.toLowerCase() === "host" ? [name, target.host] : [name, value],
  );
  return [
    ...all,
    ...(basic !== undefined && request.headers.authorization === undefined
      ? [["Authorization", basic] as [string, string]]
      : []),
    ...(upgrade === undefined
      ? []
      : ([
          ["Connection", "Upgrade"],
          ["Upgrade", upgrade],
        ] as Headers)),
  ];
}

/** Returns the path and query at the target: its own, and behind them those of the client. */
export function pathAt(target: URL, asked: string): string {
  const [path = "/", ...query] = asked.split("?");
  const base = target.pathname.replace(/\/$/, "");
  const whole = path === "/" ? target.pathname : `${base}${path}`;
  const search = [target.search.slice(1), query.join("?")].filter(Boolean).join("&");
  return search === "" ? whole : `${whole}?${search}`;
}

/** Returns the headers of a hop for the answer to a handshake, where the server gave them. */
export const answering = ({ headers: { upgrade, connection } }: IncomingMessage): Headers => [
  ...(connection === undefined ? [] : ([["Connection", "Upgrade"]] as Headers)),
  ...(upgrade === undefined ? [] : ([["Upgrade", upgrade]] as Headers)),
];

/** Names the mistake in the answer to a handshake (RFC 6455, 4.1); nothing if all is right. */
export function wrongAnswer(request: IncomingMessage, response: IncomingMessage): string | undefined {
  const asked = request.headers;
  const { upgrade, connection = "", ...given } = response.headers;
  const listed = (header: string | string[] | undefined) =>
    String(header ?? "")
      .split(/\s*,\s*/)
      .filter(Boolean);
  if (upgrade?.toLowerCase() !== "websocket") return "Invalid Upgrade header";
  if (!listed(connection).some((it) => it.toLowerCase() === "upgrade")) return "Invalid Connection header";
  if (given["sec-websocket-accept"] !== acceptFor(asked["sec-websocket-key"]))
    return "Invalid Sec-WebSocket-Accept header";
  const chosen = given["sec-websocket-protocol"];
  if (chosen !== undefined && !listed(asked["sec-websocket-protocol"]).includes(String(chosen)))
    return "Server sent an invalid subprotocol";
  const names = (header: string | string[] | undefined) => listed(header).map((it) => it.split(/\s*;/)[0]);
  const offered = names(asked["sec-websocket-extensions"]);
  const unknown = names(given["sec-websocket-extensions"]).find((it) => !offered.includes(it));
  return unknown === undefined ? undefined : "Server sent an extension that was not offered";
}

import type { IncomingMessage } from "node:http";
import { type Behaviour, conforming } from "../../../suites/v0/reference/behaviour.ts";
import { take } from "../../../suites/v0/reference/server.ts";
import { type Client, KNOWN, newWorld, type User } from "../../../suites/v0/reference/world.ts";
import { frame } from "../frames.ts";
import type { Running } from "../libraries.ts";
import { headOf, onRaw, type Quirks, type Request, type Wire } from "../raw.ts";
import type { Served } from "../tachyon.ts";

/** The users of the server, as headers. */
export const BARE_USERS = KNOWN.map(({ token }) => ({ Authorization: `Bearer ${token}` }));

const PATH = "/tachyon";

/** All values of a header, in their order. */
const valuesOf = ({ lines }: Request, name: string): string[] =>
  lines.filter((it) => it.toLowerCase().startsWith(`${name}:`)).map((it) => it.slice(name.length + 1).trim());

const offeredBy = (request: Request): string[] =>
  valuesOf(request, "sec-websocket-protocol").flatMap((it) => it.split(",").map((offer) => offer.trim()));

/** The user of a request, or the status of a refusal. */
function userOf(request: Request, { authorize }: Behaviour): User | number {
  const headersDistinct = { authorization: valuesOf(request, "authorization") };
  const authorization = headersDistinct.authorization.length > 0 ? headersDistinct : {};
  const user = authorize({ url: request.target, headersDistinct: authorization } as unknown as IncomingMessage);
  return "status" in user ? Number(user.status.slice(0, 3)) : user;
}

/** The lines of a 101 with the subprotocol that is selected. */
export const selecting = (lines: readonly string[], request: Request, { select }: Pick<Behaviour, "select">) => [
  ...lines,
  `Sec-WebSocket-Protocol: ${select(offeredBy(request))}`,
];

/** The time between two pings, in ms. */
const PINGS = 400;

/**
 * Starts a server of v0 on bare TCP. It decides as the reference server does unless it is told to choose otherwise, and has its own
 * HTTP and WebSocket.
 */
export function startBare(
  choose: (normal: Behaviour) => Partial<Behaviour> = () => ({}),
  quirks: (behaviour: Behaviour) => Partial<Quirks> = () => ({}),
): Promise<Running> {
  const clients = new Set<Client>();
  const normal = conforming(newWorld(clients));
  const behaviour: Behaviour = { ...normal, ...choose(normal) };
  return onRaw((wire) => welcome(wire, clients, behaviour), {
    path: PATH,
    refusal: ['WWW-Authenticate: Bearer realm="bare", error="invalid_token"'],
    refuse(request) {
      const user = userOf(request, behaviour);
      if (typeof user === "number") return user;
      return behaviour.serves(offeredBy(request)) ? undefined : 400;
    },
    head: (accept, request) => selecting(headOf(accept), request, behaviour),
    keep(wire) {
      const timer = setInterval(() => wire.write(frame(9, "")), PINGS);
      return () => clearInterval(timer);
    },
    ...quirks(behaviour),
  });
}

function welcome(wire: Wire, clients: Set<Client>, behaviour: Behaviour): Served {
  const client: Client = {
    user: userOf(wire.request, behaviour) as User,
    watches: new Set(),
    receives: false,
    get open() {
      return wire.open;
    },
    say(message) {
      for (const it of behaviour.edit(message)) wire.say(typeof it === "string" ? it : JSON.stringify(it));
    },
    leave(code, reason) {
      clients.delete(client);
      wire.close(code, reason);
    },
    drop: wire.drop,
    hang: () => void clients.delete(client),
  };
  clients.add(client);
  behaviour.greet(client);
  return {
    message(text, binary) {
      if (clients.has(client)) take(text, binary, client, behaviour);
    },
    gone: () => void clients.delete(client),
  };
}

import type { IncomingMessage } from "node:http";
import { isObject, type Message, parse } from "../../../harness/transcript.ts";
import { own } from "../../../schemas/v0/index.ts";
import { type Hosting, hosting } from "../../websocket/hosting.ts";
import { POLICY, UNIMPLEMENTED, violationsIn, wrongIn } from "../protocol.ts";
import { type Answer, type Asked, answerBy, type Endpoint } from "./authorization-server.ts";
import { commands, self } from "./commands.ts";
import { answerPage, authorize, PATH, type Refusal, WRONG_PATH } from "./oauth.ts";
import { type Client, eventOf, type Outcome, type Said, type User, type World } from "./world.ts";

/** All that the reference server decides, so that a fault can let it decide otherwise in one point. */
export interface Behaviour extends Hosting {
  readonly world: World;
  /** The user who asks for a WebSocket, or why there is none for the request. */
  authorize(request: IncomingMessage): User | Refusal;
  /** Answers a request at an endpoint of OAuth2. */
  answer(endpoint: Endpoint, asked: Asked): Answer;
  /** Tells if a client that offers these subprotocols is served. */
  serves(offered: readonly string[]): boolean;
  /** The subprotocol that is selected, of those that a client offers. */
  select(offered: readonly string[]): string | undefined;
  greet(client: Client): void;
  /** The message that a client sends, or what is wrong with it. */
  read(text: string, binary: boolean, client: Client): Message | string;
  /** Ends the connection of a client that sent what is no message. */
  malformed(client: Client, why: string): void;
  /** Returns the answer to a request that has an envelope; nothing where it is left aside. */
  carryOut(request: Message, client: Client): Outcome | undefined;
  respond(client: Client, request: Message, outcome: Outcome): void;
  /** A message comes that wants no response. */
  notice(message: Message, client: Client): void;
  /** The time until the next ping, in ms, of a client who got so many. */
  pause(pings: number): number;
  /** May change what is sent. */
  edit(message: Said): readonly Said[];
  /** A client broke RFC 6455. */
  violated(client: Client): void;
  /** A connection is over; `code` is that of the client's close frame, 1006 where it sent none. */
  gone(client: Client, code: number): void;
}

/** Between two pings at least and at most, in ms. The protocol asks for one every 10 s, and prefers that the time varies. */
const BETWEEN_PINGS = { least: 300, most: 600 } as const;

/** Does what the protocol asks. */
export function conforming(world: World): Behaviour {
  return {
    ...hosting,
    world,
    http: answerPage,
    answer: answerBy(world),
    authorize(request) {
      if ((request.url ?? "").split("?", 1)[0] !== PATH) return WRONG_PATH;
      return authorize(request, world);
    },
    serves: (offered) => highest(offered) !== undefined,
    select: highest,
    greet: (client) => client.say(eventOf("user/self", self(client.user, world))),
    read(text, binary) {
      const message = binary ? undefined : parse(text);
      if (!isObject(message)) return binary ? "a binary message" : "no JSON object";
      return wrongIn(message) ?? message;
    },
    malformed: (client, why) => client.leave(POLICY, why),
    carryOut(request, client) {
      const name = String(request.commandId);
      const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
      if (!command) return { failed: UNIMPLEMENTED };
      if (violations(request).length > 0) return { failed: "invalid_request" };
      return command(isObject(request.data) ? request.data : {}, client, world);
    },
    respond,
    notice() {},
    pause: () => BETWEEN_PINGS.least + Math.random() * (BETWEEN_PINGS.most - BETWEEN_PINGS.least),
    edit: (message) => [message],
    violated() {},
    gone() {},
  };
}

const violations = violationsIn(own);

/** Sends the response to a request, and does what follows it. */
function respond(client: Client, { messageId, commandId }: Message, outcome: Outcome): void {
  const { status, ...more } =
    "failed" in outcome
      ? { status: "failed", reason: outcome.failed }
      : { status: "success", ...(outcome.data && { data: outcome.data }) };
  client.say({ type: "response", messageId, commandId, status, ...more });
  if (!("failed" in outcome)) outcome.next?.();
}

/** The subprotocols that a client offers. */
export const offeredBy = ({ headers }: IncomingMessage): string[] =>
  (headers["sec-websocket-protocol"] ?? "")
    .split(",")
    .map((it) => it.trim())
    .filter((it) => it !== "");

const VERSION = /^v0(?:\.(0|[1-9]\d{0,8}))?\.tachyon$/;

/** The highest minor of version 0 that a client offers. */
export const highest = (offered: readonly string[]): string | undefined =>
  offered
    .filter((it) => VERSION.test(it))
    .toSorted((a, b) => minorOf(b) - minorOf(a))
    .at(0);

const minorOf = (subprotocol: string) => Number(VERSION.exec(subprotocol)?.[1] ?? 0);

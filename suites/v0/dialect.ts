import type { Connection } from "../../harness/connection.ts";
import { isNothing, type Nothing } from "../../harness/nothing.ts";
import { heard, isServerEnd, type Message, messages } from "../../harness/transcript.ts";
import type { DialectWithSign, Status } from "../websocket/dialect.ts";
import { isUnimplemented, SUBPROTOCOL, scenario } from "./protocol.ts";

/** The name of the request that any client may send at any moment, and that changes nothing. */
export const STATS = "system/serverStats";
/** The command by which a client leaves. */
export const DISCONNECT = "system/disconnect";

/** A request. */
export const request = (commandId: string, messageId: string, data?: unknown) => ({
  type: "request",
  messageId,
  commandId,
  ...(data === undefined ? {} : { data }),
});

/** The name of the wait for the response to a command. */
export const responseName = (command: string): string => `the response to ${command}`;

/** Awaits the response to a request of this id. */
export const responseTo = (client: Connection, id: string, command?: string): Promise<Message | Nothing> =>
  client.next(({ type, messageId }) => type === "response" && messageId === id, responseName(command ?? id));

/** Sends a request and awaits its response. */
export function call(
  client: Connection,
  commandId: string,
  messageId: string,
  data?: unknown,
): Promise<Message | Nothing> {
  client.send(request(commandId, messageId, data));
  return responseTo(client, messageId, commandId);
}

/** The ids of the requests that shared cases send. */
const ID = { sign: "sign", request: "request", unknown: "unknown", leave: "leave" } as const;

/** The number of signs that a client has asked for. An id may be sent only once, since a server may leave a known one aside. */
const signs = ({ transcript }: Connection): number =>
  messages(transcript, "client").filter(({ message }) => String(message.messageId).startsWith(ID.sign)).length;

const ANSWERED: ReadonlySet<unknown> = new Set([ID.request, ID.leave]);

/** The status of a response, or why there is none. A server that lacks a command has read and answered the request. */
export const statusOf = (response: Message | Nothing): unknown => {
  if (isNothing(response)) return response;
  return isUnimplemented(response) ? "success" : response.status;
};

/** The dialect of this version for the shared cases: a request for statistics, and no greeting that must come. */
export const dialect: DialectWithSign<"request.answered"> = {
  scenario,
  words: {
    request: "request for statistics",
    sign: "response",
    served: "served",
    answer: responseName(STATS),
    goodbye: `the response to ${DISCONNECT}`,
  },
  subprotocol: SUBPROTOCOL,
  closesAnyhow: true,

  sign: (client) => call(client, STATS, `${ID.sign}-${signs(client)}`),
  isSign: ({ messageId }) => String(messageId).startsWith(ID.sign),
  servedBy: "request.answered",

  request: request(STATS, ID.request),
  key: "commandId",
  name: STATS,
  answer: (client) => responseTo(client, ID.request, STATS),
  answers: (client, status?: Status) =>
    heard(client).filter((it) => ANSWERED.has(it.messageId) && (status === undefined || statusOf(it) === status)),
  statusOf,

  unknown: request("conformance/unknown", ID.unknown),
  answersTo: (client) => heard(client).filter(({ messageId }) => messageId === ID.unknown),

  leave: request(DISCONNECT, ID.leave, { reason: "conformance" }),
  goodbye: (client) => responseTo(client, ID.leave, DISCONNECT),
  isGoodbye: ({ messageId }) => messageId === ID.leave,
  // The server should end a connection over what is no message; `malformed.code` tells of how it does.
  mayBeLost: ({ events }) => events.some(isServerEnd),
};

import type { Connection } from "../../harness/connection.ts";
import type { Outgoing } from "../../harness/deeds.ts";
import { isNothing, type Nothing } from "../../harness/nothing.ts";
import type { MessageShape } from "../../harness/protocol.ts";
import { scenarios } from "../../harness/scenario.ts";
import { type Violation, validator } from "../../harness/schema.ts";
import { heard, isObject, type Message, type MessageEnvelope, parse } from "../../harness/transcript.ts";
import { UsageError } from "../../harness/usage.ts";
import { documents, keywords, version } from "../../schemas/0.1.7/index.ts";
import type { RequirementId } from "../../schemas/0.1.7/requirements.ts";
import type { Status } from "../websocket/dialect.ts";
import observed from "./sets/observed.json" with { type: "json" };

/** Makes a case of this version; requirements that its catalogue lacks do not compile. */
export const scenario = scenarios<RequirementId>(observed);

/** The command that asks to be disconnected. */
export const DISCONNECT = "system/disconnect/request";
/** The command of a goodbye. */
export const DISCONNECTED = "system/disconnected/response";
/** The command of the greeting. */
export const GREETING = "system/version/response";

/** The one command that a client can send. */
export const disconnect = { command: DISCONNECT } as const;

/** The parameter of the connection URL that tells the server the client's version. */
export const PARAMETER = "tachyonVersion";

/** The schema that a message names, or `undefined` where this version defines none. */
const schemaOf = (name: string) => documents.find((document) => document.$id === name);

/** The message that a schema describes: the last word of its name says what kind it is, and so who sends it. */
export function messageOf(schema: (typeof documents)[number]): MessageShape {
  const [, command = "", kind = ""] = /^(.*)\/([^/]*)$/.exec(schema.$id) ?? [];
  const [source, target] = kind === "request" ? ["client", "server"] : ["server", "client"];
  return { command, kind, source: [source], target: [target], schema };
}

/** A message names its schema by its command. */
export const nameOf = ({ command }: Message) => (typeof command === "string" ? command : undefined);

/** The last word of a command says what kind of message it is. No message has an id. */
export function envelope(message: Message): MessageEnvelope | undefined {
  const name = nameOf(message);
  return name === undefined ? undefined : { kind: name.slice(name.lastIndexOf("/") + 1), name };
}

const { violations } = validator(keywords);

/** The violations of the schema that a message names. There are none where this version defines no such schema. */
export function violationsOf(message: Message): Violation[] {
  const schema = schemaOf(nameOf(message) ?? "");
  return schema ? violations(schema, message) : [];
}

/** The URLs of clients of this version, by that of their target: most clients come so. */
const usualUrls = new WeakMap<URL, URL>();

/** The URL of a client: the target's own query, then this one. Throws a `UsageError` where the target's own would be in its way. */
export function address(target: URL, query?: string): URL {
  const url = (query === undefined && usualUrls.get(target)) || withQuery(target, query ?? queryOf(version));
  if (query === undefined) usualUrls.set(target, url);
  return url;
}

function withQuery(target: URL, query: string): URL {
  if (target.searchParams.has(PARAMETER)) {
    throw new UsageError(`The url holds "${PARAMETER}", which the suite sets itself: leave it out of ${target.href}`);
  }
  const url = new URL(target);
  url.search = [target.search.slice(1), query].filter(Boolean).join("&");
  return url;
}

/** The query of a client that sends this version, percent-encoded. */
export const queryOf = (clientVersion: string) => `${PARAMETER}=${encodeURIComponent(clientVersion)}`;

/** Awaits the greeting. */
export const greeting = (client: Connection): Promise<Message | Nothing> => client.next(GREETING);

/** Awaits the answer to a disconnect request. */
export const disconnected = (client: Connection): Promise<Message | Nothing> => client.next(DISCONNECTED);

/** The greetings with status `success` that a client has got so far. */
export const successfulGreetingsOf = (client: Connection): Message[] =>
  heard(client).filter((message) => nameOf(message) === GREETING && message.status === "success");

/** The goodbyes that a client has got so far; with a status, only those that have it. */
export const goodbyesOf = (client: Connection, status?: Status): Message[] =>
  heard(client).filter(
    (message) => nameOf(message) === DISCONNECTED && (status === undefined || message.status === status),
  );

/** The status of an answer, or why there is none. */
export const statusOf = (answer: Message | Nothing): unknown => (isNothing(answer) ? answer : answer.status);

/** The reason that the version of a server cannot be judged. */
export const NO_VERSION = "the greeting names no version: see message.schema";

/** The observation where nobody has to log in. */
export const NO_LOGIN = "no login is asked for";

/** Tells if a client without credentials is refused for want of them. */
export const asksToLogIn = ({ transcript }: Connection, { status, reason }: Message): boolean =>
  transcript.anonymous === true && status === "failed" && reason === "unauthorized";

/** The names of the responses that may refuse a malformed command: `disconnected`, or that of the command it names. */
export function refusalsOf(input: Outgoing): string[] {
  const message = typeof input === "string" ? parse(input) : input;
  const command = isObject(message) ? nameOf(message) : undefined;
  const named = command !== undefined && /^[^/]+\/[^/]+\/request$/.test(command);
  return named ? [DISCONNECTED, command.replace(/request$/, "response")] : [DISCONNECTED];
}

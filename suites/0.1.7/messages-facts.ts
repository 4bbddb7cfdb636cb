import {
  isClientEnd,
  isMessage,
  isObject,
  isServerEnd,
  json,
  type Message,
  messages,
  type Placed,
  type Transcript,
  type WireEvent,
} from "../../harness/transcript.ts";
import { version } from "../../schemas/0.1.7/index.ts";
import { BIG } from "../websocket/fate.ts";
import { plainWords } from "../websocket/malformed-names.ts";
import { DISCONNECT, DISCONNECTED, GREETING, nameOf, queryOf } from "./protocol.ts";

/** A well-formed response of any service. */
const RESPONSE = /^[^/]+\/[^/]+\/response$/;

/** A request of the service of this version that it does not define: only a refusal may answer it. */
const UNDEFINED = /^system\/[^/]+\/request$/;

/** The number of characters of undefined requests that are remembered. */
const UNDEFINED_CHARACTERS = 64 << 10;

/** The messages of the server. */
export const heardIn = (transcript: Transcript): readonly Placed[] => messages(transcript, "server");

/** Tells if a message is a goodbye: it says that the connection is over. */
export const isGoodbye = (message: Message): boolean => nameOf(message) === DISCONNECTED;

/** Tells if the server sent a message, with any content. */
export const isServerData = (event: WireEvent): boolean => event.from === "server" && isMessage(event);

/** Tells if a message is a goodbye that carries a disconnect request out. */
export const isSuccessfulGoodbye = ({ message }: Heard): boolean => isGoodbye(message) && message.status === "success";

/** A message of the server. */
export type Heard = Pick<Placed, "message">;

/** The place of the first goodbye, or -1. */
export const goodbyeAt = (transcript: Transcript): number =>
  heardIn(transcript).find(({ message }) => isGoodbye(message))?.index ?? -1;

/** The event by which the first side ended the connection. */
export const firstEnd = ({ events }: Transcript): WireEvent | undefined =>
  events.find((event) => isServerEnd(event) || isClientEnd(event));

/** Tells if the suite ended the TCP connection itself. */
export const isOwnTcpEnd = ({ from, type }: WireEvent): boolean => from === "client" && type === "end";

/** Tells if the recording lacks something that the client did before an event. */
export const isLostBefore = ({ events }: Transcript, event: WireEvent): boolean =>
  events.slice(0, events.indexOf(event)).some(({ from, type }) => from === "client" && type === "cut");

/** The last message of the client before the connection ended. */
export function lastOfClient(transcript: Transcript): WireEvent | undefined {
  const end = firstEnd(transcript);
  const { events } = transcript;
  const before = end ? events.slice(0, events.indexOf(end)) : events;
  return before.findLast((event) => event.from === "client" && isMessage(event));
}

/** Tells if the WebSocket layer may have ended the connection over the size of the last message. */
export function tooBig(transcript: Transcript, end: WireEvent): boolean {
  if (end.type === "close") return end.code === 1009;
  const last = lastOfClient(transcript);
  return last !== undefined && "data" in last && last.data.length > BIG;
}

/** Commands that a client sent in a row, and the answers since: the first few of each. */
interface Burst {
  /** The event that shows that the server had read all that came before. */
  readonly after: WireEvent | undefined;
  readonly commands: readonly WireEvent[];
  readonly answers: readonly WireEvent[];
}

/** The most commands in a row that are kept: as many as a case sends in one go, and some. */
const KEPT_IN_A_ROW = 24;

/** The last commands before the end of the connection. A greeting answers none of them. */
export function lastBurst(transcript: Transcript): Burst {
  const { events } = transcript;
  const end = firstEnd(transcript);
  let after: WireEvent | undefined;
  let [commands, answers]: [WireEvent[], WireEvent[]] = [[], []];
  for (const event of end ? events.slice(0, events.indexOf(end)) : events) {
    if (event.type === "timeout") [after, commands, answers] = [event, [], []];
    if (!isMessage(event) || isGreeting(event)) continue;
    if (event.from === "client" && answers.length > 0) [after, commands, answers] = [answers.at(-1), [], []];
    const some = event.from === "client" ? commands : answers;
    if (some.length < KEPT_IN_A_ROW) some.push(event);
  }
  return { after, commands, answers };
}

const isGreeting = (event: WireEvent) => {
  const message = event.from === "server" ? json(event) : undefined;
  return isObject(message) && nameOf(message) === GREETING;
};

/** Tells if a goodbye may be lost: if a server ends TCP while more commands come, its system resets the connection. */
export function mayBeLost(transcript: Transcript): boolean {
  const end = firstEnd(transcript);
  if (end?.from !== "server" || end.type !== "end" || goodbyeAt(transcript) >= 0) return false;
  const { commands, answers } = lastBurst(transcript);
  return commands.length - answers.length > 1;
}

/** The first message of the server that this version does not define, and that refuses no undefined command. */
export const firstUnknown = (transcript: Transcript): Placed | undefined =>
  heardIn(transcript).find(({ index, message }) => !isKnown(message, transcript, index));

function isKnown(message: Message, transcript: Transcript, index: number): boolean {
  const name = nameOf(message);
  if (name === GREETING || name === DISCONNECTED) return true;
  return isForeign(name) || isRefusal(message, transcript, index);
}

/** Tells if a command is a response of another service. */
export const isForeign = (name: string | undefined): boolean =>
  name !== undefined && RESPONSE.test(name) && !name.startsWith("system/");

/** Tells if a failed response refuses an undefined command that the client named before: that is one of the answers it may get. */
function isRefusal(message: Message, transcript: Transcript, index: number): boolean {
  const request = nameOf(message)?.replace(/\/response$/, "/request");
  if (message.status !== "failed" || !RESPONSE.test(nameOf(message) ?? "") || request === DISCONNECT) return false;
  return messages(transcript, "client").some((it) => it.index < index && nameOf(it.message) === request);
}

/** The first request of each undefined command that may still be refused. Beyond a bound, a gap stands for all others. */
export function refusable(transcript: Transcript): WireEvent[] {
  const names = new Map<string, WireEvent>();
  let length = 0;
  for (const { index, message } of messages(transcript, "client")) {
    const name = nameOf(message) ?? "";
    const event = transcript.events[index] as WireEvent;
    if (names.has(name) || name === DISCONNECT || !UNDEFINED.test(name)) continue;
    length += "data" in event ? event.data.length : 0;
    if (length > UNDEFINED_CHARACTERS) return [...names.values(), FORGOTTEN];
    names.set(name, event);
  }
  return [...names.values()];
}

const FORGOTTEN: WireEvent = {
  at: 0,
  from: "client",
  type: "cut",
  data: "requests of more undefined commands than are remembered",
};

/**
 * Tells if a lenient server could take what the client sent for a disconnect request; a wildcard is one, and so is a word
 * such as `quit`. Only `malformed.rejected` judges if it may.
 */
export function asksToDisconnect(event: WireEvent): boolean {
  const { from, type } = event;
  if (from !== "client" || (type !== "text" && type !== "binary" && type !== "violation")) return false;
  const text = event.type !== "binary" ? event.data : Buffer.from(event.data, "base64").toString();
  if (plainWords.includes(text.trim())) return true;
  return /disconnect|[*%]/i.test(
    text.replace(/\\u([0-9a-f]{4})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
  );
}

/** Tells if the handshake is asked for otherwise than any client does. */
export const isOdd = (event: WireEvent): boolean => event.type === "upgrade" && event.odd === true;

/** The greetings of a connection. */
export const greetingsIn = (transcript: Transcript): readonly Placed[] =>
  heardIn(transcript).filter(({ message }) => nameOf(message) === GREETING);

/** The greeting of a connection, if there is one. */
export const greetingIn = (transcript: Transcript): Placed | undefined =>
  heardIn(transcript).find(({ message }) => nameOf(message) === GREETING);

/** Tells if a lenient server could take what the client sent for a request to be told the version. */
export const asksForVersion = (event: WireEvent): boolean =>
  isSaid(event) && (event.type === "binary" || ("data" in event && /version/i.test(event.data)));

/** Tells if a client sent something that a server reads: a message, or what looks like one. */
export const isSaid = ({ from, type }: WireEvent): boolean => from === "client" && SAID.has(type);
const SAID: ReadonlySet<string> = new Set(["text", "binary", "violation", "ping", "cut"]);

const PLAIN_REQUEST = JSON.stringify({ command: DISCONNECT });

/** Tells if an event is the disconnect request in its plainest form. */
export const isPlainRequest = (event: WireEvent): boolean => event.type === "text" && event.data === PLAIN_REQUEST;

/** The parity that a client is told, if it is greeted with success and told one. */
export function toldParity(transcript: Transcript): string | undefined {
  const { status, data } = greetingIn(transcript)?.message ?? {};
  const parity = status === "success" && isObject(data) ? data.versionParity : undefined;
  return typeof parity === "string" ? parity : undefined;
}

/** The query of a url as it stands there, and the parts of it that may name a version. */
export function queryIn(url: string): { readonly query: string; readonly versions: readonly string[] } {
  const query = url.split("?").slice(1).join("?");
  return { query, versions: query.split("&").filter((part) => /version/i.test(part)) };
}

/** Tells if the url names this version, and nothing that could be taken for another, and is asked for as any client does. */
export const isOfThisVersion = ({ url, events }: Transcript): boolean => namesThisVersion(url) && !events.some(isOdd);

/** Tells if the url names this version, and its client asks for that very url, however odd the rest of its handshake is. */
export const asksAsThisVersion = (transcript: Transcript): boolean =>
  namesThisVersion(transcript.url) && !asksElsewhere(transcript);

/** Tells if the client asks for another target or host than those of its url. A router may know no server there. */
export const asksElsewhere = ({ url, events }: Transcript): boolean =>
  events.some((event) => isOdd(event) && "data" in event && !asksFor(url, event.data));

function namesThisVersion(url: string): boolean {
  const { versions } = queryIn(url);
  return versions.length === 1 && versions[0] === queryOf(version);
}

/** Tells if the head of a handshake names the target and the host of a url. */
function asksFor(url: string, head: string): boolean {
  if (!URL.canParse(url)) return false;
  const { pathname, search, host } = new URL(url);
  const [first, ...headers] = head.split("\n");
  const hosts = headers.flatMap((line) => /^host:\s*(.*?)\s*$/i.exec(line)?.[1] ?? []);
  return first === `GET ${pathname}${search} HTTP/1.1` && hosts.length === 1 && hosts[0] === host;
}

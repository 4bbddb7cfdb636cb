import type { Finding, Rule } from "../../harness/rule.ts";
import {
  isBreach,
  isObject,
  isServerEnd,
  json,
  type Message,
  messages,
  show,
  type Transcript,
  type WireEvent,
} from "../../harness/transcript.ts";
import type { RequirementId } from "../../schemas/0.1.7/requirements.ts";
import { DISCONNECT, DISCONNECTED, GREETING, nameOf, violationsOf } from "./protocol.ts";

const kept = (actual: string): Finding => ({ outcome: "kept", actual });
const broken = (actual: string): Finding => ({ outcome: "broken", actual });
const untold = (actual: string): Finding => ({ outcome: "untold", actual });

const rule = (requirement: RequirementId, judge: Rule["judge"], owes?: Rule["owes"]): Rule => ({
  requirement,
  judge,
  ...(owes && { owes }),
});

/** A well-formed response of any service. */
const RESPONSE = /^[^/]+\/[^/]+\/response$/;

/** Over this many bytes (8 KiB) a message may be too big for a WebSocket layer, which then ends the connection by its own rules. */
const BIG = 8 << 10;

const sent = (transcript: Transcript) => messages(transcript, "server");
const isDisconnected = (message: Message) => nameOf(message) === DISCONNECTED;

/** The rules of the section "Every message the server sends". */
export const rules: readonly Rule[] = [
  rule("message.json", (transcript) => {
    const data = transcript.events.filter(
      ({ from, type }) => from === "server" && (type === "text" || type === "binary"),
    );
    const limit = transcript.events.find(({ type }) => type === "limit");
    const wrong = data.find((event) => !isObject(json(event))) ?? unprovoked(transcript);
    if (wrong) return broken(quote(wrong));
    if (limit) return untold(quote(limit));
    return kept(count(data.length, "message"));
  }),

  rule("message.known", (transcript) => {
    const wrong = sent(transcript).find(({ index, message }) => !isKnown(message, transcript, index));
    return wrong ? broken(show(wrong.message)) : kept("every command is one of this version");
  }),

  rule("message.foreign", (transcript) => {
    const foreign = sent(transcript).find(({ message }) => isForeign(nameOf(message)));
    return foreign ? broken(show(foreign.message)) : kept("no message of another service");
  }),

  rule("message.schema", (transcript) => {
    for (const { message } of sent(transcript)) {
      const [first] = violationsOf(message);
      if (first) return broken(`${first.says}: ${show(message)}`);
    }
    return kept("every message validates");
  }),

  rule("termination.announced", (transcript) => {
    const end = serverEnd(transcript);
    if (!end) return kept("the server did not end the connection");
    if (sent(transcript).some(({ message }) => isDisconnected(message))) return kept("announced");
    if (provocation(transcript) >= 0) return kept("the suite broke RFC 6455 before");
    if (tooBig(transcript, end)) return kept("the WebSocket layer ended it over a message that was too big");
    return broken(`${quote(end)} with no ${DISCONNECTED} before`);
  }),

  rule("termination.success-only-if-asked", (transcript) => {
    const success = sent(transcript).find(({ message }) => isDisconnected(message) && message.status === "success");
    if (!success) return kept(`no ${DISCONNECTED} success`);
    const asked = transcript.events.slice(0, success.index).some(asksToDisconnect);
    return asked ? kept("asked for") : broken(`${show(success.message)}, without a ${DISCONNECT}`);
  }),

  rule("termination.reason", (transcript) => {
    const failed = sent(transcript).filter(({ message }) => isDisconnected(message) && message.status === "failed");
    const wrong = failed.find(({ message }) => violationsOf(message).length > 0);
    return wrong ? broken(show(wrong.message)) : kept(count(failed.length, `failed ${DISCONNECTED}`));
  }),

  rule(
    "disconnect.closes",
    (transcript) => {
      const announced = announcement(transcript);
      if (announced < 0) return kept(`no ${DISCONNECTED}`);
      const rest = transcript.events.slice(announced);
      if (rest.some(isServerEnd)) return kept("closed");
      if (rest.some(isReset)) return kept("the suite reset the connection itself");
      if (provocation(transcript) >= 0 && rest.some(isBreach))
        return kept("ended wrongly, as the suite had broken RFC 6455");
      const wait = rest.findLast(({ type }) => type === "timeout");
      return wait ? broken(`still open: ${quote(wait)}`) : untold("the connection was not watched to its end");
    },
    (transcript) => {
      const announced = announcement(transcript);
      const over = (event: WireEvent) => isServerEnd(event) || isReset(event);
      return announced >= 0 && !transcript.events.slice(announced).some(over) ? "the end of the connection" : undefined;
    },
  ),

  rule("disconnect.last", (transcript) => {
    const announced = announcement(transcript);
    if (announced < 0) return kept(`no ${DISCONNECTED}`);
    const late = transcript.events
      .slice(announced + 1)
      .find(({ from, type }) => from === "server" && (type === "text" || type === "binary"));
    return late ? broken(`afterwards came ${quote(late)}`) : kept("nothing came afterwards");
  }),
];

/** The place of the first message that says that the connection is over, or -1. */
const announcement = (transcript: Transcript) =>
  sent(transcript).find(({ message }) => isDisconnected(message))?.index ?? -1;

/** The event by which the server ended the connection, where it was the server. */
function serverEnd({ events }: Transcript): WireEvent | undefined {
  const first = events.find((event) => isServerEnd(event) || isClientEnd(event));
  return first?.from === "server" ? first : undefined;
}

const isReset = ({ from, type }: WireEvent) => from === "client" && type === "end";
const isClientEnd = ({ from, type }: WireEvent) => from === "client" && (type === "close" || type === "end");

/** Where the suite broke RFC 6455, or -1: how a server takes that is for its WebSocket library to decide. */
const provocation = ({ events }: Transcript) =>
  events.findIndex(({ from, type }) => from === "client" && type === "violation");

/** What the server sent against RFC 6455 of its own accord. */
function unprovoked(transcript: Transcript): WireEvent | undefined {
  const at = transcript.events.findIndex(isBreach);
  const before = provocation(transcript);
  return before < 0 || at < before ? transcript.events[at] : undefined;
}

/** Whether the WebSocket layer may have ended the connection over the size of the last message. */
function tooBig({ events }: Transcript, end: WireEvent): boolean {
  if (end.type === "close") return end.code === 1009;
  const last = events.findLast(({ from, type }) => from === "client" && (type === "text" || type === "binary"));
  return last !== undefined && "data" in last && last.data.length > BIG;
}

function isKnown(message: Message, transcript: Transcript, index: number): boolean {
  const name = nameOf(message);
  if (name === GREETING || name === DISCONNECTED) return true;
  return isForeign(name) || isRefusal(message, transcript, index);
}

const isForeign = (name: string | undefined) =>
  name !== undefined && RESPONSE.test(name) && !name.startsWith("system/");

/** A failed response of the undefined command that the client named before is one of the answers that it may get. */
function isRefusal(message: Message, transcript: Transcript, index: number): boolean {
  const request = nameOf(message)?.replace(/\/response$/, "/request");
  if (message.status !== "failed" || !RESPONSE.test(nameOf(message) ?? "") || request === DISCONNECT) return false;
  return messages(transcript, "client").some((it) => it.index < index && nameOf(it.message) === request);
}

/**
 * Whether a lenient server could take what the client sent for a disconnect request. Whether it may is for
 * `malformed.rejected` to say.
 */
function asksToDisconnect(event: WireEvent): boolean {
  const { from, type } = event;
  if (from !== "client" || (type !== "text" && type !== "binary" && type !== "violation")) return false;
  const text = event.type !== "binary" ? event.data : Buffer.from(event.data, "base64").toString();
  return /disconnect/i.test(
    text.replace(/\\u([0-9a-f]{4})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
  );
}

const quote = (event: WireEvent) =>
  [event.type, "code" in event && event.code, "data" in event && event.data].filter(Boolean).join(" ");

const count = (n: number, what: string) => `${n} ${what}${n === 1 ? "" : "s"}`;

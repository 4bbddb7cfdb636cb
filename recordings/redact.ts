import { SECRET_NAME, type Secrets, secrets, secretsIn } from "../harness/secrets.ts";
import type { WireEvent } from "../harness/transcript.ts";
import { headerPairs } from "../harness/upgrade.ts";

/** The headers of a handshake that are of WebSocket itself. They hold no secret, whatever they are called. */
const OF_WEBSOCKET = /^sec-websocket-/i;

/** A longer subprotocol is hardly a name: browsers can send a token in no other header. */
const NAME = 24;

/** The name of a property of a message that holds a secret. */
const PROPERTY = /token|secret|password/i;

/** A JSON string between its quotes. The last one is missing where a text was cut. */
const STRING = /"([^"\\]*(?:\\.[^"\\]*)*)("?)/gs;

/** Takes the secrets out of the events of one connection. */
export interface Hiding {
  /** Learns the secrets of a head: the names and values of its headers, in turn. */
  learn(rawHeaders: readonly string[], target?: string): void;
  hide(event: WireEvent): WireEvent;
  redact: Secrets["redact"];
}

/** Knows some secrets from the beginning, and those of the connection as soon as they are sent. */
export function hiding(known: readonly string[]): Hiding {
  const list = secrets(...known);
  const text = (it: string) => withoutSecretValues(list.redact(it));
  return {
    redact: list.redact,
    learn(rawHeaders, target = "") {
      list.add(
        ...secretsIn(target.split("?").slice(1).join("?")),
        ...headerPairs(rawHeaders).flatMap(([name, value]) => inHeader(name, value)),
      );
    },
    hide(event) {
      if (!("data" in event)) return event;
      if (event.type !== "binary" && event.type !== "ping" && event.type !== "pong")
        return { ...event, data: text(event.data) };
      const bytes = Buffer.from(event.data, "base64").toString("latin1");
      const hidden = list.redact(bytes);
      return hidden === bytes ? event : { ...event, data: Buffer.from(hidden, "latin1").toString("base64") };
    },
  };
}

/** Takes out the values of properties that hold secrets. Looks at each character once, since a peer sends very long texts. */
function withoutSecretValues(text: string): string {
  let name = "";
  let end = 0;
  return text.replace(STRING, (whole: string, content: string, close: string, at: number) => {
    const isSecret = content !== "" && PROPERTY.test(name) && /^\s*:\s*$/.test(text.slice(end, at));
    name = content;
    end = at + whole.length;
    return isSecret ? `"[redacted]${close}` : whole;
  });
}

function inHeader(name: string, value: string): string[] {
  if (/^(?:set-)?cookie$/i.test(name))
    return value.split(";").flatMap((part) => part.split("=").slice(1).join("=").trim() || []);
  if (/^sec-websocket-protocol$/i.test(name))
    return value.split(",").flatMap((part) => (part.trim().length > NAME ? [part.trim()] : []));
  return SECRET_NAME.test(name) && !OF_WEBSOCKET.test(name) ? [value] : [];
}

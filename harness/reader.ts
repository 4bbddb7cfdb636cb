import type { Nothing } from "./nothing.ts";
import {
  type EnvelopeReader,
  isObject,
  json,
  type Message,
  type MessageEnvelope,
  type WireEvent,
} from "./transcript.ts";

/** A message by its name, by more of its envelope, or by a test of its own. */
export type Wanted = string | Partial<MessageEnvelope> | ((message: Message) => boolean);

/** The part of a recorder that messages are read from. */
interface ReadLog {
  readonly events: readonly WireEvent[];
  wait<T>(what: string, found: () => T | undefined): Promise<T | Nothing>;
}

/** The `next` of a connection: each message is taken once, in whatever order it came. */
export function reader(
  log: ReadLog,
  envelope: EnvelopeReader,
): (wanted: Wanted, what?: string) => Promise<Message | Nothing> {
  const unread: (Message | undefined)[] = [];
  let upTo = 0;
  return (wanted, what) => {
    const matches = typeof wanted === "function" ? wanted : isLike(wanted, envelope);
    // Each wait looks at each message once: a server may send very many others.
    let searched = 0;
    return log.wait(what ?? wordsOf(wanted), () => {
      for (const event of log.events.slice(upTo)) {
        const message = event.from === "server" ? json(event) : undefined;
        if (isObject(message)) unread.push(message);
      }
      upTo = log.events.length;
      for (; searched < unread.length; searched++) {
        const message = unread[searched];
        if (message === undefined || !matches(message)) continue;
        unread[searched] = undefined;
        return message;
      }
      return undefined;
    });
  };
}

const isLike = (wanted: string | Partial<MessageEnvelope>, envelope: EnvelopeReader) => (message: Message) => {
  const { kind, name, id } = typeof wanted === "string" ? { name: wanted } : wanted;
  const found = envelope(message);
  return (
    found !== undefined &&
    (kind ?? found.kind) === found.kind &&
    (name ?? found.name) === found.name &&
    (id ?? found.id) === found.id
  );
};

function wordsOf(wanted: Wanted): string {
  if (typeof wanted === "string") return wanted;
  if (typeof wanted === "function") return "a message";
  const { kind, name, id } = wanted;
  return [kind ?? "message", name, id].filter((it) => it !== undefined).join(" ");
}

import { cut } from "../harness/kept.ts";
import type { Protocol } from "../harness/protocol.ts";
import { isObject, type Message, parse, type WireEvent } from "../harness/transcript.ts";
import type { ReportClients, ReportMistakePlace } from "../reports/report.ts";
import type { FollowedConnection } from "./followed.ts";
import type { RecordedPlace } from "./recorded.ts";

/** The most kinds of mistakes and findings that are told apart: a client may make up a new one with each message. */
export const KINDS_APART = 100;

/** The most places of each kind of mistake that are named. The others are only counted. */
const PLACES = 20;

/** The ids of messages that are remembered, of all connections, and the characters of each. */
const IDS = { many: 20_000, long: 100 } as const;

/** A mistake in a message of a client. */
export interface ClientMistake {
  readonly says: string;
  /** The message, such as `user/info request`, where it says which it is. */
  readonly of?: string;
  /** Its number among those of the client on its connection, from 1. */
  readonly message: number;
}

/** Judges the messages of clients, one event after another. It decides no verdict, which is about the server. */
export interface Clients {
  /** Returns the mistake in an event. */
  see(event: WireEvent, at: RecordedPlace): ClientMistake | undefined;
  /** Nothing more comes on a connection. Returns the request of the server that its client never answered, if there is one. */
  over(connection: FollowedConnection): string | undefined;
  found(): ReportClients;
}

/** The parts of a protocol version by which messages of clients are judged. */
type Judges = Pick<Protocol, "mistakeOf" | "omissionIn" | "ownIdOf" | "envelope">;

/** A kind of mistake, and where it is. */
interface MistakeKind {
  readonly says: string;
  readonly of: string | undefined;
  messages: number;
  readonly places: Located[];
}

/** A place. The number of its event among all events becomes that among those which the report shows. */
type Located = Omit<ReportMistakePlace, "event"> & { event?: number };

/** The state of a connection: its messages so far, and the places on it that are named. */
interface Sent {
  messages: number;
  readonly places: Located[];
}

/** The mistakes so far. */
interface Counted {
  readonly kinds: Map<string, MistakeKind>;
  readonly sent: Map<number, Sent>;
  readonly ids: Set<string>;
  messages: number;
  wrong: number;
  unanswered: number;
}

/** Judges by a protocol version. Its memory is bounded. */
export function clients(protocol: Judges): Clients {
  const all: Counted = { kinds: new Map(), sent: new Map(), ids: new Set(), messages: 0, wrong: 0, unanswered: 0 };
  return {
    see: (event, at) => look(all, protocol, event, at),
    over(connection) {
      const { number, decisive } = connection;
      for (const it of all.sent.get(number)?.places ?? []) {
        const event = it.event === undefined ? undefined : connection.placeAt(it.event);
        if (event === undefined) delete it.event;
        else it.event = event;
      }
      all.sent.delete(number);
      const omission = protocol.omissionIn?.(decisive);
      if (omission !== undefined) all.unanswered += 1;
      return omission;
    },
    found: () => foundIn(all),
  };
}

function look(all: Counted, protocol: Judges, event: WireEvent, at: RecordedPlace): ClientMistake | undefined {
  if (event.from !== "client" || !MESSAGES.has(event.type)) return undefined;
  const mine = all.sent.get(at.number) ?? { messages: 0, places: [] };
  all.sent.set(at.number, mine);
  all.messages += 1;
  mine.messages += 1;
  // A rule would keep what it parsed as long as the event.
  const message = event.type === "text" ? parse(event.data) : undefined;
  const says = mistakeIn(all, protocol, event, message, at.number)?.slice(0, 200);
  if (says === undefined) return undefined;
  const of = isObject(message) ? nameIn(protocol, message) : undefined;
  const mistake = { says, ...(of !== undefined && { of }), message: mine.messages };
  note(all, mine, mistake, at);
  return mistake;
}

function mistakeIn(all: Counted, protocol: Judges, event: WireEvent, message: unknown, connection: number) {
  if (event.type === "binary") return "it is binary";
  if (event.type === "violation") return `it breaks RFC 6455: ${event.data}`;
  if (!isObject(message)) return "it is no JSON object";
  const isTwice = isKnown(all, protocol, message, connection);
  return protocol.mistakeOf?.(message) ?? (isTwice ? "its id is that of an earlier message of this client" : undefined);
}

/** Notes an id that a client may use once, and tells if it was used before. Leaves very long ones aside. */
function isKnown({ ids }: Counted, protocol: Judges, message: Message, connection: number): boolean {
  const id = protocol.ownIdOf?.(message);
  if (id === undefined || id.length > IDS.long) return false;
  const key = `${connection} ${id}`;
  if (ids.has(key)) return true;
  ids.add(key);
  const [oldest = ""] = ids.size > IDS.many ? ids : [];
  ids.delete(oldest);
  return false;
}

/** The name of a message, and its kind where the name does not say it. */
function nameIn({ envelope }: Judges, message: Message): string | undefined {
  const { name, kind } = envelope(message) ?? {};
  if (name === undefined || kind === undefined) return undefined;
  return cut(name.endsWith(`/${kind}`) ? name : `${name} ${kind}`, 100);
}

/** Counts a mistake, and notes where it is. */
function note(all: Counted, mine: Sent, { says, of, message }: ClientMistake, at: RecordedPlace): void {
  all.wrong += 1;
  const name = `${of} ${says}`;
  const key = all.kinds.has(name) || all.kinds.size < KINDS_APART ? name : OTHERS;
  const kind = all.kinds.get(key) ?? kindOf(key === OTHERS ? { says: OTHERS } : { says, of });
  all.kinds.set(key, kind);
  kind.messages += 1;
  if (kind.places.length >= PLACES) return;
  const { connection, number, place } = at;
  const located = { connection: cut(connection, 60), case: `check/${number}`, message, event: place };
  kind.places.push(located);
  mine.places.push(located);
}

const kindOf = ({ says, of }: { readonly says: string; readonly of?: string | undefined }): MistakeKind => ({
  says,
  of,
  messages: 0,
  places: [],
});

function foundIn({ kinds, messages, wrong, unanswered }: Counted): ReportClients {
  const isRest = ({ says }: MistakeKind) => Number(says === OTHERS);
  const mistakes = [...kinds.values()].toSorted((a, b) => isRest(a) - isRest(b) || b.messages - a.messages);
  return {
    messages,
    wrong,
    ...(unanswered > 0 && { unanswered }),
    mistakes: mistakes.map(({ says, of, ...more }) => ({ says, ...(of !== undefined && { of }), ...more })),
  };
}

const OTHERS = "other mistakes";
const MESSAGES: ReadonlySet<WireEvent["type"]> = new Set(["text", "binary", "violation"]);

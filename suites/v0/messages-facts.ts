import { isMessage, isObject, jsonOnce, type Transcript, type WireEvent } from "../../harness/transcript.ts";
import type { RequirementId } from "../../schemas/v0/requirements.ts";
import type { Schemas } from "../../schemas/v0/schema.ts";
import { look, type Mistake } from "./message-mistakes.ts";
import { envelope } from "./protocol.ts";

/** The answered requests, and ids of events, that are remembered; the open requests; and the texts that are no message. */
const ANSWERED_REMEMBERED = 100;
const OPEN_REQUESTS = 1_000;
const UNREADABLE = 10;

/** The first event that breaks a rule, and what is wrong with it. */
export interface Breach extends Mistake {
  readonly event: WireEvent;
  /** The earlier events that make it a breach. */
  readonly because: readonly WireEvent[];
}

/** Notes that a message breaks a rule. */
type Note = (id: RequirementId, mistake: Mistake, ...because: readonly WireEvent[]) => void;

/** A request, and its response once that has come. */
export interface AskedMessage {
  readonly request: WireEvent;
  response?: WireEvent;
  /** An earlier request of the same id and command, and its response: a server may leave this one aside. */
  earlier?: readonly WireEvent[];
  /** Later requests of the same id and command that came before its response. */
  readonly later?: AskedMessage[];
}

/** All that the rules need to know of a connection so far. */
export interface ConnectionFacts {
  readonly breaches: Partial<Record<RequirementId, Breach>>;
  /** Requests by their ids and commands, the oldest first. */
  readonly open: Map<string, AskedMessage>;
  readonly answered: Map<string, AskedMessage>;
  /** Events and requests of the server by their ids, the oldest first. */
  readonly ids: Map<string, WireEvent>;
  /** The client may have sent requests that are not among these. */
  forgot: boolean;
  /** The latest texts of the client that are no message. A lenient server may take one for a request. */
  readonly unreadable: Map<string, WireEvent>;
  /** The open requests of the server, and the latest that the client has answered, by their ids and commands. */
  readonly asks: Map<string, AskedMessage>;
  readonly met: Map<string, AskedMessage>;
  /** The first message of the client that may be a response, though it is none to any of these. */
  strange?: WireEvent;
}

interface FactsSoFar extends ConnectionFacts {
  upTo: number;
}

const soFar = new WeakMap<Schemas, WeakMap<Transcript, FactsSoFar>>();

/** The facts of a connection so far. `sender` is the side of the target. Each event is read once, however often somebody asks. */
export function connectionFacts(transcript: Transcript, schemas: Schemas, sender: string): ConnectionFacts {
  const mine = soFar.get(schemas) ?? new WeakMap<Transcript, FactsSoFar>();
  soFar.set(schemas, mine);
  const facts = mine.get(transcript) ?? {
    ...{ breaches: {}, open: new Map(), answered: new Map(), ids: new Map(), forgot: false, upTo: 0 },
    ...{ asks: new Map(), met: new Map(), unreadable: new Map() },
  };
  mine.set(transcript, facts);
  for (; facts.upTo < transcript.events.length; facts.upTo++) {
    const event = transcript.events[facts.upTo] as WireEvent;
    if (event.from === "client") asked(event, facts);
    else if (isMessage(event)) said(event, facts, schemas, sender);
  }
  return facts;
}

const json = (value: unknown) => JSON.stringify(value);

const nameOf = (id: string, command: string) => json([id, command]);

/** Tells if an event of the client may hold a request that nobody can read. */
const mayHide = (event: WireEvent): boolean =>
  ["binary", "violation", "cut"].includes(event.type) || ("length" in event && event.length !== undefined);

/** Notes a request of the client. */
function asked(event: WireEvent, facts: FactsSoFar): void {
  facts.forgot ||= mayHide(event);
  const message = jsonOnce(event);
  const it = isObject(message) ? envelope(message) : undefined;
  if (it?.kind === "response" || (!it && event.type === "text")) meets(event, it && nameOf(it.id, it.name), facts);
  if (!it && event.type === "text") {
    facts.unreadable.set(`${facts.upTo}`, event);
    dropsOldest(facts.unreadable, UNREADABLE);
  }
  if (it?.kind !== "request") return;
  const name = nameOf(it.id, it.name);
  const known = facts.open.get(name);
  const before = known ?? facts.answered.get(name);
  const earlier = before && [before.request, ...(before.response ? [before.response] : [])];
  const one: AskedMessage = { request: event, later: [], ...(earlier && { earlier }) };
  known?.later?.push(one);
  facts.open.set(known ? `${name} ${facts.upTo}` : name, one);
  facts.forgot ||= dropsOldest(facts.open, OPEN_REQUESTS);
}

/** Notes a response of the client, or a message that may be one. */
function meets(event: WireEvent, name: string | undefined, facts: FactsSoFar): void {
  const ask = name === undefined ? undefined : facts.asks.get(name);
  if (!ask || name === undefined) {
    facts.strange ??= event;
    return;
  }
  facts.asks.delete(name);
  facts.met.set(name, { ...ask, response: event });
  dropsOldest(facts.met, ANSWERED_REMEMBERED);
}

/** Notes a message of the server, and what is wrong with it. */
function said(event: WireEvent, facts: ConnectionFacts, schemas: Schemas, sender: string): void {
  const message = jsonOnce(event);
  const it = isObject(message) ? envelope(message) : undefined;
  const name = it?.kind === "response" ? nameOf(it.id, it.name) : undefined;
  const key = name === undefined ? undefined : keyOf(name, facts);
  const before = name === undefined || key !== undefined ? undefined : facts.answered.get(name);
  const asked = key === undefined ? before : facts.open.get(key);
  // A response without its request would be another breach.
  const because = asked ? [asked.request, ...(asked.response ? [asked.response] : [])] : [];
  const broken: Note = (id, mistake, ...more) => {
    facts.breaches[id] ??= { ...mistake, event, because: [...because, ...more] };
  };
  look(event, message, { schemas, sender, isStray: name !== undefined && !asked && !facts.forgot }, broken);
  if (name !== undefined && key !== undefined && asked) {
    // A later request would be taken for the one that this response answers.
    for (const it of asked.later ?? []) it.earlier = [asked.request, event];
    facts.open.delete(key);
    facts.answered.delete(name);
    facts.answered.set(name, { ...asked, response: event });
    dropsOldest(facts.answered, ANSWERED_REMEMBERED);
  } else if (name !== undefined && !facts.forgot) {
    if (before) broken("response.once", { words: "the request was answered before" });
    else if (!facts.breaches["response.correlated"] && !(it && mayBeMeant(it, facts)))
      broken("response.correlated", { words: "no request has this messageId and commandId" });
  } else if (it && name === undefined) {
    const same = facts.ids.get(it.id);
    if (same) broken("event.id-unique", { words: "its messageId was there before" }, same);
    facts.ids.delete(it.id);
    facts.ids.set(it.id, event);
    dropsOldest(facts.ids, ANSWERED_REMEMBERED);
    if (it.kind === "request") facts.asks.set(nameOf(it.id, it.name), { request: event });
    dropsOldest(facts.asks, ANSWERED_REMEMBERED);
  }
}

/** Tells if a text that is no message names the id and the command of a response: `malformed.closed` tells of who answers that. */
const mayBeMeant = ({ id, name }: { id: string; name: string }, { unreadable }: ConnectionFacts): boolean =>
  [...unreadable.values()].some((event) =>
    [id, name].every((it) => "data" in event && [json(it), `'${it}'`].some((quoted) => event.data.includes(quoted))),
  );

/** The key of an open request of this name. */
const keyOf = (name: string, { open }: ConnectionFacts): string | undefined =>
  open.has(name) ? name : [...open.keys()].find((it) => it.startsWith(`${name} `));

/** Drops the oldest of more than so many, and tells if there was one. */
function dropsOldest(some: Map<string, unknown>, most: number): boolean {
  if (some.size <= most) return false;
  const [oldest = ""] = some.keys();
  return some.delete(oldest);
}

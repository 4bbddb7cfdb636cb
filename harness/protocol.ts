import type { Arrival } from "./arrivals.ts";
import type { Requirement } from "./catalogue.ts";
import type { Connection } from "./connection.ts";
import type { Foundations } from "./foundation.ts";
import type { Check } from "./judge.ts";
import type { Nothing } from "./nothing.ts";
import type { RecordedRule, Rule } from "./rule.ts";
import type { Case, Suite } from "./scenario.ts";
import type { Violation } from "./schema.ts";
import type { RequirementSet } from "./set.ts";
import type { Keys } from "./target.ts";
import type { Message, MessageEnvelope, Transcript, WireEvent } from "./transcript.ts";

/** A server that runs in this process. */
export interface RunningServer {
  readonly url: string;
  /** The credentials of its users, as headers: clients come as the first, where nothing else is said. */
  readonly users?: readonly Readonly<Record<string, string>>[];
  /** The secrets that cases about tokens need. */
  readonly keys?: Keys;
  /** Further lines for who starts it by hand. */
  readonly notes?: readonly string[];
  /** Ends all its connections and stops listening. */
  close(): Promise<void>;
}

/** The options of the reference server. Port 0 is any free one. */
export interface ServeOptions {
  readonly host?: string | undefined;
  readonly port?: number;
  /** The name of its fault. */
  readonly fault?: string | undefined;
}

/** The options of a server that the suite plays. */
export interface ListenOptions extends Pick<ServeOptions, "port"> {
  /** Called with each client that asks for a WebSocket. */
  arrived(arrival: Arrival): void;
}

/** One way in which the reference server can misbehave. */
export interface Fault {
  /** Tells in one sentence what the server does. */
  readonly says: string;
  /** The requirement that it breaks. */
  readonly breaks: string;
  /** The headers that a client must send to be served. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A section of the catalogue. */
export interface Section {
  readonly name: string;
  readonly title: string;
  /** Its requirements hold for every message of the target, whatever a case is about. */
  readonly everyMessage?: true;
}

/** The place that a requirement comes from. */
export interface Clause {
  /** The document, and where in it: `RFC 6455, 5.1`. */
  readonly place: string;
  /** A URL, or a path in this package. */
  readonly link: string;
  /** The words of the document. */
  readonly says?: string;
}

/** The facts by which one mistake behind a broken requirement differs from another. */
export interface Clue {
  /** The case that shows it. */
  readonly caseId: string;
  readonly check: Pick<Check, "harm" | "endKind" | "silence">;
  /** The case is right at times: what other clients do, or chance, decides. */
  readonly unstable?: boolean | undefined;
  /** The connection that shows it, and the event there; none where nothing came. */
  readonly url?: string | undefined;
  readonly event?: WireEvent | undefined;
  /** The keyword of its schema that the message there breaks first. */
  readonly keyword?: string | undefined;
}

/** A symptom of the mistake behind a broken requirement. */
export interface Symptom {
  shows(clue: Clue): boolean;
  readonly cause: string;
}

/** Something that users of a server wait for. */
export interface Latency {
  readonly name: string;
  /** Measures it on a connection, in ms; `undefined` if it did not happen there. */
  of(transcript: Transcript): number | undefined;
}

/** A message of a version: its command, who sends it to whom, and its JSON schema, without references. */
export interface MessageShape {
  readonly command: string;
  /** Such as `request`, `response` or `event`. */
  readonly kind: string;
  readonly source: readonly string[];
  readonly target: readonly string[];
  readonly schema: Readonly<Record<string, unknown>>;
}

/** One version of a protocol: all that the harness and the reports need to know of it. Its messages are JSON objects. */
export interface Protocol {
  /** Its name, as users read it. */
  readonly name: string;
  readonly version: string;
  /** The options of the command line that choose it, where it is not the one that is tested without any. */
  readonly options?: readonly string[];
  /** The kind of client that is tested, where it is no server. */
  readonly actor?: string;
  /** The schemas of its messages, where they were read from a folder: its digest, and the version of them that the user gives. */
  readonly folder?: { readonly digest: string; readonly version?: string };
  /** The WebSocket subprotocols that a client offers, the one it likes best first. */
  readonly subprotocols: readonly string[];
  /** Says what to do where the server wants credentials; without it, to give a header. */
  readonly loginHint?: string;
  readonly requirements: readonly Requirement[];
  readonly sections: readonly Section[];
  /** The words for what the sources of requirements begin with: a letter, or an RFC. */
  readonly sources: Readonly<Record<string, string>>;
  /** The clause that each requirement comes from. */
  readonly clauses: Readonly<Record<string, Clause>>;
  /** The usual mistakes behind a broken requirement; none for a MAY. */
  readonly causes: Readonly<Record<string, string>>;
  /** Tell which of several usual mistakes it is. The first that shows counts. */
  readonly symptoms?: Readonly<Record<string, readonly Symptom[]>>;
  /** The sets that certificates are made by, the oldest first. */
  readonly sets: readonly RequirementSet[];
  /** The reasons why requirements and cases of older sets count no more. */
  readonly withdrawn: Readonly<Record<string, string>>;
  readonly suites: readonly Suite[];
  /** Tells which requirements rest on which. */
  readonly foundations: Foundations;
  /** The case of a client that does nothing special. While it is served, the server is not just slow. */
  readonly canary: string;
  /**
   * Tells a goodbye: if a message is any, if it may be one that the server says of its own accord, whenever it likes, and if something
   * that a client did is a reason for it instead.
   */
  readonly goodbye?: {
    isAny(message: Message): boolean;
    isOwn(message: Message): boolean;
    isReason(event: WireEvent): boolean;
  };
  /** Returns the requirement that a case breaks if its input ends the server, or the connections of others. */
  survivalOf(it: Case): string;
  /** The JSON schemas of its messages. */
  readonly schemas: readonly unknown[];
  /** The same with what each is about, to be explained. */
  readonly messages?: readonly MessageShape[];
  /** Tells if a command is one of the version, of which there is no schema here. */
  isElsewhere?(command: string): boolean;
  /** The rules that are judged on every connection of every case. */
  readonly rules: readonly Rule[];
  /** Further rules, for recorded connections. */
  readonly recordedRules?: readonly RecordedRule[];
  /** Says what is wrong with a message of a client; nothing if all is right. */
  mistakeOf?(message: Message): string | undefined;
  /** Returns the id that a client may give to this message alone of all that it sends, if it has one. */
  ownIdOf?(message: Message): string | undefined;
  /** Says what a client left out on a recorded connection; nothing if the recording does not show that it did. */
  omissionIn?(transcript: Transcript): string | undefined;
  /** Tells if anything on a recorded connection is of this protocol. */
  speaks?(transcript: Transcript): boolean;
  /** Returns `undefined` for a message that does not say which it is. */
  envelope(message: Message): MessageEnvelope | undefined;
  /** Lists what is wrong with a message by its schema; nothing if this version defines none. */
  violationsOf(message: Message): readonly Violation[];
  /** The name of the message that the server sends to every client as soon as it connects, if there is one. */
  readonly greeting?: string;
  /** The messages a second that clients send on a connection at most, where nobody says otherwise: servers drop who is faster. */
  readonly rate?: number;
  /** Awaits the sign that a client is served as its user, where clients come as users. Each may have one connection at a time. */
  login?(client: Connection): Promise<Message | Nothing>;
  readonly latencies: readonly Latency[];
  /** Returns the URL to connect to, with a query, or else with that of a client of this version. Throws a `UsageError`. */
  address(target: URL, query?: string): URL;
  /** Listens as a server does, where clients are tested. */
  listen?(options: ListenOptions): Promise<RunningServer>;
  /** Starts the reference client, which comes to this url, where clients are tested. */
  come?(url: string): Promise<RunningClient>;
  /** Starts the reference server. Throws a `UsageError` for an unknown fault. */
  serve(options?: ServeOptions): Promise<RunningServer>;
  /** The faults that the reference server can have, by name. */
  faults(): Promise<Readonly<Record<string, Fault>>>;
  /** The ids of the cases that find each fault, by its name. A fault may be left out. */
  kills(): Promise<Readonly<Record<string, readonly string[]>>>;
}

/** A client that comes to a server by itself. */
export interface RunningClient {
  stop(): void;
}

/** Returns all cases of a version, in the order of its suites. */
export const casesIn = ({ suites }: Pick<Protocol, "suites">): Case[] => suites.flatMap(({ cases }) => cases);

/** Returns the requirements of a version by their ids. */
export const catalogueOf = ({ requirements }: Pick<Protocol, "requirements">): ReadonlyMap<string, Requirement> =>
  new Map(requirements.map((it) => [it.id, it]));

/** Tells if the server greets each client. */
export const greetsAll = ({ greeting }: Pick<Protocol, "greeting">): boolean => greeting !== undefined;

/** Returns the names of the suites that put load on a server. */
export const loadSuitesOf = ({ suites }: Pick<Protocol, "suites">): ReadonlySet<string> =>
  new Set(suites.filter(({ load }) => load).map(({ name }) => name));

/** Returns the ids of the requirements that only suites which put load on a server test. */
export function testedUnderLoad(protocol: Pick<Protocol, "suites">): string[] {
  const load = loadSuitesOf(protocol);
  const tested = (isLoad: boolean) =>
    new Set(casesIn(protocol).flatMap(({ suite, tests }) => (load.has(suite) === isLoad ? tests : [])));
  const light = tested(false);
  return [...tested(true)].filter((id) => !light.has(id));
}

/** Returns the faults of the reference server that break a requirement. */
export const breaking = (id: string, faults: Readonly<Record<string, Fault>>): [string, Fault][] =>
  Object.entries(faults).filter(([, { breaks }]) => breaks === id);

/** Tells if a requirement is judged on every connection of every case. */
export const isEverywhere = (id: string, { rules }: Protocol): boolean =>
  rules.some(({ requirement }) => requirement === id);

/** Returns the cases that declare to test a requirement. */
export const testing = (id: string, protocol: Protocol): Case[] =>
  casesIn(protocol).filter(({ tests }) => tests.includes(id));

import type { Requirement } from "./catalogue.ts";
import type { Foundations } from "./foundation.ts";
import type { Rule } from "./rule.ts";
import type { Case, Suite } from "./scenario.ts";
import type { Violation } from "./schema.ts";
import type { RequirementSet } from "./set.ts";
import type { Message, Transcript } from "./transcript.ts";

/** A server that runs in this process. */
export interface RunningServer {
  readonly url: string;
  /** Ends all its connections and stops listening. */
  close(): Promise<void>;
}

/** How the reference server is started; port 0 is any free one. */
export interface ServeOptions {
  readonly host?: string | undefined;
  readonly port?: number;
  /** The name of the fault that it shall have. */
  readonly fault?: string | undefined;
}

/** One way in which the reference server can misbehave. */
export interface Fault {
  /** What it does, in one sentence. */
  readonly says: string;
  /** The requirement that it breaks. */
  readonly breaks: string;
  /** What a client has to send with its handshake to be served. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A section of the catalogue. */
export interface Section {
  readonly name: string;
  readonly title: string;
}

/** The place that a requirement comes from. */
export interface Clause {
  /** The document, and where in it: `RFC 6455, 5.1`. */
  readonly place: string;
  /** A URL, or a path in this package. */
  readonly link: string;
  /** What it says there, word for word. */
  readonly says?: string;
}

/** Something that users of a server wait for. */
export interface Latency {
  readonly name: string;
  /** How long it took on a connection, in ms; `undefined` where it did not happen there. */
  of(transcript: Transcript): number | undefined;
}

/** Which message it is. */
export interface Envelope {
  /** Such as `request`, `response` or `event`. */
  readonly kind: string;
  readonly name: string;
  /** Ties an answer to its request, where the version has such an id. */
  readonly id?: string;
}

/** One version of a protocol: all that the harness and the reports need to know of it. Its messages are JSON objects. */
export interface Protocol {
  /** Its name, as users read it. */
  readonly name: string;
  readonly version: string;
  /** The WebSocket subprotocols that a client offers, the one it likes best first. */
  readonly subprotocols: readonly string[];
  readonly requirements: readonly Requirement[];
  readonly sections: readonly Section[];
  /** Where each requirement comes from. */
  readonly clauses: Readonly<Record<string, Clause>>;
  /** What a server author usually did wrong where a requirement is broken; nothing for a MAY. */
  readonly causes: Readonly<Record<string, string>>;
  /** What was frozen to be certified by, the oldest first. */
  readonly sets: readonly RequirementSet[];
  /** Why a requirement or case of an older set counts no more: it is gone, or was changed since. */
  readonly withdrawn: Readonly<Record<string, string>>;
  readonly suites: readonly Suite[];
  /** How the requirements rest on one another. */
  readonly foundations: Foundations;
  /** The case of a client that does nothing but what all do: that it is served shows that the server is not just slow. */
  readonly canary: string;
  /** What a case breaks whose input ends the server, or the connections of others. */
  survivalOf(it: Case): string;
  /** The JSON schemas of its messages, and the keywords of their own that they hold. */
  readonly schemas: readonly unknown[];
  readonly keywords: readonly string[];
  /** What is judged on every connection of every case. */
  readonly rules: readonly Rule[];
  /** Returns `undefined` for a message that does not say which it is. */
  envelope(message: Message): Envelope | undefined;
  /** What is wrong with a message by its schema; nothing where this version defines none. */
  violationsOf(message: Message): readonly Violation[];
  /** The name of the message that the server sends to every client as soon as it connects, if there is one. */
  readonly greeting?: string;
  readonly latencies: readonly Latency[];
  /** The URL to connect to, with a query, or with that of a client of this version. Throws a `UsageError`. */
  address(target: URL, query?: string): URL;
  /** Starts the reference server. Throws a `UsageError` for an unknown fault. */
  serve(options?: ServeOptions): Promise<RunningServer>;
  /** The faults that the reference server can have, by name. */
  faults(): Promise<Readonly<Record<string, Fault>>>;
  /** The ids of the cases that find each fault, by its name. A fault may be left out. */
  kills(): Promise<Readonly<Record<string, readonly string[]>>>;
}

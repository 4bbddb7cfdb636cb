import type { Requirement } from "./catalogue.ts";
import type { Rule } from "./rule.ts";
import type { Suite } from "./scenario.ts";
import type { Violation } from "./schema.ts";
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
}

/** Something that users of a server wait for. */
export interface Latency {
  readonly name: string;
  /** How long it took on a connection, in ms; `undefined` where it did not happen there. */
  of(transcript: Transcript): number | undefined;
}

/** One version of the protocol: all that the harness needs to know of it. */
export interface Protocol {
  readonly version: string;
  readonly requirements: readonly Requirement[];
  readonly suites: readonly Suite[];
  /** What is judged on every connection of every case. */
  readonly rules: readonly Rule[];
  /** How a message names its schema. */
  nameOf(message: Message): string | undefined;
  /** What is wrong with a message by its schema; nothing where this version defines none. */
  violationsOf(message: Message): readonly Violation[];
  readonly latencies: readonly Latency[];
  /** The URL to connect to, with a query, or with that of a client of this version. Throws a `UsageError`. */
  address(target: URL, query?: string): URL;
  /** Starts the reference server. Throws a `UsageError` for an unknown fault. */
  serve(options?: ServeOptions): Promise<RunningServer>;
  /** The faults that the reference server can have, by name. */
  faults(): Promise<Readonly<Record<string, Fault>>>;
}

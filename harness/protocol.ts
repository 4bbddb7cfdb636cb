import type { Requirement } from "./catalogue.ts";
import type { Rule } from "./rule.ts";
import type { Suite } from "./scenario.ts";
import type { Message } from "./transcript.ts";

/** A server that runs in this process. */
export interface RunningServer {
  readonly url: string;
  /** Ends all its connections and stops listening. */
  close(): Promise<void>;
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
  /** The URL to connect to, with a query, or with that of a client of this version. Throws a `UsageError`. */
  address(target: URL, query?: string): URL;
  /** Starts the embedded reference server; port 0 is any free one. */
  serve(options?: { readonly host?: string; readonly port?: number }): Promise<RunningServer>;
}

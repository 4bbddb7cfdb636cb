import type { Report } from "./report.cjs";

export type {
  Case as ReportCase,
  Check as ReportCheck,
  Connection as ReportConnection,
  Event as ReportEvent,
  Level,
  Report,
  Verdict,
} from "./report.cjs";

/** The url of a server, or a function that gives it when it is needed. */
export type Url = string | URL | (() => string | URL | Promise<string | URL>);

/** Globs that select cases: `*` stands for anything. Who selects nothing gets all cases but those that put load on a server. */
export interface Selection {
  readonly suite?: string | readonly string[];
  readonly case?: string | readonly string[];
  /** The cases that test these requirements. */
  readonly requirement?: string | readonly string[];
  /** Also the cases that put load on a server. */
  readonly all?: boolean;
}

/** A protocol version: the one of the document, or the one that is spoken today. */
export type ProtocolVersion = "0.1.7" | "v0";

/** The ways to reach and to judge a server. */
export interface Judging {
  /** The protocol version to test (default: 0.1.7). */
  readonly protocol?: ProtocolVersion;
  /** The time that the server has to answer, in ms: 1000 for a case of `cases`, so that a test ends in 5 s, else 2000. */
  readonly timeout?: number;
  /** A SHOULD counts as a MUST. */
  readonly strict?: boolean;
  /** The YAML file of the failures that are expected. One that no longer fails is a failure. */
  readonly expectedFailures?: string;
  /** Headers of every handshake. What comes of them is redacted everywhere. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Further headers, which the cases of clients without credentials leave out. */
  readonly credentials?: Readonly<Record<string, string>>;
  /**
   * Users, by the headers that are their credentials. Without `credentials` the first is who clients are; cases that need several users
   * take the others.
   */
  readonly users?: readonly Readonly<Record<string, string>>[];
  /** Certificates in PEM format to trust. */
  readonly ca?: string;
  /** Accept any certificate. */
  readonly insecure?: boolean;
  /** The time that a silent client must be left alone, in s (default: one timeout). */
  readonly idle?: number;
  /** The number that generated commands come from (default: a random one, for a case of `cases` 1). */
  readonly seed?: number;
  /** The number of commands that a generating case makes (default: 200). */
  readonly runs?: number;
}

/** The options of one call. */
export interface Calling {
  /** Ends it early. */
  readonly signal?: AbortSignal;
}

/** Selects and judges the cases of `cases`. */
export interface CasesOptions extends Selection, Judging {
  /** Called with what is wrong where a SHOULD is broken, which fails nothing unless it is `strict`. */
  readonly onWarning?: (message: string) => void;
}

/** The options of a run. */
export interface RunOptions extends Selection, Judging, Calling {
  /** Cases at work at the same time (default: 16). */
  readonly concurrency?: number;
  /** Called whenever a case has a verdict, also when it gets another by running again. */
  readonly onCase?: (it: { readonly id: string; readonly verdict: import("./report.cjs").Verdict }) => void;
}

/** One thing that a client does, to be a test. */
export interface ConformanceCase {
  /** `suite/name`. It never changes its meaning. */
  readonly id: string;
  readonly suite: string;
  /** The act of the client. */
  readonly title: string;
  /** The requirements that it tests. */
  readonly requirements: readonly string[];
  /** Runs the case against a server. Rejects with a `ConformanceError` where that does not conform. */
  judge(url: Url, options?: Calling): Promise<void>;
}

/** Says that a server does not conform. Its message is what the command line would print. */
export declare class ConformanceError extends Error {
  readonly report: Report;
}

/** A server that runs in this process. */
export interface RunningServer {
  readonly url: string;
  /** The users that it knows, by the headers that are their credentials, where it wants to know who comes. */
  readonly users?: readonly Readonly<Record<string, string>>[];
  close(): Promise<void>;
}

/** Returns cases, each to be a test of its own. Throws where the selection or an option is wrong. */
export declare function cases(options?: CasesOptions): ConformanceCase[];

/** Runs cases against a server, all together. Resolves to the content of report.json, whatever the verdict is. */
export declare function run(url: Url, options?: RunOptions): Promise<Report>;

/** Does the same, and rejects with a `ConformanceError` unless the command line would exit with 0. */
export declare function conformance(url: Url, options?: RunOptions): Promise<Report>;

/** Judges files of recorded traffic, without a server. */
export declare function check(
  files: string | readonly string[],
  options?: Pick<Judging, "strict" | "protocol">,
): Promise<Report>;

/** Returns what the terminal shows of a report. */
export declare function toText(report: Report): string;

/** Starts the reference server, which has no fault unless one is named. */
export declare function serve(options?: {
  readonly protocol?: ProtocolVersion;
  readonly host?: string;
  readonly port?: number;
  readonly fault?: string;
}): Promise<RunningServer>;

import type { Level, Verdict } from "../harness/catalogue.ts";
import type { Check } from "../harness/judge.ts";
import type { NoticedLimits } from "../harness/noticed-limits.ts";
import type { Unexplained } from "../harness/pass.ts";
import type { Stop } from "../harness/run-options.ts";
import type { Stall } from "../harness/shared.ts";
import type { Keys } from "../harness/target.ts";
import type { WireEvent } from "../harness/transcript.ts";

/** The protocol under test. */
export interface ReportProtocol {
  readonly name: string;
  readonly version: string;
  /** The options that choose it, where it is not the one that is tested without any. */
  readonly options?: readonly string[];
  /** The kind of client that was tested, where it was no server: its events are `from` the `server`, those of the suite from the `client`. */
  readonly actor?: string;
  /** The digest of the schemas that were read, where they are not those of the suite. */
  readonly schemas?: string;
  /** Their version, as the user gives it. */
  readonly schemasVersion?: string;
}

/** A connection of a report. */
export interface ReportConnection {
  readonly url: string;
  readonly name?: string;
  readonly events: readonly WireEvent[];
}

/** A check of a report. */
export interface ReportCheck extends Check {
  /** The user's reason why it is expected to fail. */
  readonly expectedFailure?: string;
  /** It could not be judged because something was not recorded. Nobody is to blame, so it does not count as unjudged. */
  readonly unrecorded?: true;
}

/** The end of a run before all cases ran. */
export interface ReportStop extends Stop {
  /** In words, as in the result of each case that did not run: `not run: interrupted`. */
  readonly words: string;
}

/** A case of a report. Times are in ms. */
export interface ReportCase {
  readonly id: string;
  readonly title: string;
  readonly suite: string;
  readonly verdict: Verdict;
  readonly unstable?: true;
  readonly unconfirmed?: true;
  /** It generates what it sends from the seed of the run. */
  readonly generates?: true;
  /** It shows a requirement in its plainest form, by what any client does. */
  readonly plain?: true;
  /** It did not begin, since the run had ended. */
  readonly unrun?: true;
  readonly durationMs: number;
  readonly digest: string;
  readonly checks: readonly ReportCheck[];
  readonly connections: readonly ReportConnection[];
}

/** A row of the catalogue in a report, with the worst verdict over the cases that tested it. */
export interface ReportRequirement {
  readonly id: string;
  /** The suite about it, or its section of the catalogue. Nothing in reports of version 0.5.0. */
  readonly suite?: string;
  readonly level: Level;
  readonly verdict: Verdict;
  readonly cases: readonly string[];
}

/** A part of a run: its number, and every case of the whole, in order. */
export interface ReportShard {
  readonly index: number;
  readonly of: number;
  readonly cases: readonly string[];
}

/** A time that users wait, in ms: the median over the connections of each repetition. */
export interface ReportLatency {
  readonly name: string;
  readonly mediansMs: readonly number[];
}

/** The state of an entry in a file of expected failures. */
export interface ReportExpectation {
  /** Its first line in the file, from 1. */
  readonly line: number;
  readonly case?: readonly string[];
  readonly requirement?: readonly string[];
  readonly reason: string;
  readonly issue?: string;
  readonly owner?: string;
  /** The last day on which it holds: `2027-03-31`. */
  readonly expires?: string;
  /** Its problems; empty where it holds. */
  readonly problems: readonly ReportProblem[];
}

/** A problem of a line in a file of expected failures, and its remedy. */
export interface ReportProblem {
  readonly line: number;
  readonly says: string;
}

/** The recordings that were judged. A case of such a report is a connection. */
export interface ReportRecording {
  readonly files: readonly string[];
  readonly events: number;
  /** All connections by verdict. If many are alike, the report holds only the first as cases. */
  readonly connections: Readonly<Record<Verdict, number>>;
  /** The same for each requirement; `skip` where not enough was recorded to judge it. */
  readonly requirements: Readonly<Record<string, Readonly<Record<Verdict, number>>>>;
  /** The mistakes of clients, if they made some. They decide no verdict unless the target says so. */
  readonly clients?: ReportClients;
  /** Connections that hold nothing of the protocol and were left out: the first few, and their number. */
  readonly leftOut?: { readonly connections: number; readonly names: readonly string[] };
}

/** Messages of clients, and the most frequent mistakes in them. */
export interface ReportClients {
  readonly messages: number;
  readonly wrong: number;
  /** The connections on which a request of the server had no response, if there are some. */
  readonly unanswered?: number;
  readonly mistakes: readonly ReportMistake[];
}

/** A kind of mistake of clients, and in how many messages it is. */
export interface ReportMistake {
  readonly says: string;
  readonly messages: number;
  /** The message, such as `user/info request`, where it says which it is. */
  readonly of?: string;
  /** The first places. Nothing in reports of version 0.5.0. */
  readonly places?: readonly ReportMistakePlace[];
}

/** The place of a mistake: the connection by its name in the recording and its case, and the number of the message of its client. */
export interface ReportMistakePlace {
  readonly connection: string;
  readonly case: string;
  readonly message: number;
  /** The event in the transcript of that case, from 0, where the report holds it. */
  readonly event?: number;
}

/** The verdict of a run: conformant, not conformant, or incomplete, since something that was to be judged was not. */
export type RunVerdict = "pass" | "fail" | "incomplete";

/** The target, and the options that decide the verdict. */
export interface ReportTarget {
  readonly url: string;
  readonly embedded: boolean;
  /** A SHOULD counts as a MUST. */
  readonly strict: boolean;
  /** A verdict that varies fails the run. */
  readonly failOnUnstable?: true;
  /** A mistake of a client in recorded traffic fails the run. */
  readonly failOnClientMistakes?: true;
  readonly users?: ReportUsers;
}

/** The users as which clients came, and the secrets that cases about tokens had, where there were any. */
interface ReportUsers {
  readonly count: number;
  /** The target accepts one connection of each. */
  readonly exclusive?: true;
  readonly keys?: readonly (keyof Keys)[];
}

/** The implementation that is certified, as its certifier names it. */
export interface Implementation {
  readonly name: string;
  readonly version?: string;
  /** The commit of its source. */
  readonly revision?: string;
}

/** The level that a server reached: no MUST is broken, or no SHOULD either. */
export type LevelReached = "conformant" | "strict";

/** The certificate beside a report: its claims, which only `verify` proves. */
export interface ReportCertificate {
  readonly implementation: Implementation;
  /** The set of requirements and cases that counts. */
  readonly set: string;
  readonly level: LevelReached;
}

/** The options of a run that decide the worth of its verdicts, beside its seed and concurrency. */
export interface ReportConditions {
  /** The time that the target had to answer. */
  readonly timeoutMs: number;
  /** The time that a silent client was to be left alone. */
  readonly idleMs: number;
  /** The time that a target which accepted no more connections had to come back. */
  readonly recoveryMs: number;
  /** The number of inputs that each generating case made. */
  readonly runs: number;
}

/** The content of report.json, from which every other format is made. Its schema is `report.schema.json`. */
export interface Report {
  readonly suite: { readonly name: string; readonly version: string };
  readonly protocol: ReportProtocol;
  readonly target: ReportTarget;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly seed: number;
  /** The number of cases of the suite, whether they ran or not. Nothing in reports of version 0.5.0. */
  readonly allCases?: number;
  /** Cases at work at the same time. */
  readonly concurrency?: number;
  /** Nothing in reports of recorded traffic, and of version 0.5.0. */
  readonly conditions?: ReportConditions;
  /** The words of the options that another run needs to meet the target in the same way, without secrets. */
  readonly given?: readonly string[];
  /** The reason why it ended early. */
  readonly stop?: ReportStop;
  /** The limits on connections, or on the messages of a user, that the target has, in words. */
  readonly limit?: string;
  /** The same as data. */
  readonly limits?: NoticedLimits;
  /** The version that the server speaks instead of the one that it was tested by. */
  readonly speaks?: string;
  readonly shard?: ReportShard;
  /** Times in which the target served nobody, or moments at which it said goodbye to everybody: the affected cases ran again. */
  readonly stalls?: readonly Stall[];
  /** Ends of the target that no case explains. */
  readonly unexplained?: readonly Unexplained[];
  readonly latencies?: readonly ReportLatency[];
  readonly expectedFailures?: { readonly file: string; readonly entries: readonly ReportExpectation[] };
  /** The certificate beside it, in a bundle. */
  readonly certificate?: ReportCertificate;
  /** The recordings, if it is a report of recorded traffic and not of a run. */
  readonly recording?: ReportRecording;
  readonly verdict: RunVerdict;
  readonly counts: Readonly<Record<Verdict, number>>;
  readonly requirements: readonly ReportRequirement[];
  readonly cases: readonly ReportCase[];
}

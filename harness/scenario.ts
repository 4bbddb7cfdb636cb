import { createHash } from "node:crypto";
import type { Connection } from "./connection.ts";
import type { Expectation } from "./expect.ts";
import type { Nothing } from "./nothing.ts";
import type { Random } from "./property.ts";
import type { Keys } from "./target.ts";
import type { Handshake } from "./upgrade.ts";

/** The wishes of a case for a connection. */
export interface ConnectOptions {
  /** The purpose of the connection, in a case with several. */
  readonly name?: string;
  /** It does what the case is about, as one without a name does. All others look on. */
  readonly acts?: boolean;
  /** The query of the URL as it stands on the wire; without it, that of a client of the version under test. */
  readonly query?: string;
  /** Come without credentials: leave out the headers of the user that are some. */
  readonly anonymous?: boolean;
  /** Come as another user of the target: a number below `users`. */
  readonly user?: number;
  /** Come as the user of this connection, once more. */
  readonly as?: Pick<Connection, "transcript">;
  /** The handshake, if it is not that of any client. */
  readonly handshake?: Handshake;
  /** One on which nothing was said yet: no other case had it before. Only where a client comes by itself they share one. */
  readonly fresh?: boolean;
}

/** The means that a case has at hand. `Id` are the requirements that it declared to test; others do not compile. */
export interface Context<Id extends string = string> {
  /** The seed and number of inputs of a case that generates them. */
  readonly random: Random;
  /** The silence of a client that the server has to leave alone, in ms. */
  readonly idle: number;
  /** The number of connections that it can have at the same time: no more than the target accepts. */
  readonly room: number;
  /** The number of users that it can come as. */
  readonly users: number;
  /** Each user has one connection: a second one ends the first. So every connection comes as another user, unless it says `as`. */
  readonly exclusive: boolean;
  /** Opens a connection. One that the server refuses is an observation too: it did not open. */
  connect(options?: ConnectOptions): Promise<Connection>;
  /** Awaits the client that is tested, where the target is one. One that does not come is a connection that did not open. */
  peer(options?: Pick<ConnectOptions, "name" | "fresh">): Promise<Connection>;
  /**
   * Judges an observation. The requirement is broken if there is none, or if it does not match the expectation.
   * Returns true if it is kept, so that a case can end where going on makes no sense. `shownBy` is the message that shows a breach,
   * if the observation was not read from it.
   */
  check<T>(requirement: Id, observed: T | Nothing, expected?: Expectation, shownBy?: unknown): observed is T;
  /** Says what the server does where the protocol leaves it open. */
  report(requirement: Id, observed: string): void;
  /** Says why a requirement cannot be judged: which prerequisite failed. */
  skip(requirement: Id, why: string): void;
  /** Says why a requirement is not to be judged: the server does not owe it. */
  unasked(requirement: Id, why: string): void;
  /** Says what the user did not give, and by which option: without it a requirement cannot be judged. */
  ungiven(requirement: Id, what: string, option: string): void;
  /** The secrets that the user gave for such cases. */
  readonly keys: Keys;
  /** Takes secrets out of all that is kept, as soon as they are known. */
  conceal(...secrets: readonly string[]): void;
}

/** One thing that a client does, and the requirements that it tests. */
export interface Case {
  /** `suite/name`. Public and frozen. */
  readonly id: string;
  readonly suite: string;
  /** Says what the client does. */
  readonly title: string;
  readonly tests: readonly string[];
  /** File and line of its definition. Only the built command knows them. */
  readonly place?: string | undefined;
  /** The digest of its words, and of all that it sends and expects. Sets freeze it. Its code may change. */
  readonly digest: string;
  /** It generates what it sends from the seed of the run. */
  readonly generates?: true | undefined;
  /** It mostly waits, and so runs beside all others. */
  readonly waits?: true | undefined;
  /** It floods a server, which may end that by any limit: it sends as fast as it can, whatever the pace of the run. */
  readonly floods?: true | undefined;
  /** It could upset a server, though its suite does not: it runs with those that may. */
  readonly upsets?: true | undefined;
  run(context: Context): Promise<void>;
}

/** One section of the catalogue and the cases that test it. */
export interface Suite {
  readonly name: string;
  readonly title: string;
  /** Its cases could upset a server: they run after those that cannot. */
  readonly upsets?: boolean;
  /** Its cases put load on a server: against a url they run only when asked for. */
  readonly load?: boolean;
  /** Its cases are made from the schemas of the run: sets count them, and freeze none of them. */
  readonly swept?: boolean;
  readonly cases: readonly Case[];
}

/** A case as a suite file writes it. `given` is the row of a table that a case was made from: part of its definition. */
export interface Scenario<Id extends string> {
  readonly id: string;
  readonly title: string;
  readonly tests: readonly Id[];
  readonly given?: unknown;
  readonly generates?: true;
  readonly waits?: true;
  readonly floods?: true;
  readonly upsets?: true;
  /** The build writes it. */
  readonly place?: string;
  run(context: Context<Id>): Promise<void>;
}

/**
 * The `scenario` of a protocol version: `Known` are the requirement ids of its catalogue. `observed` has of each case the digest of
 * what it was seen to send and to expect.
 */
export const scenarios =
  <Known extends string>(observed: Readonly<Record<string, string>> = {}) =>
  <const Id extends Known>({
    id,
    title,
    tests,
    given,
    generates,
    waits,
    floods,
    upsets,
    place,
    run,
  }: Scenario<Id>): Case => ({
    id,
    suite: id.slice(0, id.indexOf("/")),
    title,
    tests,
    // Only reports and sets ask for it: a start of the command does not hash all cases.
    get digest() {
      const essence = JSON.stringify([id, title, tests, given, observed[id]]);
      return createHash("sha256").update(essence).digest("hex").slice(0, 16);
    },
    generates,
    waits,
    floods,
    upsets,
    place,
    run: run as Case["run"],
  });

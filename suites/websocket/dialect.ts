import type { Connection } from "../../harness/connection.ts";
import type { Outgoing } from "../../harness/deeds.ts";
import type { Nothing } from "../../harness/nothing.ts";
import type { Case, Scenario } from "../../harness/scenario.ts";
import type { Message, Transcript } from "../../harness/transcript.ts";

/** The requirements of RFC 6455 and of load. Every version that uses their cases has all of them in its catalogue. */
export type SharedId = `transport.${Transport}` | `resilience.${Resilience}`;

/** The requirements of malformed commands, for a version that answers them. */
export type MalformedId = `malformed.${Malformed}`;

type Transport =
  | "handshake"
  | "http"
  | "subprotocol"
  | "extensions"
  | "ping"
  | "fragmentation"
  | "segmentation"
  | "close"
  | "survives"
  | "strict-handshake"
  | "header-whitespace"
  | "unicode"
  | "masking"
  | "reserved"
  | "utf8"
  | "control-frames";

type Malformed = "rejected" | "answered" | "reason" | "usable" | "survives" | "unspecified";

type Resilience =
  | "concurrent"
  | "churn"
  | "churn-speed"
  | "idle"
  | "half-open"
  | "no-echo"
  | "abrupt"
  | "flood"
  | "large"
  | "deep";

/** Makes cases that test these requirements. */
export type MakeCase<Known extends string> = <const Id extends Known>(it: Scenario<Id>) => Case;

/** The outcome of a request. */
export type Status = "success" | "failed";

/** The dialect of a protocol version: everything that the shared cases need to know about its messages. */
export interface Dialect {
  /** Makes a case of the version. One whose catalogue lacks a shared requirement does not compile. */
  readonly scenario: MakeCase<SharedId>;
  /** The words of the version for titles and expectations. */
  readonly words: {
    /** Follows an article: "disconnect request". */
    readonly request: string;
    /** Follows an article: "greeting". */
    readonly sign: string;
    /** Follows "is": "greeted". */
    readonly served: string;
    /** The name of the message that answers a request. */
    readonly answer: string;
    /** The name of the message that says that the connection is over. */
    readonly goodbye: string;
  };

  /** The subprotocol that clients of the version offer, if there is one. */
  readonly subprotocol?: string;

  /** A server of the version may close a connection over a message that it refuses: no MUST names the code. */
  readonly closesAnyhow?: true;

  /** Awaits the sign that a client is served: a greeting, or the answer to a request that this sends. */
  sign(client: Connection): Promise<Message | Nothing>;
  /** Tells if a message is such a sign. */
  isSign(message: Message): boolean;

  /** A request that any client may send at any moment. */
  readonly request: Message;
  /** The property of a message that names its command. */
  readonly key: string;
  /** The name of the request's command. */
  readonly name: string;
  /** Awaits the answer to a request. */
  answer(client: Connection): Promise<Message | Nothing>;
  /** The answers, refusals and goodbyes that a client has got so far, without signs; with a status, only those that have it. */
  answers(client: Connection, status?: Status): readonly Message[];
  /** The status of an answer, or why there is none. */
  statusOf(answer: Message | Nothing): unknown;

  /** A well-formed request of a command that no version has. */
  readonly unknown: Message;
  /** The answers to a malformed command that a client has got so far. A message that a bystander got, too, is none. */
  answersTo(client: Connection, malformed: Outgoing, bystander?: Connection): readonly Message[];

  /** A request to be disconnected. It may be the same. */
  readonly leave: Message;
  /** Awaits the goodbye that answers it. */
  goodbye(client: Connection): Promise<Message | Nothing>;
  /** Tells if a message is a goodbye. */
  isGoodbye(message: Message): boolean;
  /** Tells if a goodbye of the server may have been lost on its way. */
  mayBeLost(transcript: Transcript): boolean;
}

/** The dialect of a version, with the requirement of its own catalogue that owes the sign. */
export interface DialectWithSign<Own extends string> extends Dialect {
  readonly scenario: MakeCase<SharedId | Own>;
  readonly servedBy: Own;
}

/** The dialect of a version in which malformed commands are answered. */
export interface MalformedDialect extends Dialect {
  readonly scenario: MakeCase<SharedId | MalformedId>;
  /** The names of the messages that may refuse a malformed command. */
  refusalsOf(malformed: Outgoing): readonly string[];
  /** The reason that a refusal gives. */
  reasonOf(refusal: Message): unknown;
  /** The reason that it should give. */
  readonly invalid: string;
  /** Texts of messages that only servers send, by name. */
  readonly notForClients: Readonly<Record<string, string>>;
}

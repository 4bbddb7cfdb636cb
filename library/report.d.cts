/** Generated from reports/report.schema.json: `npm run docs:types` writes it again. */

export type CaseId = string;
export type RequirementId = string;
export type Level = "MUST" | "SHOULD" | "MAY";
export type Verdict = "pass" | "info" | "skip" | "warn" | "error" | "fail";

/**
 * The findings of one run of the suite. All times are in milliseconds; those of events count from the start of the run.
 */
export interface Report {
  suite: {
    name: string;
    version: string;
  };
  protocol: {
    /**
     * The protocol under test
     */
    name?: string;
    /**
     * The protocol version under test
     */
    version: string;
    /**
     * The options that choose it, where it is not the one that is tested without any
     *
     * @maxItems 6
     */
    options?: string[];
    /**
     * The kind of client that was tested, where it was no server. Its events are from the server, those of the suite from the client
     */
    actor?: string;
    /**
     * The digest of the schemas of its messages, where they were read from a folder
     */
    schemas?: string;
    /**
     * The version of these schemas, as the user gives it
     */
    schemasVersion?: string;
  };
  target: {
    /**
     * Without user and password
     */
    url: string;
    /**
     * It was the embedded reference server
     */
    embedded: boolean;
    /**
     * A SHOULD counted as a MUST
     */
    strict: boolean;
    /**
     * A verdict that varies fails the run
     */
    failOnUnstable?: true;
    /**
     * A mistake of a client in recorded traffic fails the run
     */
    failOnClientMistakes?: true;
    /**
     * Who clients came as, where the target knows users
     */
    users?: {
      /**
       * The number of users
       */
      count: number;
      /**
       * The target accepts one connection of each
       */
      exclusive?: true;
      /**
       * The secrets that cases about tokens had: a client of OAuth2, a token without the scope, a refresh token
       */
      keys?: ("client" | "unscoped" | "refresh")[];
    };
  };
  /**
   * ISO 8601, UTC
   */
  startedAt: string;
  durationMs: number;
  /**
   * Of generated inputs; 0 where none were generated
   */
  seed: number;
  /**
   * Cases at work at the same time
   */
  concurrency?: number;
  /**
   * The options that decide what the verdicts are worth, beside seed and concurrency
   */
  conditions?: {
    /**
     * The time that the target had to answer
     */
    timeoutMs: number;
    /**
     * The time that a silent client was to be left alone
     */
    idleMs: number;
    /**
     * The time that a target which accepted no more connections had to come back
     */
    recoveryMs: number;
    /**
     * The number of inputs that each generating case made
     */
    runs: number;
  };
  /**
   * The words of the options that another run needs to meet the target in the same way. Values that may be secret are …
   *
   * @minItems 1
   */
  given?: string[];
  /**
   * Why the run ended early, or is not whole
   */
  stop?: {
    /**
     * The target went away; the user ended it; the first failure ended it; shards are missing; the target is slow, and the time was up
     */
    reason: "lost" | "interrupted" | "bail" | "missing" | "slow";
    words: string;
    /**
     * The same without the words that it begins with for a case that did not run
     */
    why?: string;
    /**
     * Of a target that did not come back: the cases that may have ended it, the likeliest first
     */
    suspects?: CaseId[];
  };
  /**
   * The limits on connections, or on the messages of a user, that the target has, in words. The suite kept below them
   */
  limit?: string;
  /**
   * The same as data
   */
  limits?: {
    /**
     * The most connections at the same time
     */
    together?: number;
    /**
     * The target accepted fewer and fewer connections at the same time: these numbers, one after another
     *
     * @minItems 2
     */
    fewer?: number[];
    /**
     * The connections a second, about
     */
    perSecond?: number;
    /**
     * Each user had one connection: the target accepts no more, or mixes up several
     */
    oneEach?: "accepted" | "mixed-up";
    /**
     * The messages of a user count together, on whichever of its connections they come
     */
    messages?: "together";
  };
  /**
   * The version of the protocol that the target speaks instead of the one that it was tested by
   */
  speaks?: string;
  /**
   * The part of a run that this is
   */
  shard?: {
    index: number;
    of: number;
    /**
     * Every case of the whole run, in order
     */
    cases: CaseId[];
  };
  /**
   * The number of cases of the suite, whether they ran or not
   */
  allCases?: number;
  /**
   * The times that users of the server wait
   */
  latencies?: {
    name: string;
    /**
     * The median over the connections of each repetition
     *
     * @maxItems 10000
     */
    mediansMs: number[];
  }[];
  /**
   * The failures that were expected
   */
  expectedFailures?: {
    file: string;
    entries: {
      /**
       * The first line of the entry in the file
       */
      line: number;
      /**
       * Globs; one of them
       */
      case?: string[];
      /**
       * Globs; one of them
       */
      requirement?: string[];
      reason: string;
      issue?: string;
      owner?: string;
      /**
       * The last day on which it holds, as 2027-03-31
       */
      expires?: string;
      /**
       * The problems of the entry after this run; empty where it holds
       */
      problems: {
        line: number;
        says: string;
      }[];
    }[];
  };
  /**
   * Only in a report of recorded traffic, for which nothing was run. A case is a connection
   */
  recording?: {
    files: string[];
    events: number;
    connections: Counts;
    /**
     * The same of each requirement that was judged; skip where what it takes was not recorded
     */
    requirements: {
      [k: string]: Counts;
    };
    /**
     * The mistakes of clients, if they made some. They decide no verdict unless failOnClientMistakes is set
     */
    clients?: {
      messages: number;
      wrong: number;
      /**
       * The connections on which a request of the server had no response
       */
      unanswered?: number;
      mistakes: {
        says: string;
        messages: number;
        /**
         * The message, such as user/info request, where it says which it is
         */
        of?: string;
        /**
         * The first messages with it
         */
        places?: {
          /**
           * Its name in the recording
           */
          connection: string;
          /**
           * The id of the case that the connection is. The report may not hold it
           */
          case: string;
          /**
           * Its number among the messages of the client there
           */
          message: number;
          /**
           * Its place among the events of that connection, from 0; nothing where the report leaves it out
           */
          event?: number;
        }[];
      }[];
    };
    /**
     * Connections that hold nothing of the protocol and were left out: the first few, and their number
     */
    leftOut?: {
      connections: number;
      names: string[];
    };
  };
  /**
   * Times in which the target stood still for all clients, and a case waited in vain, or in which it let nobody in; and moments at which it said goodbye to everybody: what that hit was run again
   */
  stalls?: {
    at: number;
    ms: number;
    /**
     * How it refused everybody; absent if it stood still, or said goodbye
     */
    refused?: string;
    /**
     * It refuses everybody after about so many malformed commands or frames, and not after as many plain clients
     */
    afterWrong?: number;
    /**
     * It said goodbye to everybody at this moment, as the protocol allows; `ms` is the time for which it was away then
     */
    goodbye?: true;
  }[];
  /**
   * Ends of the target that no case makes again by itself
   */
  unexplained?: {
    at: number;
    words: string;
    /**
     * The kind of end. Ends that came about in the same way have the same
     */
    endKind?: string;
    /**
     * The cases that may have done it, the likeliest first
     */
    suspects: CaseId[];
  }[];
  /**
   * What the certificate beside it says, in a bundle; only verify shows that it is true
   */
  certificate?: {
    /**
     * In the words of whoever certifies
     */
    implementation: {
      name: string;
      version?: string;
      /**
       * The commit of its source
       */
      revision?: string;
    };
    /**
     * The set of requirements and cases that counts
     */
    set: string;
    level: "conformant" | "strict";
  };
  verdict: "pass" | "fail" | "incomplete";
  counts: Counts;
  /**
   * Every row of the catalogue, with its worst verdict over the cases that ran; skip where none judged it
   */
  requirements: {
    id: RequirementId;
    /**
     * The suite about it, or its section of the catalogue. Only older reports lack it
     */
    suite?: string;
    level: Level;
    verdict: Verdict;
    cases: CaseId[];
  }[];
  cases: Case[];
}
export interface Counts {
  pass: number;
  info: number;
  skip: number;
  warn: number;
  error: number;
  fail: number;
}
export interface Case {
  id: CaseId;
  /**
   * The act of the client
   */
  title: string;
  suite: string;
  verdict: Verdict;
  /**
   * Its verdict varied: among other cases and alone, or from one repetition to the next
   */
  unstable?: true;
  /**
   * It failed among other cases and could not be run again alone
   */
  unconfirmed?: true;
  /**
   * It generates what it sends from the seed of the run
   */
  generates?: true;
  /**
   * It shows a requirement in its plainest form, by what any client does
   */
  plain?: true;
  /**
   * It did not begin, since the run had ended
   */
  unrun?: true;
  /**
   * Of a version before 0.5.0: the breach of the server while the case ran among others, though not alone
   */
  doubt?: string;
  durationMs: number;
  /**
   * Of the definition of the case
   */
  digest: string;
  checks: Check[];
  connections: Connection[];
}
export interface Check {
  requirement: RequirementId;
  level: Level;
  verdict: Verdict;
  /**
   * Everything that would have been acceptable
   */
  expected: string;
  /**
   * The thing that came, or why it was not judged
   */
  actual: string;
  /**
   * The reason why it was not judged, where it is no requirement that is broken. `actual` holds it, too, and may say more
   */
  why?: string;
  /**
   * Why it was expected to fail; such a check does not count for the verdict of the run
   */
  expectedFailure?: string;
  see?: RequirementId;
  /**
   * What the input of the case did: it ended the server, hung it, had it stand still for long, or ended the connections of others
   */
  harm?: "end" | "hang" | "stall" | "drop";
  /**
   * The kind of end that the input caused. Ends that came about in the same way have the same
   */
  endKind?: string;
  /**
   * The wait in vain that it rests on
   */
  silence?: {
    /**
     * The name of the wait
     */
    what: string;
    afterMs: number;
    /**
     * The wait was cut short: no evidence
     */
    short?: true;
    /**
     * So many ms after it a client began to wait for the same thing that got it
     */
    nextServedAfterMs?: number;
    /**
     * The handshakes right before and after this one were answered
     */
    lost?: true;
    /**
     * The close frame of the other side had come: only TCP did not end
     */
    closing?: true;
    /**
     * So many connections were open at the time
     */
    among?: number;
  };
  /**
   * The events that show what came: of which connection of the case, and which of its events, all counted from 0
   */
  evidence?: {
    connection: number;
    /**
     * @minItems 1
     */
    events: number[];
    /**
     * The names of the properties that lead to what is wrong in the last of these events
     */
    path?: string[];
  };
  /**
   * The server does not owe it, or the user did not give what it takes. It does not count as unjudged
   */
  unasked?: true;
  /**
   * The option by which the user gives what it takes. A certificate needs it
   */
  needs?: string;
  /**
   * It could not be judged since something was not recorded. It does not count as unjudged
   */
  unrecorded?: true;
}
export interface Connection {
  url: string;
  /**
   * The purpose of the connection, in a case with several
   */
  name?: string;
  events: Event[];
}
export interface Event {
  at: number;
  from: "client" | "server";
  type:
    | "upgrade"
    | "text"
    | "binary"
    | "ping"
    | "pong"
    | "close"
    | "end"
    | "violation"
    | "error"
    | "limit"
    | "timeout"
    | "cut";
  /**
   * The text; base64 for binary, ping and pong; the HTTP head for upgrade; the reason for close; words for the others
   */
  data?: string;
  /**
   * The HTTP status of an upgrade, or a close code
   */
  code?: number;
  /**
   * Characters of the text in all, where it is cut
   */
  length?: number;
  /**
   * No case sent the close frame, but the suite by itself: the case was over, or the server had broken RFC 6455
   */
  by?: "suite";
  /**
   * Of a limit: what had too much; run: all connections together
   */
  scope?: "message" | "connection" | "run";
  /**
   * Of an error or violation: its name, as ECONNREFUSED
   */
  failure?: string;
  /**
   * The connection ended by a reset: the server may not have read all that was sent
   */
  reset?: true;
  /**
   * The handshake is asked for otherwise than any client does
   */
  odd?: true;
  /**
   * The error is in the answer to the handshake
   */
  handshake?: true;
  /**
   * The name of the wait in vain
   */
  what?: string;
  afterMs?: number;
  short?: true;
  nextServedAfterMs?: number;
  lost?: true;
  closing?: true;
  among?: number;
}

/** The right findings on a server that ends over some inputs. */
export interface Right {
  /** The cases that must fail. */
  readonly culprits: readonly string[];
  /** Tells if another case may fail, by its id or a text of its client, since it sends the same. */
  readonly alike?: RegExp;
  /** The requirements that may be broken in those cases as well. */
  readonly also?: readonly string[];
  /** The words that the terminal must say. */
  readonly says?: readonly RegExp[];
}

/** The case whose input most of these servers end over. */
export const NULL = "malformed/no-object-null";
const LONG_PING = "transport/violation-a-ping-of-126-bytes";
const long = /-of-(126|65536)-bytes$/;
const dropped: Right = { culprits: [NULL], also: ["termination.announced"] };
const three: Right = {
  culprits: [NULL, "malformed/near-miss-nul-after", LONG_PING],
  alike: /-of-(126|65536)-bytes$|\\u0000/,
};

const shadowed: Right = {
  culprits: ["malformed/nested-under-constructor"],
  alike: /"(hasOwnProperty|toString|constructor|valueOf)"\s*:/,
};

/** A server by what it does, with the right findings on it. */
export const deaths: Readonly<Record<string, readonly [on: readonly string[], right: Right, ...args: string[]]>> = {
  "dies of three inputs": [["null=exit:1@0", "escaped-nul=exit:3@200", "long-ping=exit:4@0"], three],
  "dies late of an input, and sooner of others that come a moment later": [
    ["null=exit:1@150", "array=exit:3@80"],
    {
      culprits: [NULL, "malformed/no-object-empty-array"],
      alike: /^\[/,
      says: [/^ {2}another end, in malformed\/\S+: the server ended \(exit code [13]\) \d+ ms after the text /m],
    },
  ],
  "throws 50 ms later": [["null=throw@50"], { culprits: [NULL], says: [/exit code 1\b/, /TypeError: Cannot read/] }],
  "is killed 700 ms later": [["null=kill@700"], { culprits: [NULL], says: [/SIGKILL/] }],
  "ends as if all were well": [
    ["reserved-bit=exit:0@200"],
    { culprits: ["transport/violation-a-request-with-rsv2"], alike: /-with-rsv3$/, says: [/exit code 0\b/] },
  ],
  "dies of a close code": [
    ["close-2999=exit:5@0"],
    { culprits: ["transport/violation-a-close-frame-with-code-2999"], says: [/exit code 5\b/] },
  ],
  "hangs in a loop": [["null=loop@0"], { culprits: [NULL], says: [/stopped answering anybody/] }],
  "stands still for 3 s": [["null=still:3000@0"], { culprits: [NULL], says: [/stood still for 3\.\d s/] }],
  "accepts no more": [["null=deaf@0"], { culprits: [NULL] }],
  "opens no WebSocket any more, and still refuses odd handshakes": [
    ["bracket=shut@0"],
    { culprits: ["transport/odd-a-host-with-an-open-bracket"], says: [/stopped answering anybody/] },
  ],
  "refuses everybody for good": [
    ["null=refuse:429@0", "bracket=refuse:503@0"],
    {
      culprits: [NULL, "transport/odd-a-host-with-an-open-bracket"],
      says: [/stopped accepting connections \(HTTP 429\)/],
    },
  ],
  "drops all others at once": [["null=drop@0"], dropped],
  "drops all others 100 ms later": [["null=drop@100"], dropped],
  "dies 50 ms later, one case at a time": [["null=exit:1@50"], { culprits: [NULL] }, "--concurrency", "1"],
  "drops all others 50 ms later, one case at a time": [["null=drop@50"], dropped, "--concurrency", "1"],
  "dies of a property that shadows a method": [["shadowed=exit:1@50"], shadowed],
  "has a worker that dies": [
    ["null=exit:1@0", "long-ping=kill@50", "--restart 300"],
    { culprits: [NULL, LONG_PING], alike: long },
    ...["--timeout", "4000"], // The suite waits for each start of the worker.
  ],
};

const { "dies of three inputs": dies, "drops all others 100 ms later": drops } = deaths;

/** The same of a server that the suite finds running. */
export const harmed: typeof deaths = {
  "comes back after it died of three inputs": [[...(dies?.[0] ?? []), "--restart 300"], three],
  "drops all others 100 ms later": [drops?.[0] ?? [], dropped],
};

/** Servers that die for good, by the input that they die of, and the suite that sends it. */
export const away: Readonly<Record<string, RegExp>> = {
  "null=exit:1@0": /^malformed\//,
  "null=throw@50": /^malformed\//,
  "null=loop@50": /^malformed\//,
  "null=exit:1@200": /^malformed\//,
  "deep=exit:1@0": /^malformed\//,
  "surrogate=exit:1@50": /^malformed\//,
  "surrogate=loop@200": /^malformed\//,
  "long-ping=exit:1@0": /^transport\//,
  "long-ping=loop@0": /^transport\//,
  "odd-close=exit:1@0": /^transport\//,
  "odd-close=exit:1@50": /^transport\//,
  "odd-close=loop@0": /^transport\//,
  "no-mask=exit:1@0": /^transport\//,
  "long-query=exit:1@200": /^(version|disconnect)\//,
  "bracket=loop@0": /^transport\//,
};

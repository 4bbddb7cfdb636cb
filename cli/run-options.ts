import { DEFAULTS, LAST_PORT, LONGEST_S, LONGEST_TIMEOUT } from "../running/defaults.ts";
import { ACTOR_NAMES } from "../suites/versions.ts";
import {
  flagOption as flag,
  numberOption as number,
  numberIfGiven,
  shardOption,
  textOption as text,
  textsOption as texts,
} from "./option-kinds.ts";

/** The option that chooses whom to test. */
export const ACTOR = {
  actor: {
    ...text("actor", `With v0: test clients of this kind, ${ACTOR_NAMES.join(" or ")}, and play their server`),
    words: ACTOR_NAMES,
  },
} as const;

/** The options of a run. */
export const RUNNING = {
  all: flag("Also run the suites that put load on the server"),
  strict: flag("A SHOULD counts as a MUST"),
  timeout: number("timeout", 1, DEFAULTS.timeout, "The time that the target has to answer, in ms", {
    most: LONGEST_TIMEOUT,
    unit: "ms",
  }),
  concurrency: number(
    "concurrency",
    1,
    DEFAULTS.concurrency,
    "Cases at work at the same time. Those that wait for the network do not count, except with 1",
  ),
  recovery: number(
    "recovery",
    0,
    DEFAULTS.recovery,
    "The time that a target has to come back, once it accepts no more connections, in ms",
    { unit: "ms" },
  ),
  restarts: number(
    "restarts",
    0,
    DEFAULTS.restarts,
    "Look into so many ends of the target at most; of one kind, ten inputs count at most. Each takes a start (--start) or a wait (--recovery)",
  ),
  idle: numberIfGiven("idle", 0, "The time for which a silent client is watched, in s (default: one --timeout)", {
    most: LONGEST_S,
    unit: "s",
  }),
  rate: numberIfGiven(
    "rate",
    0,
    "Each client sends so many messages a second at most, after some at once; 0 is no limit (default: 8 with v0, none against the embedded server)",
  ),
  repeat: number(
    "repeat",
    1,
    DEFAULTS.repeat,
    "Run everything this many times. A case whose verdict varies is unstable",
  ),
  seed: numberIfGiven(
    "seed",
    1,
    "Generate the same commands as the run with this seed (default: a random one; 1 with --shard)",
  ),
  runs: number("runs", 1, DEFAULTS.runs, "The number of inputs that each generating case makes"),
  bail: flag("Stop at the first failure"),
  "fail-on-unstable": flag("Exit with 1 if the verdict of a case varies, even if nothing else is wrong"),
  header: texts(
    "header",
    'Send a header: "Name: value", or @file with one a line (repeatable). Every output redacts it',
  ),
  credential: texts(
    "credential",
    "Send a header as --header does, except in cases without credentials. These always leave out Authorization, Proxy-Authorization and Cookie",
  ),
  redact: texts("redact", "Take this text out of every output, too; @file holds one a line (repeatable)"),
  as: texts("as", "Come as a user whose access token stands in a file: name:@file. Repeat it for a second user"),
  "token-command": texts(
    "token-command",
    "Come as a user whose access token this shell command prints. It runs again once the token is expired (repeatable)",
  ),
  client: text(
    "client",
    "Test OAuth2 with this client: id:secret, or id:@file with the secret in the file. Clients come with its token if no other user is given",
  ),
  "unscoped-token": text(
    "unscoped-token",
    "Test that the token in this @file, which lacks the scope tachyon.lobby, gives no connection",
  ),
  "refresh-token": text(
    "refresh-token",
    "Test that the refresh token in this @file gives no connection. With --client and --all it is revoked",
  ),
  ca: text("ca", "Trust the certificates in this PEM file"),
  insecure: flag("Accept any certificate"),
  start: text("start", "Start the server under test with this shell command, and end it afterwards"),
  "start-timeout": number(
    "start-timeout",
    1,
    DEFAULTS.startTimeout,
    "The time that the started server has to accept connections, in ms",
    { unit: "ms" },
  ),
  shard: shardOption("Run one part of the cases, such as 2/5. report --merge makes one report of all parts"),
} as const;

/** The options by which the suite plays a server, and waits for a client. */
export const LISTENING = {
  listen: numberIfGiven(
    "listen",
    0,
    "With --actor: listen on this port of this machine until the client comes; 0 is any free one",
    { most: LAST_PORT },
  ),
  "start-timeout": {
    ...RUNNING["start-timeout"],
    describe: "The time that the started server has to accept connections, or with --listen the client to come, in ms",
  },
} as const;

/** The options of a loop to work in. */
export const LOOPING = {
  "last-failed": flag("Run only what failed last, by the stored report; and the suspects, if the target went away"),
  watch: text("watch", "Start the server again and run again whenever something in this folder changes (with --start)"),
  open: flag("Open the page when the run is over, except in CI"),
} as const;

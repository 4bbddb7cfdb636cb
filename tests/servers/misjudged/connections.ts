import type { RequirementId } from "../../../schemas/0.1.7/requirements.ts";
import { banning } from "../limiting.ts";
import { program } from "../program.ts";
import { onRaw } from "../raw.ts";
import {
  type Choices,
  type Client,
  commandIn,
  dismiss,
  farewell,
  greet,
  greeting,
  isObject,
  refuseByName,
  tachyon,
} from "../tachyon.ts";
import { chooses, everyNth, type Misjudged, type Right, sends, wraps } from "./misjudged.ts";

/** The name for no command, so that a message gets no answer. */
const IGNORED = Symbol();

const isRequest = (text: string) => commandIn(text) === "system/disconnect/request";

const goodbye = { command: "system/disconnected/response", status: "success" };

/** The greeting of a server of an older version to a client of the one under test. */
const older = { ...greeting("patch_mismatch"), data: { tachyonVersion: "0.1.6", versionParity: "patch_mismatch" } };

/** The silence of the client that shall be left alone, in ms. These servers do not stand it so long. */
const LONG = 2_000;

/** Does something to a client that was silent for a time since it was greeted. */
const whenIdle = (ms: number, act: (client: Client) => void, right: Right): Misjudged =>
  wraps(
    (server) => (client) => {
      const served = server(client);
      const timer = setTimeout(act, ms, client);
      return {
        message(text, binary) {
          clearTimeout(timer);
          served.message(text, binary);
        },
        gone() {
          clearTimeout(timer);
          served.gone();
        },
      };
    },
    { ...right, options: { idle: LONG } },
  );

/** Says nothing to some malformed commands, and refuses the others late. */
const refusesLate = (ms: number, isIgnored: (text: string, binary: boolean) => boolean, right: Right): Misjudged =>
  chooses(
    () => ({
      read: (text, binary) => (isIgnored(text, binary) ? IGNORED : commandIn(text)),
      refuse: (session, command) => (command === IGNORED ? undefined : setTimeout(dismiss, ms, session)),
    }),
    right,
  );

const silent: Right = { told: ["malformed.answered"], noObjects: true };
const isNoObject = (text: string, binary: boolean) => binary || !isObject(text);

const forgets = (choices: () => Partial<Choices>, ...told: readonly RequirementId[]) => chooses(choices, { told });

/** Writes close frames without their code, so that the first letters of the reason stand in its place. */
const codeless = (bytes: Buffer) =>
  bytes[0] === 0x88 && bytes.length > 4
    ? Buffer.concat([Buffer.from([0x88, bytes.length - 4]), bytes.subarray(4)])
    : bytes;

/** Servers that forget some clients, or end connections in ways of their own. */
export const ofConnections: Readonly<Record<string, Misjudged>> = {
  "takes fragments for the beginning of the next message, too": {
    start: () => onRaw(tachyon({ refuse: (session, command) => refuseByName(session, command) }), { stay: true }),
    told: ["transport.fragmentation"],
  },
  // Faults that hit one client in some.
  "greets every client but each 40th": forgets(() => ({ greet: everyNth(40, () => {}, greet) }), "version.greeting"),
  "tells each 40th client a wrong parity": forgets(
    () => ({ greet: everyNth(40, (session) => session.say(greeting("unknown")), greet) }),
    "parity.match",
  ),
  "greets every client but each 150th": forgets(() => ({ greet: everyNth(150, () => {}, greet) }), "version.greeting"),
  "answers every disconnect request but each 40th": forgets(
    () => ({ farewell: everyNth(40, () => {}, farewell) }),
    "disconnect.answered",
  ),
  "answers every disconnect request but each 150th": forgets(
    () => ({ farewell: everyNth(150, () => {}, farewell) }),
    "disconnect.answered",
  ),
  "refuses each 100th disconnect request": forgets(
    () => ({
      farewell: everyNth(100, (session) => session.end({ status: "failed", reason: "internal_error" }), farewell),
    }),
    "disconnect.success",
  ),
  "greets each 50th client twice": forgets(
    () => ({
      greeted: everyNth(
        50,
        (session) => session.say(greeting(session.parity)),
        () => {},
      ),
    }),
    "version.once",
  ),
  "sends each 60th client no JSON": forgets(
    () => ({
      greeted: everyNth(
        60,
        (session) => session.write("undefined"),
        () => {},
      ),
    }),
    "message.json",
  ),
  "greets each 40th client twice in one text": forgets(
    () => ({
      greet: everyNth(40, (session) => session.write(JSON.stringify(greeting(session.parity)).repeat(2)), greet),
    }),
    "message.json",
  ),
  "leaves the status out of each 30th goodbye": forgets(
    () => ({ farewell: everyNth(30, (session) => session.end({}), farewell) }),
    "message.schema",
  ),
  "greets each 40th client as an older version": chooses(
    () => ({ greet: everyNth(40, (session) => session.say(older), greet) }),
    { told: ["version.current"] },
  ),
  "drops each 50th client with a close frame and no goodbye": forgets(
    () => ({
      greeted: everyNth(
        50,
        (session) => session.close(1011),
        () => {},
      ),
    }),
    "termination.announced",
  ),

  "leaves the code out where it repeats the reason of a close frame": sends(
    () => ({ outlet: (socket) => ({ write: (bytes) => socket.write(codeless(bytes)), end: () => socket.end() }) }),
    { told: ["transport.close"] },
  ),

  // Faults that hit silent clients.
  "closes with 1001 after 1 s of silence": whenIdle(1_000, (client) => client.close(1001), {
    told: ["termination.announced"],
  }),
  "ends TCP after 700 ms of silence": whenIdle(700, (client) => client.drop(), { told: ["termination.announced"] }),
  "says success after 1.2 s of silence": whenIdle(
    1_200,
    (client) => {
      client.say(JSON.stringify(goodbye));
      client.close(1000);
    },
    { told: ["termination.success-only-if-asked"] },
  ),
  "greets again after 1 s of silence": whenIdle(1_000, (client) => client.say(JSON.stringify(greeting("match"))), {
    told: ["version.once"],
  }),

  // Answers that are missing or late.
  "is silent to what is no object, and refuses the rest 300 ms later": refusesLate(300, isNoObject, silent),
  "is silent to what is no object, and refuses the rest 300 ms later, case by case": refusesLate(300, isNoObject, {
    ...silent,
    share: 4,
    options: { concurrency: 1 },
  }),
  "is silent to what is no object, and refuses the rest 700 ms later": refusesLate(700, isNoObject, silent),
  "is silent to binary messages, and refuses the rest 500 ms later": refusesLate(500, (_, binary) => binary, {}),

  // Ends of connections.
  "drops who sends one malformed command": chooses(() => ({ refuse: (session) => session.drop() }), {
    told: ["termination.announced"],
    also: ["malformed.usable", "malformed.answered"],
  }),

  // Stalls.
  // One input shuts everybody out.
  "answers 429 to all for 1 s after a request with a property `data`": {
    start: () => banning((text) => isRequest(text) && text.includes('"data"'), { ms: 1_000, way: 429 }),
    told: ["disconnect.isolated"],
  },
  "answers 503 to all for 700 ms after a command that is a number": {
    start: () => banning((text) => /"command":1\b/.test(text), { ms: 700, way: 503 }),
    told: ["malformed.survives"],
  },

  "stands still for 2.5 s once": { start: () => program("tests/servers/slow.js", "stands still for 2.5 s once") },
};

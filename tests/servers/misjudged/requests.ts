import { commandIn, dismiss, farewell, parity, type Session, type Tachyon } from "../tachyon.ts";
import { chooses, type Misjudged, type Right, wraps } from "./misjudged.ts";

/** The name for no command: the server stumbles over the request. */
const STUMBLE = Symbol();

const lost: Right = { told: ["disconnect.no-login"], also: ["disconnect.answered"] };
const open: Right = { told: ["disconnect.extra-properties"] };
const harms: Right = {
  ...open,
  oneOf: ["disconnect.isolated", "malformed.survives", "transport.survives"],
  also: ["termination.announced"],
};

/** Takes in a message only if it is `heard`, which is made anew for each connection. */
const hears =
  (heard: () => () => boolean) =>
  (server: Tachyon): Tachyon =>
  (client) => {
    const isHeard = heard();
    const served = server(client);
    return { ...served, message: (text, binary) => (isHeard() ? served.message(text, binary) : undefined) };
  };

const after = (ms: number) => () => {
  const began = performance.now();
  return () => performance.now() - began >= ms;
};

const butFirst = () => {
  let count = 0;
  return () => ++count > 1;
};

/** Greets late, and listens no earlier. */
const greetsThenListens =
  (ms: number) =>
  (server: Tachyon): Tachyon =>
  (client) => {
    let served: ReturnType<Tachyon> | undefined;
    const timer = setTimeout(() => {
      served = server(client);
    }, ms);
    return {
      message: (text, binary) => served?.message(text, binary),
      gone() {
        clearTimeout(timer);
        served?.gone();
      },
    };
  };

/** Makes one that refuses a request with some value or name in it. */
const chokes = (on: (it: string) => boolean): Misjudged =>
  chooses(
    () => ({
      read: (text, binary) =>
        binary
          ? undefined
          : commandIn(text, (name, value) => {
              if (on(name) || (typeof value === "string" && on(value))) throw new Error("not to be stored");
              return value;
            }),
    }),
    open,
  );

/** Makes one that takes a text with this in it for no JSON. */
const rejects = (pattern: RegExp, right: Right): Misjudged =>
  chooses(() => ({ read: (text, binary) => (binary || pattern.test(text) ? undefined : commandIn(text)) }), right);

/** Makes one that answers so many undefined commands of a client, and drops it over the next. */
const bears = (count: number, right: Right): Misjudged =>
  chooses(() => {
    const refused = new Map<Session, number>();
    return {
      refuse(session, command) {
        const before = refused.get(session) ?? 0;
        refused.set(session, before + 1);
        const name = typeof command === "string" ? /^(?!system\/)(\w+\/\w+)\/request$/.exec(command)?.[1] : undefined;
        if (before === count) session.drop();
        else if (name) session.say({ command: `${name}/response`, status: "failed", reason: "invalid_command" });
        else dismiss(session);
      },
    };
  }, right);

/** Makes one that stumbles over a property of these names, and then does something to its client. */
const stumbles = (names: readonly string[], act: (session: Session) => void, right: Right): Misjudged =>
  chooses(
    () => ({
      read(text, binary) {
        const command = binary ? undefined : commandIn(text);
        return command !== undefined && names.some((name) => Object.hasOwn(JSON.parse(text), name)) ? STUMBLE : command;
      },
      refuse: (session, command) => (command === STUMBLE ? act(session) : dismiss(session)),
    }),
    right,
  );

const dropAll = (session: Session) => {
  for (const it of session.everybody) it.drop();
};
const dropOthers = (session: Session) => {
  for (const it of session.everybody) if (it !== session) it.drop();
};

const splits = (version: (query: string) => string) => chooses(() => ({ version }), { told: ["parity.query"] });
const versionIn = (query: string) => new URLSearchParams(query).get("tachyonVersion") ?? "";

/** Keeps some bits of each number of the patch, as an integer of a fixed size does. */
const wrapsPatch = (bits: number) =>
  chooses(
    () => ({
      parity: (version) =>
        parity(version.replace(/(?<=^\d+\.\d+\.)[1-9]\d*$/, (patch) => `${BigInt.asUintN(bits, BigInt(patch))}`)),
    }),
    { told: ["parity.patch"] },
  );

/** Makes one that does something to the client that came last when another comes, or wants to leave. */
const mixesUp = (act: (last: Session) => void, when: "comes" | "leaves"): Misjudged =>
  chooses(
    () => {
      let last: Session | undefined;
      return {
        greeted(session) {
          if (last && when === "comes") act(last);
          last = session;
        },
        ...(when === "leaves" && { farewell: () => last && act(last) }),
      };
    },
    { told: ["disconnect.isolated"] },
  );

/** Servers that lose a message of a client, or stumble over it. */
export const ofRequests: Readonly<Record<string, Misjudged>> = {
  // They lose early messages.
  "listens 150 ms after the handshake": wraps(hears(after(150)), lost),
  "listens 20 ms after the handshake": wraps(hears(after(20)), lost),
  "listens 40 ms after the handshake": wraps(hears(after(40)), lost),
  "listens once it has greeted, 100 ms after the handshake": wraps(greetsThenListens(100), lost),
  "loses the first message of a client": wraps(hears(butFirst), {
    told: ["disconnect.no-login"],
    also: ["malformed.answered"],
  }),

  // They misread the query.
  "splits the query at semicolons too": splits((query) => versionIn(query.replaceAll(";", "&"))),
  "splits the query at semicolons alone where there is one": splits((query) =>
    versionIn(query.includes(";") ? query.replaceAll("&", "%26").replaceAll(";", "&") : query),
  ),
  "gives up a query over a pair with two equals signs": splits((query) =>
    versionIn(query.split("&").some((pair) => pair.split("=").length > 2) ? "" : query),
  ),
  "gives up a query over an escape that is no UTF-8": splits((query) => versionIn(/%FF/.test(query) ? "" : query)),
  "reads 600 characters of the query": splits((query) => versionIn(query.slice(0, 600))),
  "reads 2,000 characters of the query": splits((query) => versionIn(query.slice(0, 2_000))),
  ...Object.fromEntries([8, 16, 32].map((bits) => [`keeps a patch in ${bits} bits`, wrapsPatch(bits)])),

  // They cannot store a value.
  "stores no NUL": chokes((text) => text.includes("\0")),
  "stores no control character": chokes((text) => /\p{Cc}/u.test(text)),
  "stores no character past the first plane": {
    ...chokes((text) => /[\u{10000}-\u{10ffff}]/u.test(text)),
    also: ["transport.unicode", "disconnect.encoding"], // However such a character is spelled.
  },
  "stores no text over 5,000 bytes": chokes((text) => Buffer.byteLength(text) > 5_000),

  // They read JSON by a parser of their own.
  "knows the digits of an escape in lower case alone": rejects(/\\u[0-9a-f]*[A-F]/, { told: ["disconnect.encoding"] }),
  "knows no escaped quote in a text": rejects(/\\"/, open),

  // They stumble over names of methods.
  "drops everybody over a property called as a method": stumbles(["hasOwnProperty", "toString"], dropAll, harms),
  "drops all others over one 100 ms later": stumbles(
    ["hasOwnProperty", "toString", "valueOf", "constructor"],
    (session) => {
      dismiss(session);
      setTimeout(dropOthers, 100, session).unref();
    },
    harms,
  ),
  "refuses a property called as a method": stumbles(["hasOwnProperty", "toString", "constructor"], dismiss, open),

  "cuts a command at a sign": chooses(
    () => ({ read: (text, binary) => (binary ? undefined : String(commandIn(text)).split(/[#;:@]/)[0]) }),
    { told: ["malformed.rejected"] },
  ),
  "drops a client over its sixth unknown command": bears(5, { told: ["termination.announced", "malformed.usable"] }),

  "names its goodbye after the request": chooses(
    () => ({
      farewell(session) {
        session.say({ command: "system/disconnect/response", status: "success" });
        session.close(1000);
      },
    }),
    { told: ["disconnect.request-only"] },
  ),

  // They do not keep their clients apart.
  "says goodbye to the client that came last": mixesUp(farewell, "leaves"),
  "ends a client when the next one comes": mixesUp(dismiss, "comes"),
};

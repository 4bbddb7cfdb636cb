// A server that is slow in one of many ways: `node tests/servers/slow.js silent`. It prints its url.
import { connect, createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { goodbye, start } from "./plain.js";

const refused = { status: "failed", reason: "invalid_command" };

/** The time for which nothing happens, whoever waits, in ms. */
const standStill = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

/** Stands still again and again, for half of the time. */
function again(ms) {
  standStill(ms);
  setTimeout(again, ms, ms);
}

/** Does something else from one client on. */
const from = (n, act, before) => {
  let count = 0;
  return (...client) => (++count > n ? act : before)(...client);
};

/** Does something for one client. */
const at = (n, act) => {
  let count = 0;
  return (proceed) => {
    if (++count === n) act();
    proceed();
  };
};

/** Greets a client, and reads from it, only after `ms`. */
const later = (ms) => (client, serve) => {
  client.pause();
  setTimeout(() => {
    serve();
    client.resume();
  }, ms());
};

/** Handles one message of any client after another, each `ms` after the last. */
function oneByOne(ms) {
  let turn = Promise.resolve();
  return (_, handle) => {
    turn = turn.then(() => new Promise((resolve) => setTimeout(resolve, ms))).then(handle);
  };
}

/** Handles each message of a client after a time of its own, up to `ms`, which looks like chance. */
function jittery(ms) {
  let seed = 1;
  const turns = new WeakMap();
  return (client, handle) => {
    seed = (seed * 48_271) % 2_147_483_647;
    const wait = (ms * seed) / 2_147_483_647;
    const turn = turns.get(client) ?? Promise.resolve();
    turns.set(client, turn.then(() => new Promise((resolve) => setTimeout(resolve, wait))).then(handle));
  };
}

/** Says goodbye to a client, closes as told, and does nothing more for it. */
function leaving(close) {
  const left = new WeakSet();
  const leave = (client, outcome) => {
    left.add(client);
    goodbye(client, outcome);
    close(client);
  };
  return {
    hear: (client, handle) => left.has(client) || handle(),
    farewell: (client) => leave(client),
    refuse: (client) => leave(client, refused),
  };
}

const counted = () => {
  let count = 0;
  return () => ++count;
};

/** Says goodbye to the first client that `isIt`, and to so many others. Then it stands still, and closes only later for that one. */
function stillBeforeClose(isIt, others) {
  let one;
  let after = 0;
  const stand = () => {
    standStill(2_500);
    one.close(1000);
  };
  return (client) => {
    goodbye(client);
    if (one || !isIt(client)) client.close(1000);
    else one = client;
    if (one && after++ === others) setTimeout(stand, 10);
  };
}

/** The decisions that differ, by the kind of slowness. */
const hooks = {
  silent: () => ({ refuse() {} }),
  deaf: () => ({ open() {} }),
  "deaf after 40 clients": () => ({
    open: from(
      40,
      () => {},
      (_, serve) => serve(),
    ),
  }),
  "greets after 1.5 s": () => ({ open: later(() => 1_500) }),
  "1 ms slower with each client": () => ({ open: later(counted()) }),
  "wedges after a malformed command": () => ({ refuse: (client) => client.pause() }),
  "never closes": () => leaving(() => {}),
  "closes after 1.8 s": () => leaving((client) => setTimeout(() => client.close(1000), 1_800)),
  "one message at a time, 50 ms each": () => ({ hear: oneByOne(50) }),
  "up to 1.5 s for each message": () => ({ hear: jittery(1_500) }),
  "stands still for 1.5 s once": () => ({ admit: at(100, () => standStill(1_500)) }),
  "stands still for 1.5 s at once": () => ({ admit: at(1, () => standStill(1_500)) }),
  "stands still for 2.5 s once": () => ({ admit: at(100, () => standStill(2_500)) }),
  "stands still for 2.5 s among unusual handshakes": () => ({ admit: at(600, () => standStill(2_500)) }),
  "stands still for 2.5 s every 5 s": () => ({ admit: at(100, () => again(2_500)) }),
  "stands still for 2 s every 4 s": () => ({ admit: at(20, () => again(2_000)) }),
  "stands still for 2.5 s between a goodbye and the close": () => {
    const isThe30th = counted();
    return { farewell: stillBeforeClose(() => isThe30th() === 30, 0) };
  },
  "serves four clients between a late goodbye and 2.5 s without the close": () => {
    const since = new Map();
    return {
      open: (client, serve) => serve(since.set(client, Date.now())),
      farewell: stillBeforeClose((client) => Date.now() - since.get(client) > 400, 4),
    };
  },
  "answers 20 handshakes": () => ({
    admit: from(
      20,
      () => {},
      (proceed) => proceed(),
    ),
  }),
  "a byte every 100 ms": () => ({}),
};

/** The kinds of slowness. */
export const kinds = Object.keys(hooks);

/** Hands on what clients send to a port, and what comes back a byte at a time; prints its url. */
function drip(port, ms) {
  const server = createServer((client) => {
    const bytes = [];
    const target = connect({ port, host: "127.0.0.1" });
    const timer = setInterval(() => bytes.length > 0 && client.write(Buffer.of(bytes.shift())), ms);
    target.on("data", (chunk) => bytes.push(...chunk)).on("error", () => {});
    client.pipe(target);
    client.on("error", () => {}).on("close", () => clearInterval(timer));
  }).listen(0, "127.0.0.1", () => console.log(`ws://127.0.0.1:${server.address().port}`));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const kind = process.argv[2];
  if (kind === "a byte every 100 ms") start({}, 0, ({ port }) => drip(port, 100));
  else start(hooks[kind](), 0);
}

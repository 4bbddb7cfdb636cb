import { afterEach, describe, expect, jest, test } from "@jest/globals";
import { BOUNDS, costOf } from "../../harness/bounds.ts";
import { connect } from "../../harness/connect.ts";
import type { Connection } from "../../harness/connection.ts";
import { encode } from "../../harness/frame.ts";
import { isNothing, whyNothing } from "../../harness/nothing.ts";
import { type Recorder, recorder } from "../../harness/recorder.ts";
import { share } from "../../harness/shared.ts";
import { HANDSHAKE } from "../../harness/waited.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { type Handlers, webSocketServer } from "../servers/websocket.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  jest.useRealTimers();
  for (const close of closing.splice(0)) await close();
});

/** The cost of each event beside its payload, in bytes. */
const EVENT = 400;
const FULL = BOUNDS.connection - EVENT;

/** Makes a recorder on a clock that the test sets, and counts its calls of `idle` and `stop`. */
function one(shared = share(1_000)) {
  const called = { idle: 0, stop: 0 };
  const log = recorder(
    shared,
    () => void called.idle++,
    () => void called.stop++,
  );
  return { log, called, shared };
}
const hears = (log: Recorder, size = 0) => log.record({ from: "server", type: "text", data: "x" }, size);
const words = (found: unknown) => (isNothing(found) ? whyNothing(found) : found);
const last = ({ events }: Recorder) => events.at(-1);

describe("a bound", () => {
  test("on one connection ends the recording, is recorded itself, and ends all waits", async () => {
    const { log, called, shared } = one();
    const waiting = log.wait("more", () => undefined);
    hears(log, FULL);
    expect([log.events.length, log.over, called.stop]).toEqual([1, false, 0]);
    hears(log);
    expect(log.events.map(({ from, type }) => `${from} ${type}`)).toEqual(["server text", "client limit"]);
    expect(last(log)).toMatchObject({ data: `more than ${BOUNDS.connection} bytes on one connection` });
    expect([log.over, called.stop, shared.meter.bytes]).toEqual([true, 1, BOUNDS.connection]);
    const why = `the suite stopped reading: more than ${BOUNDS.connection} bytes on one connection`;
    expect(words(await waiting)).toEqual({ words: why, unread: true });
    hears(log);
    expect(log.events).toHaveLength(2);
  });

  test("on all connections together, until one of them is forgotten", () => {
    const shared = share(1_000);
    const all = Array.from({ length: BOUNDS.together / BOUNDS.connection }, () => one(shared));
    for (const { log } of all) hears(log, FULL);
    expect(all.map(({ log }) => last(log)?.type)).toEqual(all.map(() => "text"));
    const [late, later] = [one(shared), one(shared)];
    hears(late.log);
    expect(last(late.log)).toMatchObject({
      type: "limit",
      data: `more than ${BOUNDS.together} bytes at the same time`,
    });
    all[0]?.log.forget(0);
    expect([all[0]?.log.events, shared.meter.bytes]).toEqual([[], BOUNDS.together - BOUNDS.connection]);
    all[0]?.log.forget(0);
    hears(later.log, FULL);
    expect([last(later.log)?.type, shared.meter.bytes]).toEqual(["text", BOUNDS.together]);
  });

  test("on the events of the server, not on what the suite does", () => {
    const { log } = one();
    for (let i = 0; i < BOUNDS.events; i++) log.record({ from: "client", type: "text", data: "" }, BOUNDS.connection);
    expect([log.events.length, log.over]).toEqual([BOUNDS.events, false]);
    hears(log);
    expect(last(log)).toMatchObject({ data: `more than ${BOUNDS.events} events on one connection` });
  });

  test("on pings lets a few be recorded, but no flood", () => {
    const { log } = one();
    const ping = (times: number) => {
      for (let i = 0; i < times; i++) log.control("server", "ping", Buffer.from("a"));
    };
    ping(BOUNDS.flood);
    log.control("server", "pong", Buffer.from("b"));
    expect(log.events).toHaveLength(BOUNDS.pings + 1);
    expect([last(log), log.over]).toMatchObject([{ type: "pong", data: "Yg==" }, false]);
    ping(1);
    expect([last(log), log.over]).toMatchObject([{ data: `more than ${BOUNDS.flood} pings on one connection` }, true]);
  });

  test("counts what a text becomes when it is parsed", async () => {
    expect([costOf(""), costOf("äbc"), costOf('{"a":[1,2]}')]).toEqual([0, 6, 22 + 4 * 75]);
    const list = `[${"0,".repeat(30_000)}0]`; // 60 kB, and 30 001 values.
    const connection = await to({ open: (peer) => [1, 2, 3, 4].forEach(() => void peer.send(list)) });
    expect(words(await connection.next("never"))).toMatchObject({ unread: true });
    expect(connection.transcript.events.map(({ type }) => type)).toEqual([
      "upgrade",
      "upgrade",
      "text",
      "text",
      "text",
      "limit",
    ]);
  });
});

describe("data that comes after the recording has ended", () => {
  test("is dropped, and so is a server that goes on and on", () => {
    const { log, called } = one();
    log.freeze();
    for (let i = 0; i < 200; i++) log.record({ from: "client", type: "text", data: "" });
    for (let i = 0; i < 100; i++) hears(log);
    expect([log.events, called.stop]).toEqual([[], 0]);
    log.control("server", "ping", Buffer.from(""));
    expect([log.events, called.stop]).toEqual([[], 1]);
  });

  test("counts even if it is pings, of which many are not recorded anyway", () => {
    const { log, called } = one();
    log.freeze();
    for (let i = 0; i < 100; i++) log.control("server", "ping", Buffer.from(""));
    expect(called.stop).toBe(0);
    log.control("server", "ping", Buffer.from(""));
    expect(called.stop).toBe(1);
  });

  test("on a connection that the suite has closed, ends the connection of a server that does not", async () => {
    const flood = Buffer.concat(Array.from({ length: 101 }, () => encode({ opcode: 1, payload: "x", masked: false })));
    const dropped = new Promise((resolve) => {
      const open: Handlers["open"] = ({ socket }) => {
        socket.removeAllListeners("data").on("data", () => void socket.write(flood));
        socket.on("close", resolve);
      };
      void to({ open }).then((connection) => connection.finish());
    });
    await dropped; // Without that, `ws` waits 30 s for the close frame.
  }, 5_000);
});

describe("a wait", () => {
  function timed(timeout = 1_000, busy = 0) {
    jest.useFakeTimers({ doNotFake: ["setImmediate", "performance", "nextTick", "queueMicrotask"] });
    let now = 0;
    const shared = { ...share(timeout), clock: () => now, meter: { bytes: busy } };
    const pass = (ms: number) => {
      now += ms;
      jest.advanceTimersByTime(ms);
    };
    const stall = (ms: number) => {
      now += ms;
    };
    return { ...one(shared), pass, stall };
  }
  const GAVE_UP = { words: "nothing in 1000 ms", unread: false, silence: { what: "it", afterMs: 1_000 } };

  test("ends when the patience of the run does, and that is noted", async () => {
    const { log, pass, called, shared } = timed();
    const found = log.wait("it", () => undefined);
    pass(9);
    expect(called.idle).toBe(0);
    pass(1);
    expect(called.idle).toBe(1);
    pass(989);
    expect(log.events).toEqual([]);
    pass(1);
    const data = "gave up waiting for it after 1000 ms";
    expect(log.events).toEqual([{ at: 1_000, from: "client", type: "timeout", data, what: "it", afterMs: 1_000 }]);
    expect(words(await found)).toEqual(GAVE_UP);
    shared.patience.hurry = true;
    for (let i = 0; i < 6; i++) shared.patience.missed("it", 0, true);
    expect(shared.patience.wait("it").short).toBe(false);
    shared.patience.missed("it", 0, true); // The eighth: the wait itself was the first.
    expect(shared.patience.wait("it")).toEqual({ limit: 100, short: true });
  });

  test("that is cut short says so, and says who was served meanwhile, and among how many it was", async () => {
    const { log, pass, shared } = timed();
    shared.patience.hurry = true;
    for (let i = 0; i < 8; i++) shared.patience.missed("it", 0, true);
    for (let i = 0; i < 65; i++) shared.sockets.add(() => {});
    pass(10);
    const found = log.wait("it", () => undefined);
    shared.patience.met("it", 10, 11);
    shared.patience.met("it", 17.5, 20);
    shared.patience.met("other", 11, 12);
    pass(100);
    const silence = { what: "it", afterMs: 100, short: true, nextServedAfterMs: 7.5, among: 65 };
    expect(words(await found)).toEqual({ words: "nothing in 100 ms", unread: false, silence });
    expect(last(log)).toMatchObject({ type: "timeout", ...silence });
  });

  test("among 64 is not crowded, and one for what never reached the target says nothing of what others got", async () => {
    const { log, pass, shared } = timed();
    for (let i = 0; i < 64; i++) shared.sockets.add(() => {});
    const found = log.wait(HANDSHAKE, () => undefined, { reached: () => false });
    const other = log.wait(HANDSHAKE, () => undefined, { reached: () => true });
    shared.patience.met(HANDSHAKE, 500, 501);
    pass(1_000);
    expect(words(await found)).toMatchObject({ silence: { afterMs: 1_000 } });
    expect(words(await found)).not.toMatchObject({ silence: { among: 64 } });
    expect(words(await found)).not.toMatchObject({ silence: { nextServedAfterMs: expect.anything() } });
    expect(words(await other)).toMatchObject({ silence: { nextServedAfterMs: expect.any(Number) } });
  });

  test("for nothing lasts as long as it is told, and tells nothing of the server", async () => {
    const { log, pass, shared } = timed();
    void log.wait("it", () => undefined, { exactly: 3_000 });
    pass(2_999);
    expect(log.events).toEqual([]);
    pass(1);
    expect(last(log)).toMatchObject({ type: "timeout", afterMs: 3_000 });
    shared.patience.hurry = true;
    for (let i = 0; i < 7; i++) shared.patience.missed("it", 0, true);
    expect(shared.patience.wait("it").short).toBe(false);
  });

  test("whose timer is late because the suite stood still goes on for as long, but not if it is a little late", async () => {
    const { log, pass, stall } = timed();
    const found = log.wait("it", () => undefined);
    stall(101);
    pass(1_000);
    expect(log.events).toEqual([]);
    pass(100);
    expect(log.events).toEqual([]);
    pass(1);
    expect([words(await found), log.events.length]).toEqual([GAVE_UP, 1]);
    const other = log.wait("it", () => undefined);
    stall(100);
    pass(1_000);
    expect([words(await other), log.events.length]).toEqual([GAVE_UP, 2]);
  });

  test("that finds something when its time is up has found it, and this time counts from then on", async () => {
    const { log, pass, shared } = timed();
    let there = false;
    const found = log.wait("it", () => there || undefined);
    there = true;
    pass(1_000);
    expect([await found, log.events]).toEqual([true, []]);
    expect(shared.patience.best("it")).toBe(1_000);
  });

  test.each([
    [0, 1_900],
    [1, 1_900],
    [3, 3_700],
  ])("begins anew at a late message, as often as there are inputs: for %i it lasts %i ms", (inputs, lasts) => {
    const { log, pass } = timed();
    void log.wait("it", () => undefined);
    for (let i = 0; i < inputs; i++) log.record({ from: "client", type: "text", data: "{}" });
    for (let ms = 0; ms < 5_000; ms += 100) {
      if (ms % 900 === 0 && ms > 0) log.record({ from: "server", type: "text", data: "{}" });
      pass(100);
    }
    expect(log.events.find(({ type }) => type === "timeout")).toMatchObject({ at: lasts, afterMs: lasts });
  });

  test("does not begin anew at an early message", () => {
    const { log, pass } = timed();
    void log.wait("it", () => undefined);
    pass(499);
    log.record({ from: "server", type: "text", data: "{}" });
    pass(501);
    expect(last(log)).toMatchObject({ type: "timeout", afterMs: 1_000 });
  });

  test("makes room for no other while much is on its way", () => {
    const [quiet, full] = [BOUNDS.full - 1, BOUNDS.full].map((busy) => {
      const { log, pass, called } = timed(1_000, busy);
      void log.wait("it", () => undefined);
      pass(10);
      return called.idle;
    });
    expect([quiet, full]).toEqual([1, 0]);
  });

  test("on a real connection does not miss what is in the socket already", async () => {
    const found = new Promise((resolve) => {
      const message: Handlers["message"] = (peer) => {
        resolve(connection.next("late"));
        peer.send('{"command":"late"}');
        const until = Date.now() + 250; // The suite itself stands still: when it goes on, its timers come first.
        while (Date.now() < until);
      };
      const connecting = to({ message }, 100);
      let connection: Connection;
      void connecting.then((it) => {
        connection = it;
        it.send("go");
      });
    });
    expect(await found).toEqual({ command: "late" });
  });
});

describe("a server that stands still", () => {
  /** Lets some clients wait on a clock that the test sets, until the server says something. Times are in ms. */
  function stalls(waiting: number, ms: number, asksAfter = 0, shared = share(1_000)) {
    let now = 10;
    Object.assign(shared, { clock: () => now });
    const all = Array.from({ length: waiting }, () => one(shared).log);
    for (const log of all) void log.wait("it", () => undefined, { exactly: 60_000 });
    closing.push(() => all.forEach((log) => void log.end()));
    const [late, soon] = [one(shared).log, one(shared).log];
    now += asksAfter;
    late.record({ from: "client", type: "text", data: "{}" });
    now += ms - asksAfter;
    soon.record({ from: "client", type: "text", data: "{}" });
    hears(soon);
    hears(late);
    hears(late);
    return shared.stalls;
  }
  test("is noticed when it goes on, if several waited for more than a quarter of the timeout", () => {
    expect(stalls(2, 251)).toEqual([{ at: 10, ms: 251 }]);
    expect([stalls(2, 250), stalls(1, 900), stalls(0, 900)]).toEqual([[], [], []]);
  });
  test.each([
    ["others go on", 5, { at: -15, ms: 425 }],
    ["nobody goes on", -500, { at: 10, ms: 400 }],
  ])("stood still before, too, where %s waiting when one gives up", async (_, gaveUpAt, stall) => {
    const shared = share(1_000);
    Object.assign(shared, { clock: () => gaveUpAt - 20 });
    const waiting = one(shared).log.wait("it", () => undefined);
    Object.assign(shared, { clock: () => gaveUpAt });
    await waiting;
    expect(stalls(2, 400, 0, shared)).toEqual([stall]);
  });
  test("is none if nobody asked for anything meanwhile", () => {
    expect(stalls(2, 900, 801)).toEqual([]);
    expect(stalls(2, 900, 800)).toEqual([{ at: 10, ms: 900 }]);
  });
});

/** Connects to a server that does this with each client. */
async function to(handlers: Partial<Handlers>, timeout = 2_000) {
  const server = await webSocketServer({ open() {}, message() {}, ...handlers });
  const shared = share(timeout);
  closing.push(() => shared.sockets.forEach((destroy) => void destroy()), server.close);
  return connect(new URL(server.url), { headers: {}, idle() {}, protocol }, shared);
}

import { describe, expect, test } from "@jest/globals";
import { BOUNDS, costOf } from "../../harness/bounds.ts";
import { encode } from "../../harness/frame.ts";
import type { Recorder } from "../../harness/recorder.ts";
import { share } from "../../harness/shared.ts";
import type { Handlers } from "../servers/websocket.ts";
import { closing, last, one, to, words } from "./recorders.ts";

/** The cost of each event beside its payload, in bytes. */
const EVENT = 400;
const FULL = BOUNDS.connection - EVENT;

const hears = (log: Recorder, size = 0) => log.record({ from: "server", type: "text", data: "x" }, size);

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

  test("on pongs leaves the answer to a ping be recorded, whatever pongs the client itself sent meanwhile", () => {
    const { log } = one();
    const empty = Buffer.alloc(0);
    for (let i = 0; i < BOUNDS.pings; i++) log.controlFrame("server", "pong", Buffer.from("x"));
    log.record({ from: "client", type: "ping", data: "" });
    log.controlFrame("client", "pong", empty);
    log.controlFrame("server", "pong", empty);
    expect(last(log)).toMatchObject({ from: "server", type: "pong", data: "" });
  });

  test("on pings lets a few be recorded, but no flood", () => {
    const { log } = one();
    const ping = (times: number) => {
      for (let i = 0; i < times; i++) log.controlFrame("server", "ping", Buffer.from("a"));
    };
    ping(BOUNDS.flood);
    log.controlFrame("server", "pong", Buffer.from("b"));
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
    log.controlFrame("server", "ping", Buffer.from(""));
    expect([log.events, called.stop]).toEqual([[], 1]);
  });

  test("counts even if it is pings, of which many are not recorded anyway", () => {
    const { log, called } = one();
    log.freeze();
    for (let i = 0; i < 100; i++) log.controlFrame("server", "ping", Buffer.from(""));
    expect(called.stop).toBe(0);
    log.controlFrame("server", "ping", Buffer.from(""));
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
    ["others go on", 5, 2, [{ at: -15, ms: 425 }]],
    ["only one goes on", 5, 1, []],
    ["nobody goes on", -500, 2, [{ at: 10, ms: 400 }]],
    ["nobody goes on, and one comes later,", -500, 1, []],
  ])("stood still before, too, where %s waiting when one gives up", async (_, gaveUpAt, waiters, expected) => {
    const shared = share(1_000);
    Object.assign(shared, { clock: () => gaveUpAt - 20 });
    const waiting = one(shared).log.wait("it", () => undefined);
    Object.assign(shared, { clock: () => gaveUpAt });
    await waiting;
    expect(stalls(waiters, 400, 0, shared)).toEqual(expected);
  });
  test.each([
    [1, []],
    [2, [{ at: -15, ms: 625 }]],
  ])("stood still where %i gave up, and all who are served then came just before", async (clients, expected) => {
    const shared = share(1_000);
    Object.assign(shared, { clock: () => -15 });
    const waits = Array.from({ length: clients }, () => one(shared).log.wait("it", () => undefined));
    Object.assign(shared, { clock: () => 5 });
    await Promise.all(waits);
    expect(stalls(2, 600, 590, shared)).toEqual(expected);
  });
  test("is none if nobody asked for anything meanwhile", () => {
    expect(stalls(2, 900, 801)).toEqual([]);
    expect(stalls(2, 900, 800)).toEqual([{ at: 10, ms: 900 }]);
  });
});

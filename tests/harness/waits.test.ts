import { describe, expect, jest, test } from "@jest/globals";
import { BOUNDS } from "../../harness/bounds.ts";
import type { Connection } from "../../harness/connection.ts";
import { share } from "../../harness/shared.ts";
import { HANDSHAKE } from "../../harness/waited.ts";
import type { Handlers } from "../servers/websocket.ts";
import { last, one, to, words } from "./recorders.ts";

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

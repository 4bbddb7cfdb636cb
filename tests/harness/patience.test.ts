import { afterEach, describe, expect, test } from "@jest/globals";
import { availability, gaveWebSocket } from "../../harness/availability.ts";
import type { Connection } from "../../harness/connection.ts";
import { dial, probe } from "../../harness/dial.ts";
import { errorFailure, type Failure, httpFailure } from "../../harness/failure.ts";
import { patience } from "../../harness/patience.ts";
import type { RunOptions } from "../../harness/run-options.ts";
import { run } from "../../harness/runner.ts";
import type { Case } from "../../harness/scenario.ts";
import { share } from "../../harness/shared.ts";
import type { WireEvent } from "../../harness/transcript.ts";
import type { Handshake } from "../../harness/upgrade.ts";
import { HANDSHAKE } from "../../harness/waited.ts";
import { DEFAULTS } from "../../running/defaults.ts";
import { requirements } from "../../schemas/0.1.7/requirements.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { lobby } from "../servers/lobby.ts";
import { webSocketServer } from "../servers/websocket.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

describe("the patience of a run", () => {
  /** Makes the patience of a run, in a hurry or not, after some waits in vain for `a`. */
  const missing = (waits: number, hurry = true) => {
    const it = patience(2_000);
    it.hurry = hurry;
    for (let i = 0; i < waits; i++) it.missed("a", i, true);
    return it;
  };
  const FULL = { limit: 2_000, short: false };
  const SHORT = { limit: 200, short: true };

  test("cuts a wait short only in a hurry, after eight of that kind in vain, and says so", () => {
    expect([missing(100, false).wait("a"), missing(7).wait("a"), missing(8).wait("a"), missing(8).wait("b")]).toEqual([
      FULL,
      FULL,
      SHORT,
      FULL,
    ]);
  });

  test("is short for any kind while the server hangs, hurry or not", () => {
    expect(missing(0, false).wait("b", true)).toEqual(SHORT);
  });

  test("is whole again once the message came, but not if it comes only now and then", () => {
    const it = missing(8);
    it.met("a", 1, 2);
    expect(it.wait("a")).toEqual(FULL);
    for (let i = 0; i < 15; i++) it.missed("a", i, true);
    it.met("a", 1, 2);
    expect(it.wait("a")).toEqual(FULL);
    it.missed("a", 1, true);
    expect(it.wait("a")).toEqual(SHORT);
  });

  test("is whole again after the server was started again, and after the hurry", () => {
    const it = missing(32);
    it.hurry = false;
    expect([it.wait("a"), it.deaf]).toEqual([FULL, true]);
    it.hurry = true;
    it.forgive();
    expect([it.wait("a"), it.deaf, it.idle()]).toEqual([FULL, false, 500]);
    it.hurry = false;
    expect(it.idle()).toBe(10);
  });

  test("lasts at least three times as long as the slowest answer, and never longer than the timeout", () => {
    const it = missing(8);
    it.met("b", 100, 400);
    expect(it.wait("a")).toEqual({ limit: 900, short: true });
    it.met("b", 0, 1_500);
    expect(it.wait("a")).toEqual(FULL);
  });

  test("knows the best time of each kind", () => {
    const it = patience(2_000);
    expect(it.best("a")).toBe(Number.POSITIVE_INFINITY);
    it.met("a", 10, 30);
    it.met("a", 50, 55);
    it.met("a", 60, 90);
    it.met("b", 60, 61);
    expect([it.best("a"), it.best("b")]).toEqual([5, 1]);
  });

  test("knows which client that waited for the same was served next, however late", () => {
    const it = patience(2_000);
    it.met("a", 30, 31);
    it.met("a", 20, 40);
    it.met("b", 11, 12);
    const next = (kind: string, began: number) => it.nextServed(kind, { began, ended: began + 2_000 });
    expect(["a", "b"].map((kind) => [10, 20, 30].map((began) => next(kind, began)))).toEqual([
      [20, 30, undefined],
      [11, undefined, undefined],
    ]);
  });

  test("counts no client as served that waited long, too, until the other gave up: the server stood still for both", () => {
    const it = patience(2_000);
    const inVain = { began: 10, ended: 2_010 };
    it.met("a", 12, 2_009);
    it.met("a", 8, 1_950);
    expect(it.nextServed("a", inVain)).toBeUndefined();
    for (const at of [8, 10, 12]) it.begin("a", at);
    expect(it.inARow("a", inVain)).toBe(3);
    it.met("a", 20, 1_700);
    expect(it.nextServed("a", inVain)).toBe(20);
    it.met("a", 15, 900);
    expect(it.nextServed("a", inVain)).toBe(15);
  });

  test("remembers the latest of many waits", () => {
    const it = patience(2_000);
    for (let i = 0; i < 4_001; i++) it.met("a", i, i);
    expect(it.nextServed("a", { began: -1, ended: 1_999 })).toBe(2_001);
  });
});

describe("a server that answers nothing at all", () => {
  const DEAF = 32;
  const deaf = (waits: number, between: (it: ReturnType<typeof patience>) => void = () => {}) => {
    const it = patience(2_000);
    it.met("greeting", 0, 1);
    for (let i = 0; i < waits; i++) it.missed(`kind ${i}`, 2, true);
    it.missed("greeting", 2, true); // Busy: what it did before, it does no more.
    between(it);
    return [it.deaf, it.idle()];
  };
  test("is deaf after 32 waits in vain, of whatever kind; then it is not busy either", () => {
    expect(deaf(DEAF - 2)).toEqual([false, undefined]);
    expect(deaf(DEAF - 1)).toEqual([true, 10]);
  });
  test("stays deaf if its library answers the handshake, but not if it says anything else", () => {
    expect(deaf(DEAF, (it) => it.met(HANDSHAKE, 3, 4))).toEqual([true, 10]);
    expect(deaf(DEAF, (it) => it.met("new", 3, 4))[0]).toBe(false);
    expect(deaf(DEAF, (it) => it.heard())).toEqual([false, undefined]);
  });
});

test("a kind that came stops after 32 waits in vain in a row, 8 in a hurry: after the last that came, as the next began to wait", () => {
  const it = patience(2_000);
  const stopped = () => [false, true].map((hurry) => Object.assign(it, { hurry }).stopped("greeting"));
  const misses = (count: number) => {
    for (let i = 0; i < count; i++) it.missed("greeting", 12, true);
  };
  misses(32);
  expect(stopped()).toEqual([false, false]);
  for (const at of [1, 3, 12, 13]) it.begin("greeting", at);
  it.met("greeting", 3, 9);
  it.met("greeting", 1, 10);
  misses(7);
  expect(stopped()).toEqual([false, false]);
  misses(1);
  expect(stopped()).toEqual([false, true]);
  misses(24);
  expect([...stopped(), it.end("greeting")]).toEqual([true, true, { from: 10, to: 12 }]);
  it.forgive();
  expect(stopped()).toEqual([false, false]);
});

test("a server that served the last late, and would serve those in vain later still, is behind", () => {
  const it = patience(2_000);
  const misses = (count: number) => {
    for (let i = 0; i < count; i++) it.missed("answer", 20, true);
  };
  it.met("answer", 0, 200);
  misses(16);
  expect(it.isBehind("answer")).toBe(false);
  for (let i = 0; i < 3; i++) it.met("answer", 0, 1_100);
  misses(10);
  expect(it.isBehind("answer")).toBe(false);
  misses(1);
  expect(it.isBehind("answer")).toBe(true);
  it.met("answer", 0, 300);
  misses(11);
  expect(it.isBehind("answer")).toBe(false);
});

test("a wait whose connection ended stands in no row of waits in vain", () => {
  const it = patience(2_000);
  it.met("greeting", 1, 2);
  it.met("greeting", 9, 10);
  for (const at of [3, 4, 4]) it.begin("greeting", at);
  expect(it.inARow("greeting", { began: 3, ended: 2_003 })).toBe(3);
  it.ended("greeting", 4);
  it.ended("greeting", 4);
  it.ended("greeting", 5);
  expect(it.inARow("greeting", { began: 3, ended: 2_003 })).toBe(1);
});

describe("a server is busy", () => {
  test("if it fails to send what it sent before and owes", () => {
    const it = patience(2_000);
    it.missed("a", 5, true);
    it.met("b", 1, 2);
    it.missed("b", 5, false);
    expect(it.idle()).toBe(10);
    it.missed("b", 5, true);
    expect(it.idle()).toBeUndefined();
  });
  test("but not if it sent that to a client that came later", () => {
    const it = patience(2_000);
    it.met("b", 6, 7);
    it.missed("b", 5, true);
    expect(it.idle()).toBe(10);
  });
  test("while it takes an eighth of the timeout longer than at its best", () => {
    const it = patience(2_000);
    const idle = (took: number) => {
      it.met("a", 0, took);
      return it.idle();
    };
    expect([idle(300), idle(50), idle(300), idle(301), idle(60)]).toEqual([10, 10, 10, undefined, 10]);
  });
});

describe("the availability of a target", () => {
  const seen = (failure?: Failure, ...events: WireEvent[]) =>
    ({ opened: failure === undefined, failure, transcript: { url: "", events }, finish() {} }) as unknown as Connection;
  const [absent, busy] = [errorFailure("ECONNREFUSED"), httpFailure(503)];
  const learnt = (...all: [Failure | undefined, proper?: boolean][]) => {
    let now = 0;
    const it = availability(
      () => ++now,
      async () => seen(),
      async () => true,
    );
    for (const [failure, proper] of all) it.saw(seen(failure), proper);
    return [it.upAt, it.downSince];
  };

  test.each<[string, ReturnType<typeof learnt>, (number | undefined)[]]>([
    ["a connection that opened shows that it is there", learnt([undefined]), [1, undefined]],
    ["the last that opened counts", learnt([undefined], [undefined]), [2, undefined]],
    ["one that failed anyhow tells that it never was", learnt([busy]), [undefined, 1]],
    ["but not one that was not proper", learnt([httpFailure(400), false]), [undefined, undefined]],
    ["where nothing listens, how it asked does not matter", learnt([absent, false]), [undefined, 1]],
    ["one that was up may refuse", learnt([undefined], [busy], [errorFailure("ECONNRESET")]), [1, undefined]],
    ["one that was up and is not found is down", learnt([undefined], [errorFailure("EHOSTUNREACH")]), [1, 2]],
    ["one that refuses some before it lets others in is there", learnt([busy], [undefined]), [2, undefined]],
    ["one that was missing before is not", learnt([busy], [absent], [undefined]), [2, 1]],
    ["since the first that did not find it", learnt([undefined], [errorFailure("ENOTFOUND")], [absent]), [1, 2]],
  ])("%s", (_, [upAt, downSince], expected) => expect([upAt, downSince]).toEqual(expected));

  test("it is tried again for a time, and at least once; each connection is ended", async () => {
    let now = 0;
    let finished = 0;
    const failures = [absent, absent, absent, undefined];
    const it = availability(
      () => now,
      async () => {
        now += 1_000;
        return { ...seen(failures.shift()), finish: () => void finished++ };
      },
      async () => true,
    );
    it.saw(seen(absent));
    expect([await it.recover(0), it.downSince, finished]).toEqual([absent, 0, 1]);
    expect([await it.recover(1_049), it.downSince, finished]).toEqual([absent, 0, 2]);
    expect([await it.recover(1_050), it.downSince, it.upAt]).toEqual([undefined, undefined, 4_000]);
    expect(finished).toBe(4);
  });

  test("a 101 shows that it is there, even in a wrong handshake; a refusal does not", async () => {
    const wrong = await webSocketServer({ open() {}, message() {} });
    const target = { url: new URL(wrong.url), headers: {} };
    const shared = share(2_000);
    closing.push(() => shared.sockets.forEach((destroy) => void destroy()), wrong.close);
    const key = ["Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="] as const; // Not the one that `ws` expects an answer to.
    const ask: Handshake["ask"] = (head) => ({
      ...head,
      headers: [...head.headers.filter(([name]) => name.toLowerCase() !== "sec-websocket-key"), key],
    });
    const connection = await dial({ protocol, target, shared }, { handshake: { ask } });
    expect([connection.opened, gaveWebSocket(connection)]).toEqual([false, true]);
    const refuses = await webSocketServer({ refuse: () => 403, open() {}, message() {} });
    closing.push(refuses.close);
    const refused = await dial({ protocol, target: { ...target, url: new URL(refuses.url) }, shared });
    expect([refused.opened, gaveWebSocket(refused)]).toEqual([false, false]);
    expect(await probe(protocol, { ...target, url: new URL(refuses.url) }, 2_000)).toEqual(httpFailure(403));
    expect(await probe(protocol, target, 2_000)).toBeUndefined();
  });
});

describe("a run", () => {
  const suites = ["load", "upsets", "calm"].map((name) => ({ name, title: name, [name]: true, cases: [] }));
  const id = requirements[0]?.id as string;
  let order: string[] = [];
  let running = 0;
  let together: Record<string, number> = {};

  /** Makes a case that talks to nobody, and keeps or breaks what it tests each time it runs. */
  function acts(suite: string, name: string, ...kept: boolean[]): Case {
    const id_ = `${suite}/${name}`;
    return {
      id: id_,
      suite,
      title: name,
      tests: [id],
      digest: name,
      async run({ check }) {
        running += 1;
        order.push(id_);
        together[suite] = Math.max(together[suite] ?? 0, running);
        for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        check(id, (kept.length > 1 ? kept.shift() : (kept[0] ?? true)) || undefined);
      },
    };
  }
  async function ran(cases: Case[], options: Partial<RunOptions>): Promise<{ told: string[]; stop?: string }> {
    [order, together] = [[], {}];
    const server = await lobby();
    closing.push(server.close);
    const target = { url: new URL(server.url), headers: {} };
    // None of these cases says if others are still served.
    const judging = { ...protocol, suites, rules: [], survivalOf: () => "" };
    const result = await run(judging, cases, { ...DEFAULTS, target, ...options });
    const told = result.results.map(({ verdict, unstable }) => (unstable ? `${verdict} unstable` : verdict));
    return { told, ...(result.stop && { stop: result.stop.why }) };
  }
  const all = (name: string, ...kept: boolean[]) => suites.map((suite) => acts(suite.name, name, ...kept));

  test("puts load on a server last, one case after another", async () => {
    const { told } = await ran([...all("a"), ...all("b"), acts("load", "c", false)], { concurrency: 4 });
    expect(order).toEqual(["calm/a", "calm/b", "upsets/a", "upsets/b", "load/a", "load/b", "load/c", "load/c"]);
    expect(together).toEqual({ calm: 2, upsets: 2, load: 1 });
    expect(told.at(-1)).toBe("fail");
  });

  test("ends with bail at a failure, even if it does not show alone", async () => {
    const stop = "calm/a failed before (--bail)";
    const fluke = [acts("calm", "a", false, true), acts("calm", "b"), acts("upsets", "c")];
    expect(await ran(fluke, { bail: true })).toEqual({ told: ["fail unstable", "pass", "skip"], stop });
    const failure = [acts("calm", "a", false), acts("calm", "b"), acts("upsets", "c")];
    expect(await ran(failure, { bail: true })).toEqual({ told: ["fail", "pass", "skip"], stop });
    expect(order).toEqual(["calm/a", "calm/b", "calm/a"]);
  });

  test("is repeated until one ends early, and gives each case its worst result", async () => {
    const varies = () => [acts("calm", "a", true, false, true), acts("calm", "b"), acts("calm", "c", false)];
    expect(await ran(varies(), { repeat: 3, concurrency: 1 })).toEqual({ told: ["fail unstable", "pass", "fail"] });
    expect(order).toHaveLength(9 + 4); // What failed ran once more alone.
    const { told } = await ran(varies(), { repeat: 3, concurrency: 1, bail: true });
    expect([told, order.length]).toEqual([["pass", "pass", "fail"], 3 + 1]);
  });
});

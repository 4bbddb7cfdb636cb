import { afterEach, describe, expect, test } from "@jest/globals";
import { patience } from "../../harness/patience.ts";
import { HANDSHAKE } from "../../harness/waited.ts";

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
  });

  test("counts no client as served beside one that waited in vain while the server was slow with others", () => {
    const it = patience(2_000);
    const inVain = { began: 10, ended: 2_010 };
    it.met("a", 15, 900);
    it.met("a", 2_010, 3_900);
    expect(it.nextServed("a", inVain)).toBe(15);
    it.met("a", 20, 1_100);
    expect(it.nextServed("a", inVain)).toBe(15); // One may have been unlucky.
    for (const at of [10, 15, 20]) it.begin("a", at);
    it.met("a", 30, 1_200);
    expect(it.nextServed("a", inVain)).toBeUndefined();
    expect(it.inARow("a", inVain)).toBe(1);
    it.met("a", 1_250, 1_260);
    expect(it.nextServed("a", { began: 1_150, ended: 3_150 })).toBeUndefined();
    it.met("a", 4_010, 4_020);
    expect(it.nextServed("a", { began: 4_000, ended: 6_000 })).toBe(4_010);
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
  expect([...stopped(), it.lastServing("greeting")]).toEqual([true, true, { from: 10, to: 12 }]);
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
    const idle = (tookMs: number) => {
      it.met("a", 0, tookMs);
      return it.idle();
    };
    expect([idle(300), idle(50), idle(300), idle(301), idle(60)]).toEqual([10, 10, 10, undefined, 10]);
  });
});

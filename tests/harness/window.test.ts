import { expect, test } from "@jest/globals";
import { window } from "../../harness/window.ts";

const TIMEOUT = 2_000;
const SIZE = 16;

const STEPS = 60;

/**
 * Returns how many cases are at work in the end. The server answers `delay(n, at)` ms after a case began as one of `n`. In each
 * step, all cases that may begin do so, and end together.
 */
function settled(delay: (n: number, step: number) => number): number {
  const it = window(TIMEOUT);
  let at = 0;
  let n = 0;
  for (let step = 0; step < STEPS; step++) {
    n = 0;
    while (n < 500 && it.admits(n, SIZE, at)) n += 1;
    const tookMs = Math.max(50, delay(n, step));
    for (let i = 0; i < n; i++) it.met("an answer", at, tookMs, delay(1, 0));
    at += tookMs;
  }
  return n;
}

test("begins with as many as may be at work, and doubles them step by step", () => {
  const it = window(TIMEOUT);
  const admitted = (at: number) => [...Array(500).keys()].findIndex((n) => !it.admits(n, SIZE, at));
  expect([0, 79, 80, 159, 160, 240].map(admitted)).toEqual([16, 16, 32, 32, 64, 128]);
});

test("grows again where no answer tells that the server is late", () => {
  const it = window(TIMEOUT);
  expect(it.admits(16, SIZE, 0)).toBe(false);
  for (let i = 0; i < 4; i++) it.met("an answer", 0, 150, 10);
  expect([100, 200, 400].map((at) => it.admits(16, SIZE, at))).toEqual([false, false, false]);
  expect([401, 481].map((at) => it.admits(16 * (at === 401 ? 1 : 2), SIZE, at))).toEqual([true, true]);
});

test("lets all wait together if that slows nobody down, however long it takes", () => {
  expect(settled(() => 1_500)).toBe(500);
});

test("lets few wait if one is served after another", () => {
  const n = settled((running) => 100 * running);
  expect(n).toBeGreaterThanOrEqual(1);
  expect(n).toBeLessThanOrEqual(6);
});

test("lets all wait together if a server gets slower for another reason", () => {
  expect(settled((_, step) => 20 * step)).toBe(500);
});

test("does not grow while those that began before it halved still get late answers", () => {
  const it = window(TIMEOUT);
  expect(it.admits(16, SIZE, 0)).toBe(false);
  for (let i = 1; i <= 8; i++) it.met("an answer", 0, 200 * i, 10);
  const grows = [1_700, 1_800, 1_900, 2_000, 2_100].filter((at) => {
    it.met("an answer", 0, at, 10);
    return it.admits(8, SIZE, at);
  });
  expect(grows).toEqual([]);
});

/**
 * Returns how many cases are at work at most in the end, where each begins as soon as it may. `answeredAt` says when the server answers the
 * next case, which begins `at`; `random` gives numbers from 0 to 1. All times are in ms.
 */
function mostAtWork(answeredAt: (at: number, random: () => number) => number): number {
  const it = window(TIMEOUT);
  let seed = 1;
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const running: { began: number; ended: number }[] = [];
  let [at, most] = [0, 0];
  for (let answers = 0; answers < 1_000; answers++) {
    while (running.length < 500 && it.admits(running.length, SIZE, at))
      running.push({ began: at, ended: answeredAt(at, random) });
    if (answers > 500) most = Math.max(most, running.length);
    const next = running.reduce((first, one) => (one.ended < first.ended ? one : first));
    running.splice(running.indexOf(next), 1);
    at = next.ended;
    it.met("an answer", next.began, at - next.began, 20);
  }
  return most;
}

test("lets all wait together if a server answers each after a time of its own", () => {
  expect(mostAtWork((at, random) => at + 20 + 600 * random())).toBe(500);
});

test("lets few wait if one is served after another, which takes longer now and then", () => {
  let free = 0;
  const inLine = (at: number, random: () => number) => {
    free = Math.max(free, at) + 200 * random();
    return free;
  };
  expect(mostAtWork(inLine)).toBeLessThanOrEqual(SIZE);
});

test("lets few wait if four are served at the same time, each for another time", () => {
  const free = [0, 0, 0, 0];
  const inLine = (at: number, random: () => number) => {
    const worker = free.indexOf(Math.min(...free));
    free[worker] = Math.max(free[worker] as number, at) + 400 * random();
    return free[worker];
  };
  expect(mostAtWork(inLine)).toBeLessThanOrEqual(2 * SIZE);
});

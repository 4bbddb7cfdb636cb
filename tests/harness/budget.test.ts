import { performance } from "node:perf_hooks";
import { afterEach, expect, test } from "@jest/globals";
import { isSpent, timeToSearch } from "../../harness/budget.ts";
import { isBroken } from "../../harness/catalogue.ts";
import type { Pass } from "../../harness/pass.ts";
import { share } from "../../harness/shared.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { byDefault, runAgainst } from "../helpers.ts";
import { program } from "../servers/program.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** The budget, in ms. A server that handles 20 messages a second cannot answer half of the cases by then. */
const BUDGET = 6_000;

test("a run whose time is up ends, blames nobody, and says how far it came", async () => {
  const { url, close } = await program("tests/servers/slow.js", "one message at a time, 50 ms each");
  closing.push(close);
  const { results, stop } = await runAgainst(url, byDefault, { budget: BUDGET, timeout: 20_000, idle: 100 });
  expect(results.filter(isBroken).map(({ case: it }) => it.id)).toEqual([]);
  expect(stop).toMatchObject({ reason: "slow", why: expect.stringMatching(/ after \d+ cases/) });
  const ran = results.filter(({ connections }) => connections.length > 0);
  expect(ran.length).toBeGreaterThan(10);
  expect(ran.length).toBeLessThan(byDefault.length / 2);
});

test("a run that is done in time says nothing of it", async () => {
  const server = await protocol.serve({});
  closing.push(server.close);
  const some = byDefault.filter(({ suite }) => suite === "disconnect");
  const { results, stop } = await runAgainst(server.url, some, { budget: 60_000 });
  expect(stop).toBeUndefined();
  expect(results.filter(isBroken)).toEqual([]);
});

/** Returns what a pass knows of its time, after a wait of `waited` ms. Of this, `searched` went into the search for culprits. */
function after(waited: number, searched: number, budget?: number): Pass {
  const { idle, active } = performance.eventLoopUtilization();
  const began = { idle: idle - waited, active, utilization: 0 };
  const times = { began, searched, wasted: 0, away: 0 };
  return { times, shared: share(2_000), options: { budget } } as unknown as Pass;
}

test("the search for culprits has a part of the budget, and what it took comes on top of the time for cases", () => {
  const left = (...pass: Parameters<typeof after>) => Math.round(timeToSearch(after(...pass)) / 100) * 100;
  expect([left(0, 0), left(1_000, 4_000), left(1_000, 16_000)]).toEqual([15_000, 11_000, 0]);
  expect([left(3_000, 0, 10_000), left(6_500, 4_000, 10_000), left(9_000, 0, 10_000)]).toEqual([4_500, 1_000, 0]);

  const isSpentAfter = (...pass: Parameters<typeof after>) => isSpent(after(...pass), 0.6);
  expect([isSpentAfter(5_900, 0, 10_000), isSpentAfter(6_100, 0, 10_000)]).toEqual([false, true]);
  expect([isSpentAfter(7_900, 4_000, 10_000), isSpentAfter(8_100, 4_000, 10_000)]).toEqual([false, true]);
  expect(isSpentAfter(60_000, 0)).toBe(false);
});

test("the time of a pass has an end, also where the suite works or waits for its turn, but not where none was asked for", () => {
  const isOver = (busy: number, limit?: string, budget?: number) => {
    const pass = after(0, 0, budget);
    const { times, shared } = pass;
    const began = { ...times.began, active: times.began.active - busy };
    const limits = { ...shared.limits, words: limit };
    return isSpent({ ...pass, times: { ...times, began }, shared: { ...shared, limits } }, 1);
  };
  expect([isOver(79_000, undefined, 10_000), isOver(81_000, undefined, 10_000)]).toEqual([false, true]);
  expect([isOver(199_000, "a limit", 10_000), isOver(201_000, "a limit", 10_000)]).toEqual([false, true]);
  expect([isOver(201_000), isOver(201_000, "a limit")]).toEqual([false, false]);
});

test("where cases wait in line for a user, only the time counts in which a client waited in vain", () => {
  const pass = after(60_000, 0, 10_000);
  const { identities, patience } = pass.shared;
  const wastes = (began: number, ended: number, owed = true) => patience.missed("it", began, owed, ended);
  identities.lend([0, 1], "accepted");
  expect(isSpent(pass, 0.6)).toBe(false);
  wastes(0, 4_000);
  wastes(1_000, 5_000); // Beside the first.
  wastes(6_000, 9_000, false);
  expect([patience.wasted, isSpent(pass, 0.6)]).toEqual([5_000, false]);
  wastes(9_000, 11_000);
  expect([patience.wasted, isSpent(pass, 0.6)]).toEqual([7_000, true]);
});

import { expect, test } from "@jest/globals";
import { cases, runAgainst } from "../helpers.ts";
import { closing, server } from "./ending.ts";

/** Starts a server that takes so many ms for each message, one after another, whoever sends it. */
async function inLine(ms: number) {
  const queue: (() => void)[] = [];
  const timer = setInterval(() => queue.shift()?.(), ms);
  closing.push(() => clearInterval(timer));
  const inTurn = (act: () => void) => void queue.push(act);
  return server(({ disconnect, malformed }) => ({
    disconnect: (client) => inTurn(() => disconnect(client)),
    malformed: (client, text, binary) => inTurn(() => malformed(client, text, binary)),
  }));
}

test("a server that does one thing after another for all is slow: nothing is judged in vain, and no input named", async () => {
  const { url } = await inLine(200);
  const some = cases.filter(({ id }) => /^disconnect\/(extra|followed)/.test(id));
  const { results, stop } = await runAgainst(url, some, { timeout: 1_000 });
  expect(stop).toMatchObject({
    reason: "slow",
    why: "the server does one thing after another for all clients, and did not keep up (--concurrency 1 asks for one at a time)",
  });
  expect(stop?.suspects).toBeUndefined();
  expect(results.filter(({ verdict }) => ["fail", "warn", "error"].includes(verdict))).toEqual([]);
});

test("a case that mostly waits is not judged beside others where there is no time to run it again alone", async () => {
  const { url } = await inLine(60);
  const some = cases.filter(({ id, waits }) => (waits && id !== "version/idle") || /^disconnect\/extra/.test(id));
  const { results, stop } = await runAgainst(url, some, { timeout: 1_000, budget: 1_500 });
  expect(stop).toMatchObject({ reason: "slow" });
  expect(results.filter(({ verdict }) => verdict === "fail").map(({ case: { id } }) => id)).toEqual([]);
  expect(results.filter(({ case: it, verdict }) => it.waits && !["error", "skip"].includes(verdict))).toEqual([]);
});

test("one that keeps up with few clients meets few at a time: all that runs is judged", async () => {
  const { url } = await inLine(20);
  const some = cases.filter(({ id }) => /^(version|disconnect)\//.test(id));
  const { results } = await runAgainst(url, some, { timeout: 1_000, budget: 20_000 });
  const wrong = results.filter(({ verdict }) => !["pass", "info"].includes(verdict));
  expect(wrong.map(({ case: { id } }) => id)).toEqual([]);
}, 30_000);

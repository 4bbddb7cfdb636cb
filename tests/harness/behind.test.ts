import { expect, test } from "@jest/globals";
import { cases, runAgainst } from "../helpers.ts";
import { closing, server } from "./ending.ts";

/** The time that the server takes for each message, whoever sends it, in ms. */
const EACH = 200;

test("a server that does one thing after another for all is slow: nothing is judged in vain, and no input named", async () => {
  const queue: (() => void)[] = [];
  const timer = setInterval(() => queue.shift()?.(), EACH);
  closing.push(() => clearInterval(timer));
  const inTurn = (act: () => void) => void queue.push(act);
  const { url } = await server(({ disconnect, malformed }) => ({
    disconnect: (client) => inTurn(() => disconnect(client)),
    malformed: (client, text, binary) => inTurn(() => malformed(client, text, binary)),
  }));
  const some = cases.filter(({ id }) => /^disconnect\/(extra|followed)/.test(id));
  const { results, stop } = await runAgainst(url, some, { timeout: 1_000 });
  expect(stop).toMatchObject({
    reason: "slow",
    why: "the server does one thing after another for all clients, and did not keep up (--concurrency 1 asks for one at a time)",
  });
  expect(stop?.suspects).toBeUndefined();
  expect(results.filter(({ verdict }) => ["fail", "warn", "error"].includes(verdict))).toEqual([]);
});

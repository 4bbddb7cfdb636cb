import { afterEach, expect, test } from "@jest/globals";
import { isBroken } from "../../harness/catalogue.ts";
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
  expect(stop).toMatchObject({ reason: "slow", words: expect.stringMatching(/^not run: .* after \d+ cases/) });
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

import { afterEach, describe, expect } from "@jest/globals";
import { stopShutOut } from "../../harness/budget.ts";
import type { Pass } from "../../harness/pass.ts";
import { brokenBy, cases, runAgainst } from "../helpers.ts";
import { shuttingOut } from "../servers/limiting.ts";
import { testByTurns } from "../turns.ts";

const test = testByTurns(2);

let close: () => Promise<void> = async () => {};
afterEach(() => close());

const malformed = cases.filter(
  ({ id }, i) => id === "disconnect/alone" || (id.startsWith("malformed/") && i % 3 === 0),
);

/** Starts a server that shuts everybody out for so many ms after each so many malformed commands. */
async function starting(wrong: number, ms: number) {
  const server = await shuttingOut(wrong, ms);
  close = server.close;
  return server;
}

describe("a server that shuts everybody out after malformed commands", () => {
  test("for a while conforms, and the run says after how many", async () => {
    const { url } = await starting(20, 600);
    const run = await runAgainst(url, malformed);
    expect(brokenBy(run)).toEqual([]);
    expect([run.stop, run.unexplained]).toEqual([undefined, []]);
    const after = run.stalls.map(({ afterWrong = 0 }) => afterWrong);
    expect(Math.max(...after)).toBeGreaterThan(15);
    expect(Math.max(...after)).toBeLessThan(40);
  }, 60_000);

  test("for good is told so, and the last ones are suspected", async () => {
    const { url } = await starting(20, 1e6);
    const { stop } = await runAgainst(url, malformed, { recovery: 100 });
    expect(stop).toMatchObject({
      reason: "lost",
      why: expect.stringMatching(
        /HTTP 403\) after malformed commands or frames: it shuts everybody out over one of them, /,
      ),
    });
    expect(stop?.suspects).toContainEqual(expect.stringMatching(/^malformed\//));
  }, 60_000);

  test("for a while is waited for as long as two minutes in all", () => {
    const stopAfter = (...seconds: readonly number[]) => {
      const told = new Set(seconds.map((it, at) => ({ at, ms: 1_000 * it, afterWrong: 40 })));
      const pass: Pick<Pass, "standstills" | "stop"> = {
        standstills: { told, looked: new Set(), vain: 0 },
        stop: undefined,
      };
      stopShutOut(pass);
      return pass.stop;
    };
    expect(stopAfter(9, 9, 9)).toBeUndefined();
    expect(stopAfter(40, 41, 40)).toEqual({
      reason: "slow",
      why: "the target lets nobody in for up to 41.0 s after malformed commands or frames, and the time to wait for it was up",
    });
  });
});

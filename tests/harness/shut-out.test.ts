import { afterEach, describe, expect, test } from "@jest/globals";
import { stopShutOut } from "../../harness/budget.ts";
import { isBroken } from "../../harness/catalogue.ts";
import type { Pass } from "../../harness/pass.ts";
import { brokenBy, cases, runAgainst } from "../helpers.ts";
import { banning, shuttingOut } from "../servers/limiting.ts";
import { byTurns, testByTurns } from "../turns.ts";

const inTurn = testByTurns(4);

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
  inTurn(
    "for a while conforms, and the run says after how many",
    async () => {
      const { url } = await starting(20, 600);
      const run = await runAgainst(url, malformed);
      expect(brokenBy(run)).toEqual([]);
      expect([run.stop, run.unexplained]).toEqual([undefined, []]);
      const after = run.stalls.map(({ afterWrong = 0 }) => afterWrong);
      expect(Math.max(...after)).toBeGreaterThan(15);
      expect(Math.max(...after)).toBeLessThan(40);
    },
    60_000,
  );

  inTurn(
    "for good is told so, and the last ones are suspected",
    async () => {
      const { url } = await starting(20, 1e6);
      const { stop } = await runAgainst(url, malformed, { recovery: 100 });
      expect(stop).toMatchObject({
        reason: "lost",
        why: expect.stringMatching(
          /HTTP 403\) after malformed commands or frames: it shuts everybody out over one of them, /,
        ),
      });
      expect(stop?.suspects).toContainEqual(expect.stringMatching(/^malformed\//));
    },
    60_000,
  );

  inTurn("for a while is waited for as long as two minutes in all", () => {
    const stopAfter = (...seconds: readonly number[]) => {
      const told = new Set(seconds.map((it, at) => ({ at, ms: 1_000 * it, afterWrong: 40 })));
      const pass: Pick<Pass, "standstills" | "stop"> = {
        standstills: { told, looked: new Set(), vain: 0, mute: 0 },
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

describe("a server that shuts everybody out over one malformed command is told so, and no other command is blamed, if it", () => {
  const some = cases.filter(({ id }) => /^malformed\/(no|not|near)-|^disconnect\/alone$/.test(id));
  const isBad = (text: string) => /"command":1\b/.test(text);

  const ways: readonly [string, Parameters<typeof banning>[1], { concurrency?: number }?][] = [
    ["answers 403 for 3.2 s", { way: 403, ms: 3_200 }],
    ["resets all for 1.5 s, and for twice as long each time", { way: "reset", ms: 1_500, doubles: true }],
    ["closes all with 1013 for 1 s", { way: "1013", ms: 1_000 }],
    ["resets all 150 ms later for 400 ms", { way: "reset", ms: 400, later: 150 }],
    ["greets nobody for 1.2 s", { way: "mute", ms: 1_200 }],
    ["answers no handshake for 2.2 s", { way: "silence", ms: 2_200 }],
    ["answers no handshake for 5 s, case by case", { way: "silence", ms: 5_000 }, { concurrency: 1 }],
  ];

  test.each(byTurns(ways, 7))("%s", async (_, ban, options = {}) => {
    const server = await banning(isBad, ban);
    close = server.close;
    const { results, stop } = await runAgainst(server.url, some, options);
    const broken = results
      .filter(isBroken)
      .map(({ case: { id }, checks }) => [id, ...checks.filter(isBroken).map(({ actual }) => actual)]);
    expect(broken).toEqual([
      [
        "malformed/no-command-number",
        expect.stringMatching(/let nobody in for up to .* after the text {"command":1}$/),
      ],
    ]);
    // The time to wait may be up, where the target lets nobody in for ever longer.
    expect([undefined, "doubles" in ban ? "slow" : undefined]).toContain(stop?.reason);
  });
});

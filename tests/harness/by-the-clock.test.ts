import { afterEach, describe, expect, test } from "@jest/globals";
import { lifeByTheClock, steadyLife } from "../../harness/own-end.ts";
import type { Fall, Pass } from "../../harness/pass.ts";
import { brokenBy, cases, runAgainst } from "../helpers.ts";
import { onWs } from "../servers/libraries.ts";
import { overheard } from "../servers/tachyon.ts";

/** A pass whose server stood so long each time, in ms, and came back last at 1,000 ms. */
const passOf = (lives: readonly number[], culprits: readonly string[] = [], standsFor = 0): Pass =>
  ({
    ends: { lives, culprits: new Set(culprits), backAt: 1_000, standsFor },
    shared: { timeout: 2_000 },
  }) as unknown as Pass;

describe("a server that the suite found running", () => {
  test.each<[string, readonly number[], readonly string[], number | undefined]>([
    ["stood as long twice", [900, 4_400, 4_500], [], 4_500],
    ["stood once", [4_500], [], undefined],
    ["stood for another time", [3_000, 4_500], [], undefined],
    ["stood for less than the timeout, as one does that a case ends again", [900, 910], [], undefined],
    ["has a culprit", [4_400, 4_500], ["malformed/no-object-null"], undefined],
  ])("%s: does it end by the clock?", (_, lives, culprits, ms) => {
    expect(lifeByTheClock(passOf(lives, culprits))).toBe(ms);
  });

  test.each([
    [5_480, 4_480],
    [3_500, undefined],
    [1_050, undefined],
  ])("fell at %d ms: did it stand as long as before?", (to, life) => {
    expect(steadyLife({ to } as Fall, passOf([4_500]))).toBe(life);
  });

  test("stands longer where no client sends anything, and so does not end by the clock", () => {
    expect(lifeByTheClock(passOf([4_400, 4_500], [], 4_950))).toBeUndefined();
    expect(steadyLife({ to: 5_480 } as Fall, passOf([4_500], [], 4_950))).toBeUndefined();
  });
});

describe("a server that somebody else starts again", () => {
  const TIMEOUT = 400;
  /** The time for which it is away, in ms. */
  const AWAY = 300;
  /** The case that sends what ends it. */
  const DEADLY = "malformed/no-object-null";
  const stops: (() => unknown)[] = [];
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
  });

  /** Starts one. `heard` is told of each text, and ends the server with what it is given. */
  async function supervised(heard: (text: string, end: () => void) => void = () => {}) {
    const server = await onWs(overheard((text) => heard(text, end)));
    const end = () => server.crash?.(AWAY);
    stops.push(server.close);
    return { url: server.url, end };
  }

  const malformed = cases.filter(({ suite }) => suite === "malformed");
  const options = { timeout: TIMEOUT, linger: "long" } as const;

  test("is told the input that ends it late, though it stands as long each time", async () => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const { url } = await supervised((text, end) => {
      if (text !== "null") return;
      clearTimeout(timer);
      // Later than any case waits, and sooner than the run is over: its last client stays for one timeout after the cases that follow.
      timer = setTimeout(end, 1.05 * TIMEOUT);
    });
    stops.push(() => clearTimeout(timer));
    const some = malformed.filter(({ id }, i) => id === DEADLY || i % 3 === 0);
    const run = await runAgainst(url, some, { ...options, concurrency: 1 });
    const failed = run.results.filter(({ verdict }) => verdict === "fail").map((it) => it.case.id);
    expect([failed, brokenBy(run), run.stop]).toEqual([[DEADLY], ["malformed.survives"], undefined]);
  }, 60_000);

  test("and that ends by the clock is told so, and no case is blamed", async () => {
    const { url, end } = await supervised();
    let timer: ReturnType<typeof setTimeout>;
    const again = () => {
      end();
      timer = setTimeout(again, 2 * TIMEOUT + AWAY);
    };
    timer = setTimeout(again, TIMEOUT / 2);
    stops.push(() => clearTimeout(timer));
    const run = await runAgainst(url, malformed, { ...options, concurrency: 1 });
    expect(brokenBy(run)).toEqual([]);
    expect(run.stop?.why).toMatch(/ about 0\.\d s after each time it came back, whatever clients sent$/);
  }, 60_000);
});

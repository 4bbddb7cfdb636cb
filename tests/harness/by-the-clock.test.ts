import { describe, expect, test } from "@jest/globals";
import { endsAfter, fellByTheClock } from "../../harness/own-end.ts";
import type { Fall, Pass } from "../../harness/pass.ts";

/** A pass whose server stood so long each time, in ms, and came back last at 1,000 ms. */
const passOf = (lives: readonly number[], culprits: readonly string[] = []): Pass =>
  ({ ends: { lives, culprits: new Set(culprits), stoodAt: 1_000 }, shared: { timeout: 2_000 } }) as unknown as Pass;

describe("a server that the suite found running", () => {
  test.each<[string, readonly number[], readonly string[], number | undefined]>([
    ["stood as long twice", [900, 4_400, 4_500], [], 4_500],
    ["stood once", [4_500], [], undefined],
    ["stood for another time", [3_000, 4_500], [], undefined],
    ["stood for less than the timeout, as one does that a case ends again", [900, 910], [], undefined],
    ["has a culprit", [4_400, 4_500], ["malformed/no-object-null"], undefined],
  ])("%s: does it end by the clock?", (_, lives, culprits, ms) => {
    expect(endsAfter(passOf(lives, culprits))).toBe(ms);
  });

  test.each([
    [5_480, true],
    [3_500, false],
    [1_050, false],
  ])("fell at %d ms: does its end prove no input?", (to, isClock) => {
    expect(fellByTheClock({ to } as Fall, passOf([4_500]))).toBe(isClock);
  });
});

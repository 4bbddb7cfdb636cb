import { describe, expect, test } from "@jest/globals";
import { httpFailure } from "../../harness/failure.ts";
import {
  type KnownLimits,
  learnInLine,
  learnMeasured,
  learnRefused,
  learnServed,
  noneKnown,
} from "../../harness/known-limits.ts";
import { wordsOfFound } from "../../harness/noticed-limits.ts";
import { afterRefused, afterServed, type Spell } from "../../harness/spell.ts";

const BUSY = httpFailure(503);

/** Returns the spell after clients that were refused, or served, and began at these times. */
const spellAfter = (...clients: ["refused" | "served", number][]): Spell | undefined =>
  clients.reduce<Spell | undefined>(
    (spell, [how, at]) => (how === "refused" ? afterRefused(spell, at) : afterServed(spell, at)),
    undefined,
  );

describe("a spell in which nobody was served", () => {
  test("goes from the first client that was refused to the last, in whatever order the answers came", () => {
    expect(spellAfter(["served", 1], ["refused", 7], ["refused", 4], ["refused", 9])).toMatchObject({
      from: 4,
      to: 9,
      count: 3,
    });
  });

  test("is over with the first that is served behind it", () => {
    expect(spellAfter(["refused", 4], ["served", 8], ["served", 6])).toMatchObject({ count: 1, until: 6 });
    expect(spellAfter(["refused", 4], ["served", 6], ["refused", 5])).toMatchObject({ from: 4, to: 5, count: 2 });
    expect(spellAfter(["refused", 4], ["served", 6], ["refused", 9])).toMatchObject({ from: 9, count: 1 });
  });

  test("is none if somebody was served meanwhile", () => {
    expect(spellAfter(["refused", 4], ["refused", 8], ["served", 6])).toBeUndefined();
    expect(spellAfter(["refused", 4], ["refused", 8], ["served", 3])).toMatchObject({ count: 2 });
  });
});

describe("a target that refuses clients at any pace", () => {
  /** Refuses five clients at the paces that a limit per second leads to, and serves others at these times. */
  function refusing(...served: number[]): KnownLimits {
    const known = noneKnown();
    learnServed(known, 1, 0);
    learnRefused(known, BUSY, true, 10);
    learnMeasured(known, { perSecond: 100 }, { again: true, served: true });
    for (let i = 1; i <= 5; i++) {
      learnRefused(known, BUSY, true, 100 * i);
      for (const at of served.filter((it) => it > 100 * i && it < 100 * i + 100)) learnServed(known, at, at);
    }
    return known;
  }

  test("lets nobody in now and then if it serves none between", () => {
    expect(refusing()).toMatchObject({ closes: true, hopeless: false, gap: 0, found: {} });
  });

  test("has no limit if it serves some", () => {
    expect(refusing(150, 350)).toMatchObject({ closes: false, hopeless: true, gap: 0, found: {} });
  });
});

describe("a target that does not free those that ended", () => {
  /** Measures a number of connections at the same time, and refuses clients below it. */
  function measured(known: KnownLimits, together: number, at: number): void {
    learnMeasured(known, { together }, { again: true, served: true });
    for (let i = 1; i <= 5; i++) learnRefused(known, BUSY, true, at + i);
  }

  test("is measured again, and accepts fewer and fewer", () => {
    const known = noneKnown();
    learnServed(known, 1, 0);
    learnRefused(known, BUSY, true, 2);
    measured(known, 40, 10);
    expect([known.found.together, known.suspected]).toEqual([undefined, true]);
    measured(known, 22, 20);
    learnMeasured(known, { together: 9 }, { again: true, served: true });
    expect(wordsOfFound(known.found, known.fewer)).toBe(
      "the target accepts fewer and fewer connections at the same time (at most 40, then 22, then 9: it may not free those that ended)",
    );
  });

  test("is not measured again for the same number", () => {
    const known = noneKnown();
    learnServed(known, 1, 0);
    learnRefused(known, BUSY, true, 2);
    measured(known, 40, 10);
    known.suspected = false;
    measured(known, 40, 20);
    expect(known).toMatchObject({ fewer: [40], suspected: false, hopeless: false, closes: true });
  });
});

test("a target that lets one client in after another has a limit per second, which only a slower one changes", () => {
  const known = noneKnown();
  expect([learnInLine(known, 125), learnInLine(known, 100), known.found.perSecond]).toEqual([true, false, 8]);
  expect(known.gap).toBeCloseTo(137.5);
  expect(learnInLine(known, 250)).toBe(true);
});

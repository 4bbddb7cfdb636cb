import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { overlapping } from "../../harness/pool.ts";
import { counterexample, type Generator } from "../../harness/property.ts";
import { extended, interleaving, isValid, malformed, sequence, spelled } from "../../suites/0.1.7/generated-inputs.ts";

const random = { seed: 7, runs: 100 };
const numbers = () => fc.array(fc.nat(1000), { maxLength: 20 });

describe("a counterexample", () => {
  const tooBig = (value: readonly number[]) => (value.some((n) => n > 100) ? "too big" : undefined);

  test("is the smallest value that still fails, with what is wrong with it", async () => {
    const found = await counterexample(numbers, random, async (values) => values.map(tooBig));
    expect(found).toEqual({ value: [101], finding: "too big" });
  });

  test("is the same from the same seed, after all values were judged in two lots", async () => {
    const judged = async () => {
      const lots: (readonly unknown[])[] = [];
      await counterexample(numbers, random, async (values) => {
        lots.push(values);
        return values.map(() => undefined);
      });
      return lots;
    };
    const lots = await judged();
    expect(lots.map(({ length }) => length)).toEqual([40, 60]);
    expect(await judged()).toEqual(lots);
  });

  test("needs no second lot where the first holds one", async () => {
    const lots: number[] = [];
    await counterexample(numbers, random, async (values) => {
      lots.push(values.length);
      return values.map(tooBig);
    });
    expect(lots[0]).toBe(40);
    expect(lots.slice(1).every((length) => length === 1)).toBe(true);
  });

  test("is none if a value fails only among others", async () => {
    const judge = async (values: readonly unknown[]) => values.map(() => (values.length > 1 ? "crowded" : undefined));
    expect(await counterexample(numbers, random, judge)).toBeUndefined();
  });
});

test("work overlaps as far as allowed, and its results keep their order", async () => {
  let [running, most] = [0, 0];
  const results = await overlapping([3, 1, 2, 5, 4], 2, async (n) => {
    running += 1;
    most = Math.max(most, running);
    for (let i = 0; i < n; i++) await Promise.resolve();
    running -= 1;
    return n * 10;
  });
  expect(results).toEqual([30, 10, 20, 50, 40]);
  expect(most).toBe(2);
});

describe("generated commands", () => {
  const sample = <T>(make: (it: Generator) => fc.Arbitrary<T>, numRuns = 1_000) =>
    fc.sample(make(fc), { seed: 1, numRuns });

  test("are valid or malformed, as asked", () => {
    for (const text of [...sample(extended), ...sample(spelled)]) expect([text, isValid(text)]).toEqual([text, true]);
    for (const text of sample(malformed)) expect([text, isValid(text)]).toEqual([text, false]);
  });

  test("come in all kinds", () => {
    const kinds = new Set(
      sample(malformed).map((text) => {
        try {
          const value = JSON.parse(text);
          return Array.isArray(value) ? "array" : value === null ? "null" : typeof value?.command;
        } catch {
          return "no JSON";
        }
      }),
    );
    expect([...kinds]).toEqual(expect.arrayContaining(["array", "null", "undefined", "string", "object", "no JSON"]));
    expect(sample(spelled).some((text) => /\\u00/.test(text) && /\\\//.test(text))).toBe(true);
  });

  test("come in up to 20, for up to 4 clients", () => {
    expect(Math.max(...sample(sequence, 200).map((it) => it.length))).toBe(20);
    const clients = new Set(sample(interleaving, 50).flatMap((turns) => turns.map(([client]) => client)));
    expect([...clients].toSorted()).toEqual([0, 1, 2, 3]);
  });
});

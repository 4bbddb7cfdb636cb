import { describe, expect, test } from "@jest/globals";
import { pool } from "../../harness/pool.ts";

describe("the pool", () => {
  const most = async (size: number, idles: boolean): Promise<number> => {
    let running = 0;
    let peak = 0;
    await pool([1, 2, 3, 4, 5, 6], { size }, async (_, idle) => {
      running += 1;
      peak = Math.max(peak, running);
      if (idles) idle();
      if (idles) idle();
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
    });
    return peak;
  };
  test("works on as many items at a time as it is told", async () => expect(await most(2, false)).toBe(2));
  test("gives the place of an idle item to one more, once", async () => expect(await most(2, true)).toBe(6));
  test("begins no item before another is finished while it is crowded", async () => {
    let running = 0;
    await pool([1, 2, 3], { size: 3, crowded: () => running > 0 }, async () => {
      running += 1;
      await new Promise((resolve) => setImmediate(resolve));
      expect(running).toBe(1);
      running -= 1;
    });
    expect.assertions(3);
  });
  test("throws what some work throws, once all that has begun is done, and begins no more", async () => {
    const done: number[] = [];
    const pooled = pool([1, 2, 3, 4], { size: 2 }, async (n) => {
      await new Promise((resolve) => setImmediate(resolve));
      if (n === 1) throw new Error("one");
      done.push(n);
    });
    await expect(pooled).rejects.toThrow("one");
    expect(done).toEqual([2]);
  });
  test("needs a place", async () => {
    await expect(pool([1], { size: 0 }, async () => {})).rejects.toThrow(RangeError);
  });
  test("works strictly on one after another at size 1", async () => expect(await most(1, true)).toBe(1));
});

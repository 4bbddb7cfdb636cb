import { expect, test } from "@jest/globals";
import { discard, disposer } from "../../harness/memory.ts";

test("garbage is collected whenever there is a heap of it, and not before", () => {
  let collected = 0;
  const dispose = disposer(() => {
    collected += 1;
  });
  const seen = [8 << 20, (8 << 20) - 1, 1, 16 << 20, 1].map((bytes) => {
    dispose(bytes);
    return collected;
  });
  expect(seen).toEqual([0, 0, 1, 2, 2]);
});

test("garbage can be collected in any process", () => {
  expect(() => discard(1 << 30)).not.toThrow();
});

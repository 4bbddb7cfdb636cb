import { expect, test } from "@jest/globals";
import { share, wasStillFor } from "../../harness/shared.ts";

test.each([
  ["came just before a stall", 990, true],
  ["came in its first half", 1_900, true],
  ["came shortly before its end, and could have been answered then", 3_000, false],
  ["came long before", -900, false],
  ["came after it", 3_600, false],
])("a client that %s waited over it in vain", (_, at, isSo) => {
  const shared = share(2_000);
  shared.stalls.push({ at: 1_000, ms: 2_500 });
  expect(wasStillFor(at, shared)).toBe(isSo);
});

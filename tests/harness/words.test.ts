import { expect, test } from "@jest/globals";
import { plural } from "../../harness/words.ts";

test.each([
  [0, "0 cases"],
  [1, "1 case"],
  [2, "2 cases"],
  [1_000, "1000 cases"],
])("a number of things is told in words: %i", (n, words) => {
  expect(plural(n, "case")).toBe(words);
});

test("a number can have another plural, and another form", () => {
  expect([plural(1, "entry", "entries"), plural(2_000, "entry", "entries", "2,000")]).toEqual([
    "1 entry",
    "2,000 entries",
  ]);
});

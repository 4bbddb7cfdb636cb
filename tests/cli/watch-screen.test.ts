import { describe, expect, test } from "@jest/globals";
import { fitted } from "../../cli/watch/screen.ts";

describe("a report on a screen", () => {
  const before = ["\u001b[31mFAIL\u001b[39m a/b", "1", "2", "3", "4", ""];
  const summary = ["FAIL the target is not conformant", "  target x"];
  const lines = (size: { rows: number; columns: number }) => {
    const fits = fitted({ before, summary }, size);
    return [...fits.before, ...fits.summary];
  };

  test("stays whole where it fits", () => expect(lines({ rows: 8, columns: 80 })).toEqual([...before, ...summary]));

  test("keeps its beginning and the verdict", () => {
    expect(lines({ rows: 5, columns: 80 })).toEqual([
      "\u001b[31mFAIL\u001b[39m a/b",
      "1",
      "… 4 more lines",
      "FAIL the target is not conformant",
      "  target x",
    ]);
  });

  test("counts lines that a narrow screen breaks", () => {
    expect(lines({ rows: 5, columns: 20 })).toEqual([
      "\u001b[31mFAIL\u001b[39m a/b",
      "… 5 more lines",
      "FAIL the target is not conformant",
      "  target x",
    ]);
  });

  test("counts the columns that wide characters take", () => {
    const wide = { before: ["漢字".repeat(10), ""], summary };
    expect(fitted(wide, { rows: 4, columns: 40 }).before).toEqual(wide.before);
    expect(fitted(wide, { rows: 4, columns: 39 }).before).toEqual(["… 2 more lines"]);
  });

  test("keeps the verdict on the smallest screen", () => {
    expect(lines({ rows: 1, columns: 80 })).toEqual([
      "… 6 more lines",
      "FAIL the target is not conformant",
      "  target x",
    ]);
  });
});

import { describe, expect, test } from "@jest/globals";
import { cut, keep, keptText, shorten } from "../../harness/kept.ts";
import type { WireEvent } from "../../harness/transcript.ts";
import { show } from "../../harness/words.ts";

test("a kept transcript is bounded, and showing a value never throws", () => {
  const events = Array.from(
    { length: 1_000 },
    (_, at): WireEvent => ({ at, from: "server", type: "text", data: "x".repeat(9_000) }),
  );
  const kept = keep({ url: "", events }).events;
  expect(kept).toHaveLength(121);
  expect(kept[0]).toMatchObject({ data: expect.stringMatching(/^x{2000}… \[cut: 9000 characters in all\]$/) });
  expect(show(JSON.parse(`${"[".repeat(100_000)}${"]".repeat(100_000)}`))).toBe(
    "a value that is nested too deep to show",
  );
  expect(show(undefined)).toBe("nothing there");
});

describe("a kept transcript", () => {
  const text = (at: number, data = "x") => ({ at, from: "server", type: "text", data }) as const satisfies WireEvent;
  const many = (n: number) => Array.from({ length: n }, (_, at) => text(at));

  test("has 60 events at each end, and the number left out between them", () => {
    const { events } = keep({ url: "", name: "one", events: many(200) });
    expect(events.map(({ at }) => at)).toEqual([
      ...many(60).map(({ at }) => at),
      140,
      ...many(60).map(({ at }) => at + 140),
    ]);
    expect(events[60]).toEqual({ at: 140, from: "client", type: "cut", data: "80 events left out" });
    expect(keep({ url: "u", name: "one", events: many(120) })).toEqual({ url: "u", name: "one", events: many(120) });
  });

  test("has texts that are cut once, and still say how long they were", () => {
    const once = shorten(text(0, "é".repeat(5_000)), 4_000);
    expect(once).toEqual({
      ...text(0, `${"é".repeat(4_000)}… [cut: 5000 characters in all]`),
      length: 5_000,
    });
    expect(shorten(once, 4_000)).toBe(once);
    expect(shorten(once, 10)).toEqual({ ...once, data: `${"é".repeat(10)}… [cut: 5000 characters in all]` });
    expect([keptText(once), keptText(text(0, "short"))]).toEqual(["é".repeat(4_000), "short"]);
    expect([cut("é".repeat(4_000), 4_000), cut("ab\ud83d\ude00", 3)]).toEqual([
      "é".repeat(4_000),
      "ab… [cut: 4 characters in all]",
    ]);
    const short = keep({ url: "", events: [text(0, "y".repeat(2_001))] }).events[0];
    expect(short).toMatchObject({ data: `${"y".repeat(2_000)}… [cut: 2001 characters in all]` });
  });
});

test("long texts and transcripts are cut, and say so", () => {
  expect(cut("x".repeat(2_000), 2_000)).toHaveLength(2_000);
  const long = { data: "x".repeat(5_000) };
  expect(shorten(shorten(long, 4_000), 2_000).data).toMatch(/^x{2000}… \[cut: 5000 characters in all\]$/);
  const events = Array.from({ length: 1_000 }, (_, at): WireEvent => ({ at, from: "server", type: "text", data: "" }));
  const kept = keep({ url: "", events }).events;
  expect(kept).toHaveLength(121);
  expect(kept[60]).toEqual({ at: 940, from: "client", type: "cut", data: "880 events left out" });
});

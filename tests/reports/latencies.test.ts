import { describe, expect, test } from "@jest/globals";
import picocolors from "picocolors";
import { compareReports } from "../../reports/compare/compare.ts";
import { compareMarkdown } from "../../reports/compare/markdown.ts";
import { compareTerminal } from "../../reports/compare/terminal.ts";
import { html } from "../../reports/html/html.tsx";
import type { Report } from "../../reports/report.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { sample } from "./samples.ts";

const plain = picocolors.createColors(false);
const good = await sample(undefined, {}, /^version\/(greeting|parity-equal)/);

describe("a latency", () => {
  const taking = (...mediansMs: number[]): Report => ({ ...good, latencies: [{ name: "greeting", mediansMs }] });

  test.each([
    [
      "is told where it differs by more than the noise",
      [9, 1, 1.2, 1.1, 1],
      [9, 3, 3.1, 3.3, 3.1],
      [{ oldMs: 1.1, newMs: 3.1 }],
    ],
    ["is told where it became shorter", [9, 3, 3.1, 3, 3], [9, 1, 1.1, 1, 1], [{ oldMs: 3, newMs: 1 }]],
    ["is not told where the runs overlap", [9, 1, 5, 1, 1], [9, 4, 6, 6, 6], []],
    ["is not told where it differs by less than the noise", [9, 1, 2, 2, 2], [9, 2.1, 2.5, 2.3, 2.4], []],
    ["is not told of few repetitions", [1, 1, 1, 1], [30, 30, 30, 30], []],
  ])("%s", (_, old, now, told) => {
    expect(compareReports(taking(...old), taking(...now)).latencies).toMatchObject(told);
  });

  test("is not compared between unlike runs", () => {
    const [slow, fast] = [taking(9, 9, 9, 9, 9), taking(1, 1, 1, 1, 1)];
    expect(compareReports(slow, fast).latencies).toHaveLength(1);
    expect(compareReports({ ...slow, concurrency: 16 }, { ...fast, concurrency: 1 }).latencies).toEqual([]);
    expect(compareReports(slow, { ...fast, cases: fast.cases.slice(1) }).latencies).toEqual([]);
  });

  test("is told with the load under which it was measured, in every format", async () => {
    const loads: readonly (readonly [number | undefined, string])[] = [
      [16, "under load: 16 cases ran at a time"],
      [1, "one case at a time"],
      [undefined, "under load: an unknown number of cases ran at a time"],
    ];
    for (const [concurrency, load] of loads) {
      const [old, now] = [taking(9, 9, 9, 9, 9), taking(1, 1, 1, 1, 1)].map(({ concurrency: _, ...it }) => ({
        ...it,
        ...(concurrency !== undefined && { concurrency }),
      })) as [Report, Report];
      const comparison = compareReports(old, now);
      const words = `median greeting: 9 ms, now 1 ms, ${load} (repetitions lie 0.00 ms apart)`;
      expect(compareTerminal(comparison, ["old", "new"], plain)).toContain(words);
      expect(compareMarkdown(comparison)).toContain(words);
      expect(comparison.latencies[0]?.concurrency).toBe(concurrency);
      const facts = (await html(now, protocol)).replace(/<[^>]*>/g, "");
      expect(facts).toContain(`Median greeting1, 1, 1, 1, 1 ms, ${load}`);
    }
  });

  test("is measured in every repetition", async () => {
    const { latencies } = await sample(undefined, { repeat: 2 }, /^disconnect\/alone/);
    expect(latencies).toEqual([
      { name: "greeting", mediansMs: [expect.any(Number), expect.any(Number)] },
      { name: "disconnect", mediansMs: [expect.any(Number), expect.any(Number)] },
    ]);
  });
});

import { afterEach, describe, expect, test } from "@jest/globals";
import type { RunOptions } from "../../harness/run-options.ts";
import { run } from "../../harness/runner.ts";
import type { Case } from "../../harness/scenario.ts";
import { DEFAULTS } from "../../running/defaults.ts";
import { requirements } from "../../schemas/0.1.7/requirements.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { lobby } from "../servers/lobby.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

describe("a run", () => {
  const suites = ["load", "upsets", "calm"].map((name) => ({ name, title: name, [name]: true, cases: [] }));
  const id = requirements[0]?.id as string;
  let order: string[] = [];
  let running = 0;
  let together: Record<string, number> = {};

  /** Makes a case that talks to nobody, and keeps or breaks what it tests each time it runs. */
  function acts(suite: string, name: string, ...kept: boolean[]): Case {
    const id_ = `${suite}/${name}`;
    return {
      id: id_,
      suite,
      title: name,
      tests: [id],
      digest: name,
      async run({ check }) {
        running += 1;
        order.push(id_);
        together[suite] = Math.max(together[suite] ?? 0, running);
        for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        check(id, (kept.length > 1 ? kept.shift() : (kept[0] ?? true)) || undefined);
      },
    };
  }
  async function ran(cases: Case[], options: Partial<RunOptions>): Promise<{ told: string[]; stop?: string }> {
    [order, together] = [[], {}];
    const server = await lobby();
    closing.push(server.close);
    const target = { url: new URL(server.url), headers: {} };
    // None of these cases says if others are still served.
    const judging = { ...protocol, suites, rules: [], survivalOf: () => "" };
    const result = await run(judging, cases, { ...DEFAULTS, target, ...options });
    const told = result.results.map(({ verdict, unstable }) => (unstable ? `${verdict} unstable` : verdict));
    return { told, ...(result.stop && { stop: result.stop.why }) };
  }
  const all = (name: string, ...kept: boolean[]) => suites.map((suite) => acts(suite.name, name, ...kept));

  test("puts load on a server last, one case after another", async () => {
    const { told } = await ran([...all("a"), ...all("b"), acts("load", "c", false)], { concurrency: 4 });
    expect(order).toEqual(["calm/a", "calm/b", "upsets/a", "upsets/b", "load/a", "load/b", "load/c", "load/c"]);
    expect(together).toEqual({ calm: 2, upsets: 2, load: 1 });
    expect(told.at(-1)).toBe("fail");
  });

  test("ends with bail at a failure, even if it does not show alone", async () => {
    const stop = "calm/a failed, and --bail ends the run";
    const fluke = [acts("calm", "a", false, true), acts("calm", "b"), acts("upsets", "c")];
    expect(await ran(fluke, { bail: true })).toEqual({ told: ["fail unstable", "pass", "skip"], stop });
    const failure = [acts("calm", "a", false), acts("calm", "b"), acts("upsets", "c")];
    expect(await ran(failure, { bail: true })).toEqual({ told: ["fail", "pass", "skip"], stop });
    expect(order).toEqual(["calm/a", "calm/b", "calm/a"]);
  });

  test("is repeated until one ends early, and gives each case its worst result", async () => {
    const varies = () => [acts("calm", "a", true, false, true), acts("calm", "b"), acts("calm", "c", false)];
    expect(await ran(varies(), { repeat: 3, concurrency: 1 })).toEqual({ told: ["fail unstable", "pass", "fail"] });
    expect(order).toHaveLength(9 + 4); // What failed ran once more alone.
    const { told } = await ran(varies(), { repeat: 3, concurrency: 1, bail: true });
    expect([told, order.length]).toEqual([["pass", "pass", "fail"], 3 + 1]);
  });
});

import { describe, expect, test } from "@jest/globals";
import { reconsider } from "../../harness/confirm.ts";
import type { Pass } from "../../harness/pass.ts";
import {
  acts,
  confirmed,
  FORGOTTEN,
  first,
  good,
  marked,
  type Outcome,
  pass,
  SERVED,
  SILENT,
  stage,
} from "./acting.ts";

describe("a case after which others are not served", () => {
  const harms = (...outcomes: Outcome[]) => acts("x", "MUST.survives", outcomes);

  test("is the culprit if that happens four times of four", async () => {
    const it = await confirmed([harms(SILENT)]);
    expect([stage.ran.length, marked(it), [...it.ends.culprits]]).toEqual([3, ["x fail"], ["x"]]);
  });

  test.each<[string, Outcome[]]>([
    ["x pass unstable", [SILENT, "kept"]],
    ["x fail unstable", [SILENT, SILENT, "kept"]],
    ["x fail unstable", [SILENT, SILENT, SILENT, "kept"]],
  ])("is none where it is not so once: %s", async (told, outcomes) => {
    const it = await confirmed([harms(...outcomes)]);
    expect([it.ends.culprits.size, marked(it)]).toEqual([0, [told]]);
  });

  test("is unstable if one newcomer was forgotten but the next one served, unless that happens four times of four", async () => {
    const once = await confirmed([harms(FORGOTTEN, "kept")]);
    expect([stage.ran.length, marked(once), once.ends.culprits.size]).toEqual([1, ["x fail unstable"], 0]);
    const always = await confirmed([harms(FORGOTTEN)]);
    expect([stage.ran.length, marked(always), always.ends.culprits.size]).toEqual([3, ["x fail"], 0]);
    expect((await confirmed([harms({ ...FORGOTTEN, nextServedAfterMs: 5.5 })])).ends.culprits.size).toBe(1);
  });

  test("is as others of its kind were alone if it has no time left to run again: nobody saw it vary", async () => {
    const long = (id: string, ...outcomes: Outcome[]) => acts(id, "MUST.survives", outcomes, { ms: 6_000 });
    const always = await confirmed([long("x", FORGOTTEN), long("y", FORGOTTEN), long("z", SILENT)]);
    expect(marked(always)).toEqual(["x fail", "y fail unconfirmed", "z fail unconfirmed"]);
    const once = await confirmed([long("x", FORGOTTEN, "kept"), long("y", FORGOTTEN)]);
    expect(marked(once)).toEqual(["x fail unstable", "y error unconfirmed"]);
  });

  test("is found before those run again that it may have harmed", async () => {
    const it = await confirmed([acts("y", "MUST.b", [SERVED, "kept"]), harms(SILENT)]);
    expect(stage.ran).toEqual(["x", "x", "x", "y"]);
    // The first ended when the second began.
    expect(marked(it)).toEqual(["y pass", "x fail"]);
  });
});

describe("after cases were blamed for others", () => {
  const others = () => [
    acts("w", "SHOULD.a", ["broken", "kept"], { ms: 6_000 }),
    acts("s", "MUST.b", ["skip", "kept"], { ms: 6_000 }),
    acts("still", "SHOULD.a", ["broken"]),
    acts("x", "MUST.a", ["broken"]),
    acts("i", "MUST.a", ["info"]),
  ];
  async function doubting(change: (it: Pass) => void): Promise<string[]> {
    const it = pass();
    await first(it, good, ...others());
    change(it);
    await reconsider(it);
    return [...stage.ran, ...marked(it).slice(1)];
  }
  const blamed = (it: Pass) => void it.ends.culprits.add("good");
  const asBefore = ["w warn", "s skip", "still warn", "x fail", "i info"];
  const again = ["w", "s", "still", "w pass", "s pass", "still warn", "x fail", "i info"];

  test("warnings and skipped cases run again, for as long as the run took, and that result counts", async () => {
    expect(await doubting(blamed)).toEqual(again);
    expect(await doubting((it) => blamed(Object.assign(it, { times: { ...it.times, confirming: 60_000 } })))).toEqual(
      again,
    );
  });

  test("nothing runs again if there is no culprit, or the run has ended", async () => {
    expect(await doubting(() => {})).toEqual(asBefore);
    const stop = { reason: "lost", words: "", why: "" } as const;
    expect(await doubting((it) => blamed(Object.assign(it, { stop })))).toEqual(asBefore);
  });

  test("a case does not run again if it only varies for no known reason", async () => {
    const varies = (it: Pass) => {
      const result = it.results.get(good);
      if (result) it.results.set(good, { ...result, unstable: true });
    };
    expect(await doubting(varies)).toEqual(asBefore);
  });

  test("a case does not run again if it is skipped for another requirement", async () => {
    const it = pass();
    await first(it, good, acts("plain", "MUST.a", ["broken"]), acts("x", "MUST.b", ["broken"]));
    blamed(it);
    await reconsider(it);
    expect(stage.ran).toEqual([]);
  });
});

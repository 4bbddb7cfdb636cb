import { expect, test } from "@jest/globals";
import { commandExplain, commandFor } from "../../reports/shell-commands.ts";
import { good } from "./told.ts";

test("a command names the seed only where one of its cases generates what it sends", () => {
  const both = ["generated/sequences", "disconnect/alone"] as const;
  const [generated, other] = [{ id: both[0], generates: true as const }, { id: both[1] }];
  const report = { ...good, seed: 7, cases: [generated, other] };
  expect(commandFor(report, other.id)).toMatch(/ws:\S+ --case disconnect\/alone$/);
  expect(commandFor(report, ...both)).toMatch(
    /ws:\S+ --seed 7 --case generated\/sequences --case disconnect\/alone --all$/,
  );
  const old = { ...report, cases: both.map((id) => ({ id })) };
  for (const id of both) expect(commandFor(old, id)).toMatch(/ws:\S+ --seed 7 --case \S+$/);
  expect(commandFor({ ...old, seed: 0 }, ...both)).not.toContain("--seed");
});

test("the command for a case whose verdict varies repeats it: once it may pass", () => {
  const report = {
    ...good,
    cases: [{ id: "disconnect/alone", unstable: true as const }, { id: "disconnect/at-once" }],
  };
  expect(commandFor(report, "disconnect/alone")).toMatch(/ --case disconnect\/alone --repeat 100$/);
  expect(commandFor(report, "disconnect/at-once")).not.toContain("--repeat");
  expect(commandFor(report, "disconnect/alone", "disconnect/at-once")).not.toContain("--repeat");
});

test("no name in a stored report is more than a word of its commands", () => {
  const foreign = { ...good, suite: { ...good.suite, name: "x; touch y" } };
  expect(commandFor(foreign, "disconnect/alone")).toMatch(/^npx 'x; touch y' run /);
  expect(commandExplain(foreign, "disconnect.once")).toBe("npx 'x; touch y' explain disconnect.once");
  expect(commandExplain(good, "disconnect.once")).toBe("npx tachyon-conformance explain disconnect.once");
});

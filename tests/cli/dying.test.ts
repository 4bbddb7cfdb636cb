import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { isBroken } from "../../harness/catalogue.ts";
import { DEFAULTS } from "../../running/defaults.ts";
import { byTurns, everything } from "../turns.ts";
import { away, deaths, harmed, NULL } from "./deaths.ts";
import { expectCulprits, found, HARM, started } from "./meet-dying.ts";
import { cwd } from "./workspace.ts";

/** The timeout of a test, in ms. It is longer than a run may take, so that a late run is reported, too. */
const PATIENCE = 90_000;

/** Expects that nothing that came of the death of a server is a finding. */
async function expectNoFinding(on: string, suite: RegExp): Promise<void> {
  const { code, told } = await found([on]);
  expect(told.requirements.filter(isBroken)).toEqual([]);
  expect(told.cases.filter(({ verdict }) => verdict === "error").map(({ id }) => id)).toEqual([]);
  expect(told).toMatchObject({ verdict: "fail", stop: { reason: "lost" } });
  expect(told.stop?.suspects).toContainEqual(expect.stringMatching(suite));
  expect(told.stop?.suspects?.length).toBeLessThanOrEqual(6);
  expect(code).toBe(1);
}

/** Expects of a server that gives nobody some answer any more after an input that the input is named, and nothing that came of it. */
async function hangs(fate: string, stopped: string): Promise<void> {
  const { code, stdout, told } = await started([`null=${fate}@0`]);
  expect(told.verdict).toBe("fail");
  expect(told.requirements.filter(isBroken).map(({ id }) => id)).toEqual(
    stdout.includes("it is not known which") ? [] : ["malformed.survives"],
  );
  expect(stdout).toContain(`the server stopped ${stopped}`);
  expect(stdout).toContain(NULL);
  expect(code).toBe(1);
}

/** Expects that no input is blamed for the end of a server that comes anyway, and that the run says so. */
async function endsAnyway(on: string, words: string): Promise<void> {
  const { code, stdout, told } = await started([on]);
  expect(told.requirements.filter(isBroken)).toEqual([]);
  expect(told).toMatchObject({ verdict: "fail", stop: { reason: "lost" } });
  expect(told.stop?.suspects).toBeUndefined();
  expect(stdout).toContain(words);
  expect(stdout).not.toContain("the likeliest first");
  expect(code).toBe(1);
}

/** Other deaths, and what is expected of a run then. */
const others: Readonly<Record<string, () => Promise<void>>> = {
  "dies almost a timeout after an input: it does not pass": async () => {
    const { code, told } = await started(["null=exit:1@1800"], "--all");
    expect(told.verdict).toBe("fail");
    expect(told.requirements.filter(isBroken).map(({ id }) => id)).toEqual([
      expect.stringMatching(/survives|resilience/),
    ]);
    expect(code).toBe(1);
  },
  "dies two timeouts and a half after an input: it does not pass": async () => {
    const { code, stdout, told } = await started(["null=exit:1@4800"], "--all");
    expect(told.verdict).toBe("fail");
    expect(stdout).toMatch(/the server ended \(exit code 1\)/);
    // A second end may stay without a culprit though the first has one.
    const broken = told.requirements.filter(isBroken).map(({ id }) => id);
    expect(broken.filter((id) => !/survives|resilience/.test(id))).toEqual([]);
    expect(broken.length === 1 || stdout.includes("it is not known which")).toBe(true);
    expect(code).toBe(1);
  },
  "greets nobody any more after an input: it is named, or likeliest, and nothing that came of it is a finding": () =>
    hangs("mute", "greeting anybody"),
  "answers no request any more after an input: it is named, or likeliest, and nothing that came of it is a finding":
    () => hangs("lock", "answering requests"),
  "answers no request any more after an input, also when it is started again: the run ends": async () => {
    const { code, stdout, told } = await started(["null=lock@0", `--jam ${join(cwd, "jam")}`]);
    expect(told.verdict).toBe("fail");
    expect(stdout).toMatch(/^ {2}stopped {2}the server stopped answering requests, also after it was started again$/m);
    expect(told.requirements.filter(isBroken)).toEqual([]);
    expect(code).toBe(1);
  },
  "answers no request any more after an input, for good: nothing that came of it is a finding": async () => {
    const { code, stdout, told } = await found(["null=lock@0"]);
    expect(told.verdict).toBe("fail");
    expect(told.requirements.filter(isBroken)).toEqual([]);
    expect(stdout).toMatch(/^ {2}stopped {2}the server stopped answering requests$/m);
    expect(stdout).toMatch(/^ {2}suspects /m);
    expect(code).toBe(1);
  },
  "stays away after it died: what was found before stays, the suspects are named": async () => {
    const { code, stdout, told } = await found(["null=exit:1@0", "--bug parity"]);
    const broken = told.requirements.filter(isBroken).map(({ id }) => id);
    expect(broken.filter((id) => !HARM.includes(id))).toEqual(["parity.patch"]);
    expect(told.verdict).toBe("fail");
    expect(stdout).toContain("parity.patch");
    // A server reads several inputs in one go. The culprit is not always among the six suspects that are named.
    expect(stdout).toMatch(
      /suspects one of these may have ended it, the likeliest first \(--start helps to find out which\): malformed\//,
    );
    expect(code).toBe(1);
  },
  "crashes, trims the command and tells a wrong parity: all is told of in one run": async () => {
    const { code, told } = await started(["null=throw@0", "--bug parity", "--bug trim"]);
    const broken = told.requirements.filter(isBroken).map(({ id }) => id);
    expect(broken.toSorted()).toEqual(["malformed.rejected", "malformed.survives", "parity.patch"]);
    expect(told.stop).toBeUndefined();
    expect(code).toBe(1);
  },
  "dies 0.9 s after the only case of the run": async () => {
    const { told } = await started(["null=exit:1@900"], "--case", NULL);
    expect(told.requirements.filter(isBroken).map(({ id }) => id)).toEqual(["malformed.survives"]);
  },
  "dies over whoever comes: no input is blamed, and the run ends soon": () =>
    endsAnyway("anybody=throw@3", "and 3 times more when only one client came"),
  "ends by itself a while after each start: no input is blamed": () =>
    endsAnyway("start=exit:7@700", "after each start, though the only client there sent nothing"),
  "greets nobody any more after the only case of the run": async () => {
    const { code, told } = await started(["null=mute@0"], "--case", NULL);
    expect(told.requirements.filter(isBroken).map(({ id }) => id)).toEqual(["malformed.survives"]);
    expect(code).toBe(1);
  },
  "crashes, and never closes, so that the suite waits for nearly all: both are told of": async () => {
    const { code, told } = await started(["null=throw@0", "--bug stays"]);
    const broken = told.requirements.filter(isBroken).map(({ id }) => id);
    expect(broken.toSorted()).toEqual(["disconnect.closes", "malformed.survives"]);
    expect(told.stop).toBeUndefined();
    expect(code).toBe(1);
  },
};

type Row = readonly [death: string, expectations: () => Promise<void>];

/** Rows of servers, which the suite meets by `run`, whose culprits must be named. */
const named = (how: string, run: typeof started, servers: typeof deaths): readonly Row[] =>
  Object.entries(servers).map(([what, [on, right, ...args]]) => [
    `that the suite ${how} and that ${what}: the culprits are named, and nobody else`,
    async () => expectCulprits(await run(on, ...args), right),
  ]);

/** Every death, with what is expected then. */
const all: readonly Row[] = [
  ...named("started", started, deaths),
  ...named("found running", found, harmed),
  ...Object.entries(away).map(
    ([on, suite]) =>
      [
        `that dies for good of ${on}: nothing that came of that is a finding`,
        () => expectNoFinding(on, suite),
      ] as const,
  ),
  ...Object.entries(others).map(([what, expectations]) => [`that ${what}`, expectations] as const),
];

/** Beside other tests the search for these culprits runs out of time now and then, so the nightly run alone has them. */
const UNSTEADY = /a worker that dies|as if all were well|greets nobody|answers no request|three inputs/;

const steady = everything ? all : all.filter(([death]) => !UNSTEADY.test(death));

test.each(byTurns(steady, steady.length))("a server %s", (_, expectations) => expectations(), PATIENCE);

/** The time for which a run stays after its last case, in ms. */
const STAYS = DEFAULTS.timeout / 8;

/** The suite that runs last. A run may be over before a server ends late of its inputs. */
const LAST = /^transport\//;

test("each server that ends late does so of an input that many cases follow", () => {
  const isLate = (on: readonly string[]) => on.some((it) => Number(/@(\d+)/.exec(it)?.[1]) > STAYS);
  const late = Object.values({ ...deaths, ...harmed }).filter(([on]) => isLate(on));
  expect(late.length).toBeGreaterThan(0);
  expect(late.flatMap(([, { culprits }]) => culprits.filter((id) => LAST.test(id)))).toEqual([]);
});

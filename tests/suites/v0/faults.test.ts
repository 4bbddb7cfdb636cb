import { beforeAll, describe, expect, test } from "@jest/globals";
import { isBinding, isBroken } from "../../../harness/catalogue.ts";
import { overlapping } from "../../../harness/pool.ts";
import { run } from "../../../harness/runner.ts";
import type { Case } from "../../../harness/scenario.ts";
import { usersOf } from "../../../harness/target.ts";
import { DEFAULTS } from "../../../running/defaults.ts";
import { own } from "../../../schemas/v0/index.ts";
import { requirements } from "../../../schemas/v0/requirements.ts";
import { protocolBy } from "../../../suites/v0/index.ts";
import type { ReferenceFault } from "../../../suites/v0/reference/faults/fault.ts";
import { faults } from "../../../suites/v0/reference/faults/index.ts";
import type { Killed } from "../../../suites/websocket/kills.ts";
import { brokenBy } from "../../helpers.ts";
import { byTurns } from "../../turns.ts";
import { storedRows, writeRow } from "./kills.ts";

const protocol = protocolBy(own);
const cases = protocol.suites.flatMap((suite) => suite.cases);
const ruled = new Set(protocol.rules.map(({ requirement }) => requirement));
const { FAULTS, UPDATE_DOCS } = process.env;
const wanted = FAULTS?.split(",") ?? (UPDATE_DOCS ? Object.keys(faults) : undefined);

/** The days in which each fault meets the cases about it; and all but those that put load on a server. The first number divides the other. */
const DAYS = { few: 48, all: 144 } as const;
const names = wanted ?? byTurns(Object.keys(faults), DAYS.few);
const inFull = new Set(UPDATE_DOCS ? [] : (wanted ?? byTurns(Object.keys(faults), DAYS.all)));

const LOAD = new Set(["resilience"]);

/** The cases that are about what a fault breaks; those of requests and sessions where that holds of every message. */
function casesFor(fault: string): readonly Case[] {
  const { breaks = "" } = faults[fault] ?? {};
  const about = cases.filter(({ suite, tests }) =>
    ruled.has(breaks)
      ? ["requests", "sessions", "social", "valid", "malformed"].includes(suite)
      : tests.includes(breaks),
  );
  const others =
    inFull.has(fault) && !breaks.startsWith("resilience.") ? cases.filter(({ suite }) => !LOAD.has(suite)) : [];
  return cases.filter((it) => about.includes(it) || others.includes(it));
}

/** With these faults one case spoils it for another that runs at the same time. */
const ONE_BY_ONE = new Set([
  "outlives-its-connections",
  "dies-of-odd-tokens",
  "ends-another-user-over-a-second-connection",
  "takes-ids-for-those-of-all-users",
]);

/** In ms: the reference server answers at once, or never. */
const TIMEOUT = 1_500;

/** Runs with one fault what is about it. Returns the requirements that are told to be broken, and the cases that find it. */
async function rowOf(fault: string): Promise<Killed> {
  const server = await protocol.serve({ fault });
  const target = { url: new URL(server.url), headers: {}, ...usersOf(server) };
  const result = await run(protocol, casesFor(fault), {
    ...DEFAULTS,
    target,
    timeout: TIMEOUT,
    concurrency: ONE_BY_ONE.has(fault) ? 1 : 4,
    seed: 1,
  }).finally(server.close);
  const breaks = faults[fault]?.breaks ?? "";
  const found = result.results.filter(({ checks }) => checks.some((it) => it.requirement === breaks && isBroken(it)));
  // Many cases find a breach in every message, and not always the same ones.
  const about = found.filter(({ case: { tests } }) => ruled.has(breaks) || tests.includes(breaks));
  return { fault, told: brokenBy(result), kills: about.map((it) => it.case.id) };
}

const GROUP = 10;
const SIDE_BY_SIDE = 2;

for (let first = 0; first < names.length; first += GROUP) {
  const group = names.slice(first, first + GROUP);
  describe(`faults, group ${first / GROUP + 1}`, () => {
    let all: readonly Killed[] = [];
    beforeAll(async () => {
      all = await overlapping(group, SIDE_BY_SIDE, rowOf);
    }, 240_000);

    test.each(group)("%s is told by what it breaks, and by nothing else", (name) => {
      const { breaks, also = [] } = faults[name] as ReferenceFault;
      const { told, kills } = all[group.indexOf(name)] as Killed;
      expect(told).toContain(breaks);
      expect([breaks, ...also]).toEqual(expect.arrayContaining(told as string[]));
      if (UPDATE_DOCS) writeRow({ fault: name, told: [breaks, ...also], kills });
      const stored = storedRows().find(({ fault }) => fault === name)?.kills;
      if (!ruled.has(breaks)) expect(kills).toEqual(stored);
    });
  });
}

test("there is a fault for every MUST and SHOULD", () => {
  const broken = new Set(Object.values(faults).map(({ breaks }) => breaks));
  const missing = requirements.filter(({ id, level }) => isBinding(level, true) && !broken.has(id)).map(({ id }) => id);
  expect(missing).toEqual([]);
  expect(Object.keys(faults).length).toBeGreaterThanOrEqual(60);
});

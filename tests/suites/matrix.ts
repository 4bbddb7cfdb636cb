import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { isBroken } from "../../harness/catalogue.ts";
import type { CaseResult } from "../../harness/execute.ts";
import { overlapping } from "../../harness/pool.ts";
import type { Case } from "../../harness/scenario.ts";
import { requirements } from "../../schemas/0.1.7/requirements.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import type { Faults, ReferenceFault } from "../../suites/0.1.7/reference/faults/fault.ts";
import { faults } from "../../suites/0.1.7/reference/faults/index.ts";
import { faultIn } from "../../suites/websocket/faults.ts";
import { fromStored, type Killed, type StoredKill } from "../../suites/websocket/kills.ts";
import { brokenBy, cases, runAgainst } from "../helpers.ts";
import { byTurns } from "../turns.ts";
import { killPage } from "./kill-page.ts";
import { toStored } from "./to-stored.ts";

export const TABLE = "suites/0.1.7/reference/kills.json";
export const PAGE = "docs/kill-matrix.md";
const { suites } = protocol;
const { UPDATE_DOCS, FAULTS } = process.env;
const wanted = FAULTS?.split(",");
for (const name of wanted ?? []) faultIn(faults, name); // Throws where there is none.

/** The findings of a run against the reference server with one fault. */
interface Row extends Killed {
  /** The cases that the suite could not judge. */
  readonly errors: readonly string[];
  /** What ended the run, and the verdicts of the first cases with what is no pass: for whoever reads why a test failed. */
  readonly seen: unknown;
  /** The verdict of a case varies. */
  readonly varies: boolean;
}

/** The suites that put load on a server. They run only with faults that concern them. */
const LOAD: Readonly<Record<string, readonly string[]>> = {
  resilience: ["resilience"],
  generated: ["disconnect", "malformed"],
};

/**
 * Returns all cases that run with a fault: those of a default run, and those of load suites that concern it. A fault that shows
 * under load meets only the latter, since a default run may be load, too.
 */
function casesFor(fault: string): readonly Case[] {
  const section = requirements.find(({ id }) => id === named(fault).breaks)?.section ?? "";
  return cases.filter(({ suite }) => LOAD[suite]?.includes(section) ?? !LOAD[section]);
}

const named = (fault: string): ReferenceFault => faults[fault] as ReferenceFault;

/** The days in which each fault runs in full once. */
const DAYS = 120;
const inTurn = new Set(byTurns(Object.keys(faults), DAYS));

/** The days in which each fault runs with some cases once. It divides the other. */
const DAYS_OF_FEW = 24;
const today = new Set(byTurns(Object.keys(faults), DAYS_OF_FEW));

/** Tells if a fault runs: if FAULTS names it, and otherwise for the page or on its day. */
const isDue = (fault: string): boolean => wanted?.includes(fault) ?? (UPDATE_DOCS !== undefined || today.has(fault));

/** Tells if all cases run with a fault: for the page, if FAULTS names it, and otherwise on its day. */
const isInFull = (fault: string): boolean => UPDATE_DOCS !== undefined || wanted !== undefined || inTurn.has(fault);

/** The number of cases that run with a fault on its other days, spread over those that find it. */
const FEW = 3;

function fewOf(fault: string): readonly Case[] {
  const { kills } = rows().find((it) => it.fault === fault) ?? { kills: [] };
  const step = (kills.length - 1) / (FEW - 1);
  const ids = new Set(Array.from({ length: FEW }, (_, i) => kills[Math.round(i * step)]));
  return cases.filter(({ id }) => ids.has(id));
}

/**
 * With these faults a run mostly waits, so its cases wait side by side, as in a default run. With all others one case runs after
 * another, so that the result does not depend on the load of the machine.
 */
const SILENT: ReadonlySet<string> = new Set([
  "greets-with-an-array",
  "greets-in-a-binary-frame",
  "greets-nobody",
  "greets-who-speaks",
  "greets-matching-clients-only",
  "keeps-the-connection-after-a-refusal",
  "keeps-the-connection-after-a-goodbye",
  "never-says-goodbye",
  "ignores-the-first-request",
  "rests-after-a-goodbye",
  "ignores-malformed-commands",
  "is-deaf-after-a-malformed-command",
  "is-deaf-after-three-malformed-commands",
]);

/** The number of inputs that a case generates. It is enough, since the faults are not subtle. */
const RUNS = 15;

/** The timeout of few cases, in ms. It is longer than the pauses of all faults but those that show under load. */
const SHORT = 1_200;

/** Runs some cases against the reference server with a fault. */
async function rowOf(fault: string, some: readonly Case[], inFull: boolean): Promise<Row> {
  const { breaks, headers = {} } = named(fault);
  const server = await protocol.serve({ fault });
  try {
    const target = { url: new URL(server.url), headers };
    const result = await runAgainst(server.url, some, {
      runs: RUNS,
      target,
      ...(!SILENT.has(fault) && { concurrency: 1 }),
      ...(!inFull && !breaks.startsWith("resilience.") && { timeout: SHORT }),
    });
    const broken = brokenBy(result);
    const kills = result.results.filter(({ checks }) => checks.some((it) => it.requirement === breaks && isBroken(it)));
    return {
      fault,
      told: [breaks, ...broken].filter((id, i, all) => broken.includes(id) && all.indexOf(id) === i),
      kills: aboutIt(
        kills.map((it) => it.case.id),
        breaks,
      ),
      varies: result.results.some(({ unstable }) => unstable),
      errors: result.results.filter(({ verdict }) => verdict === "error").map((it) => it.case.id),
      seen: { stop: result.stop, stalls: result.stalls, results: result.results.slice(0, SEEN).map(inShort) },
    };
  } finally {
    await server.close();
  }
}

/** The number of cases whose verdicts are told. */
const SEEN = 5;

const inShort = ({ case: { id }, verdict, unstable, unconfirmed, checks }: CaseResult) => ({
  ...{ id, verdict, unstable, unconfirmed },
  checks: checks.filter((it) => it.verdict !== "pass").map((it) => `${it.requirement} ${it.verdict}: ${it.actual}`),
});

/** The number of faults that run side by side, since the suite mostly waits. A filter for one test runs its group. */
const SIDE_BY_SIDE = 4;
const GROUP = 8;
const PATIENCE = 240_000;

/** Tests that each of these faults breaks what it says and nothing else, and that the page names the cases that find it. */
export function prove(some: Faults, sideBySide = SIDE_BY_SIDE): void {
  const names = Object.keys(some).filter(isDue);
  if (names.length === 0) test.skip("none that is named", () => {});
  for (let first = 0; first < names.length; first += GROUP) {
    const group = names.slice(first, first + GROUP);
    describe(`group ${first / GROUP + 1}`, () => {
      let rows: readonly Row[] = [];
      beforeAll(async () => {
        rows = await overlapping(group, sideBySide, (name) =>
          rowOf(name, isInFull(name) ? casesFor(name) : fewOf(name), isInFull(name)),
        );
      }, PATIENCE);
      test.each(group.map((name) => [isInFull(name) ? `${name}, in full` : name, name]))("%s", (_, name) => {
        const row = rows[group.indexOf(name)] as Row;
        if (isInFull(name) && !row.varies) holdInFull(row);
        else hold(row);
      });
    });
  }
}

/**
 * Expects that a few cases together find the fault, and nothing that it does not break. One alone may not, since others may harm it
 * first. If verdicts vary, requirements of every connection are broken instead.
 */
function hold({ fault, told, errors, varies, seen }: Row): void {
  const { breaks, also = [] } = named(fault);
  expect(errors).toEqual([]);
  const instead = varies ? protocol.foundations.general : [];
  const found = told.some((id) => id === breaks || instead.includes(id));
  const wrong = told.filter((id) => ![breaks, ...also, ...instead].includes(id));
  if (!found || wrong.length > 0) throw new Error(JSON.stringify({ found, wrong, seen }, null, 1));
}

/** Expects that all cases together find exactly what the fault breaks, and that the page says so. */
function holdInFull(row: Row): void {
  const { fault, told, errors, seen } = row;
  const { breaks, also = [] } = named(fault);
  expect(errors).toEqual([]);
  if (told.length === 0) throw new Error(JSON.stringify(seen, null, 1));
  expect(told.toSorted()).toEqual([breaks, ...also].toSorted());

  if (UPDATE_DOCS) write(row);
  expect(rows().find((it) => it.fault === fault)).toEqual({ fault, told, kills: row.kills });
}

/** Reads the stored kill matrix. */
export const rows = (): Killed[] =>
  JSON.parse(readFileSync(TABLE, "utf8")).map((it: StoredKill) => fromStored(it, suites));

/** Stores a row in the place of an older one, in the order of the faults, and makes the page again. */
function write({ fault, told, kills }: Killed): void {
  const known = [...rows(), { fault, told, kills }];
  const now = Object.keys(faults).flatMap((name) => known.findLast((it) => it.fault === name) ?? []);
  writeFileSync(TABLE, table(now));
  writeFileSync(PAGE, page(now));
}

/**
 * Returns the cases that find a breach and are about the requirement: other findings vary with the load of the machine. Returns all
 * of them if no case is about it, since it is a rule of every connection.
 */
function aboutIt(kills: readonly string[], requirement: string): readonly string[] {
  const some = cases.filter(({ id, tests }) => tests.includes(requirement) && kills.includes(id)).map(({ id }) => id);
  return some.length > 0 ? some : kills;
}

/** Returns the text of the stored kill matrix, a fault a line. */
export const table = (some: readonly Killed[]): string =>
  `[\n${some.map((it) => JSON.stringify(toStored(it, suites))).join(",\n")}\n]\n`;

/** The parts of the version that the page tells of. */
export const PROVED = { ...protocol, faults };

/** Returns the page of the kill matrix. */
export const page = (some: readonly Killed[]): string => killPage(some, PROVED, INTRO);

const INTRO = [
  "# The kill matrix",
  "",
  "How the suite is proved: the reference server with one fault at a time, all that a run tells is broken, first what the fault",
  "is about, and the cases about it that find it. Every case of a default run meets every fault; suites that put load on a server",
  "meet those that concern them, and faults that show under load only those. The tests check that this page is current;",
  "`npm run docs` makes it. Try one yourself: `npx tachyon-conformance serve --fault greets-twice`.",
];

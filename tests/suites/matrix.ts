import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { isBinding, isBroken } from "../../harness/catalogue.ts";
import { overlapping } from "../../harness/property.ts";
import type { Case } from "../../harness/scenario.ts";
import { requirements } from "../../schemas/0.1.7/requirements.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import type { Faults, ReferenceFault } from "../../suites/0.1.7/reference/faults/fault.ts";
import { faultNamed, faults } from "../../suites/0.1.7/reference/faults/index.ts";
import { fromStored, type Killed, type StoredKill, toStored } from "../../suites/0.1.7/reference/kills.ts";
import { brokenBy, cases, runAgainst } from "../helpers.ts";
import { byTurns } from "../turns.ts";

export const TABLE = "suites/0.1.7/reference/kills.json";
export const PAGE = "docs/kill-matrix.md";
const { suites } = protocol;
const { UPDATE_DOCS, FAULTS } = process.env;
const wanted = FAULTS?.split(",");
for (const name of wanted ?? []) faultNamed(name); // Throws where there is none.

/** What a run tells of the reference server with one fault. */
interface Row extends Killed {
  /** Cases of which the suite cannot tell. */
  readonly errors: readonly string[];
  /** Whether the verdict of a case does. */
  readonly varies: boolean;
}

/** The suites that put load on a server do not run by default: they do with faults that concern them. */
const LOAD: Readonly<Record<string, readonly string[]>> = {
  resilience: ["resilience"],
  generated: ["disconnect", "malformed"],
};

/**
 * All cases that run with a fault: those of a default run, and those of suites that put load on the server where they concern it.
 * A fault that shows under load meets only the latter: a default run is load, too, as it happens.
 */
function casesFor(fault: string): readonly Case[] {
  const section = requirements.find(({ id }) => id === named(fault).breaks)?.section ?? "";
  return cases.filter(({ suite }) => LOAD[suite]?.includes(section) ?? !LOAD[section]);
}

const named = (fault: string): ReferenceFault => faults[fault] as ReferenceFault;

/** In so many days each fault runs in full once: others each day, so that they take a minute. */
const DAYS = 30;
const inTurn = new Set(byTurns(Object.keys(faults), DAYS));

/** Whether all cases run with a fault: for the page, where it is named by FAULTS, and else when it is its day. */
const isInFull = (fault: string): boolean => UPDATE_DOCS !== undefined || wanted !== undefined || inTurn.has(fault);

/** So many of the cases that find a fault run with it on any day: from the first to the last. */
const FEW = 3;

function fewOf(fault: string): readonly Case[] {
  const { kills } = rows().find((it) => it.fault === fault) ?? { kills: [] };
  const step = (kills.length - 1) / (FEW - 1);
  const ids = new Set(Array.from({ length: FEW }, (_, i) => kills[Math.round(i * step)]));
  return cases.filter(({ id }) => ids.has(id));
}

/**
 * With these most of a run is waiting: so all wait side by side, as in a default run. With the others one case runs after another:
 * it is told the same, at any load of the machine that tests.
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

/** Generated inputs of a case: enough for the faults, which are not subtle. */
const RUNS = 15;

/** In ms: of few cases it can be short, but longer than any server with a fault rests. */
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
      ...(!inFull && { timeout: SHORT }),
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
    };
  } finally {
    await server.close();
  }
}

/** So many faults are tried side by side: with most of them the suite mostly waits. Who asks for one test gets its group. */
const SIDE_BY_SIDE = 4;
const GROUP = 8;
const PATIENCE = 240_000;

/** Tests that of each of some faults is told what it says it breaks and nothing else, and that the page tells what finds it. */
export function prove(some: Faults, sideBySide = SIDE_BY_SIDE): void {
  const names = Object.keys(some).filter((name) => wanted?.includes(name) ?? true);
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
 * Few cases find the fault, and tell nothing that it does not break. Each alone may not: some are harmed by others that run first. Where
 * verdicts vary, what holds on every connection is told instead.
 */
function hold({ fault, told, errors, varies }: Row): void {
  const { breaks, also = [] } = named(fault);
  expect(errors).toEqual([]);
  const instead = varies ? protocol.foundations.general : [];
  expect(told.filter((id) => id === breaks || instead.includes(id))).not.toEqual([]);
  expect([breaks, ...also, ...instead]).toEqual(expect.arrayContaining(told as string[]));
}

/** All cases together tell exactly what the fault breaks, and the page says so. */
function holdInFull(row: Row): void {
  const { fault, told, errors } = row;
  const { breaks, also = [] } = named(fault);
  expect(errors).toEqual([]);
  expect(told.toSorted()).toEqual([breaks, ...also].toSorted());

  if (UPDATE_DOCS) write(row);
  expect(rows().find((it) => it.fault === fault)).toEqual({ fault, told, kills: row.kills });
}

/** The kill matrix as it is stored. */
export const rows = (): Killed[] =>
  JSON.parse(readFileSync(TABLE, "utf8")).map((it: StoredKill) => fromStored(it, suites));

/** Stores a row in the place of the one that there was, in the order of the faults, and makes the page again. */
function write({ fault, told, kills }: Killed): void {
  const known = [...rows(), { fault, told, kills }];
  const now = Object.keys(faults).flatMap((name) => known.findLast((it) => it.fault === name) ?? []);
  writeFileSync(TABLE, table(now));
  writeFileSync(PAGE, page(now));
}

/**
 * Of the cases that find a breach those that are about the requirement: what others find of it in passing varies with the load of the machine.
 * All of them where it is a rule of every connection, and no case is about it.
 */
function aboutIt(kills: readonly string[], requirement: string): readonly string[] {
  const some = cases.filter(({ id, tests }) => tests.includes(requirement) && kills.includes(id)).map(({ id }) => id);
  return some.length > 0 ? some : kills;
}

/** Whether a case is about a requirement: it declares it, or declares only what cannot be broken and is judged by the rules alone. */
function isAbout({ tests }: (typeof cases)[number], requirement: string): boolean {
  const breakable = tests.some((id) => isBinding(requirements.find((it) => it.id === id)?.level ?? "MAY", true));
  return breakable ? tests.includes(requirement) : true;
}

/** The faults that each case finds, by its id. */
export function killsByCase(rows: readonly Killed[]): Map<string, string[]> {
  return new Map(
    cases.map((it) => [
      it.id,
      rows
        .filter(({ fault, kills }) => kills.includes(it.id) && isAbout(it, faults[fault]?.breaks ?? ""))
        .map(({ fault }) => fault),
    ]),
  );
}

/** The kill matrix as it is stored: a fault a line. */
export const table = (some: readonly Killed[]): string =>
  `[\n${some.map((it) => JSON.stringify(toStored(it, suites))).join(",\n")}\n]\n`;

/** The cases of a row in words, by suite as a glob. */
const listed = (row: Killed): string =>
  Object.entries(toStored(row, suites).kills)
    .map(([suite, some]) => {
      if (some === "all") return `\`${suite}/*\``;
      return "but" in some ? `\`${suite}/\` but ${some.but.join(", ")}` : `\`${suite}/\` ${some.join(", ")}`;
    })
    .join("; ");

/** The kill matrix as a page. */
export function page(rows: readonly Killed[]): string {
  const byFault = rows.map((row) => {
    const broken = row.told.map((id) => `\`${id}\``).join(", ");
    return `| \`${row.fault}\` | ${named(row.fault).says} | ${broken} | ${row.kills.length} | ${listed(row)} |`;
  });
  const everyCase = rows.filter(({ kills }) => kills.length > cases.length / 2).map(({ fault }) => fault);
  const byCase = [...killsByCase(rows)].map(([id, found]) => {
    const rest = found.filter((fault) => !everyCase.includes(fault));
    const all = rest.length < found.length ? `${found.length - rest.length} of every message` : "";
    return `| \`${id}\` | ${[...rest.map((fault) => `\`${fault}\``), all].filter(Boolean).join(", ")} |`;
  });
  return [
    "# The kill matrix",
    "",
    "How the suite is proved: the reference server with one fault at a time, all that a run tells is broken, first what the fault",
    "is about, and the cases about it that find it. Every case of a default run meets every fault; suites that put load on a server",
    "meet those that concern them, and faults that show under load only those. The tests check that this page is current;",
    "`npm run docs` makes it. Try one yourself: `npx tachyon-conformance serve --fault greets-twice`.",
    "",
    `## ${rows.length} faults`,
    "",
    "| fault | what it does | told to be broken | found by | cases |",
    "| --- | --- | --- | --- | --- |",
    ...byFault,
    "",
    `## ${cases.length} cases`,
    "",
    "| case | faults that it finds |",
    "| --- | --- |",
    ...byCase,
    "",
  ].join("\n");
}

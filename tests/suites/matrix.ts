import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { isBinding } from "../../harness/catalogue.ts";
import { grouped, type Killed, rowsIn as killedIn } from "../../harness/explain/kills.ts";
import type { Check } from "../../harness/judge.ts";
import { overlapping } from "../../harness/property.ts";
import type { Case } from "../../harness/scenario.ts";
import { requirements } from "../../schemas/0.1.7/requirements.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import type { Faults, ReferenceFault } from "../../suites/0.1.7/reference/faults/fault.ts";
import { faults } from "../../suites/0.1.7/reference/faults/index.ts";
import { brokenBy, cases, runAgainst } from "../helpers.ts";

/** What the suite says of the reference server with one fault. */
interface Row extends Killed {
  /** All requirements that are found broken. */
  readonly broken: readonly string[];
  /** Cases of which the suite cannot tell. */
  readonly errors: readonly string[];
}

/** The suites that put load on a server run only with faults that concern them. */
const LOAD: Readonly<Record<string, readonly string[]>> = {
  resilience: ["resilience"],
  generated: ["disconnect", "malformed"],
};

/** With these most of a run is waiting: so only the suites that they concern run, and cases of big suites wait side by side. */
const SILENT: Readonly<Record<string, readonly string[]>> = {
  "greets-with-an-array": ["version"],
  "greets-in-a-binary-frame": ["version"],
  "greets-nobody": ["version"],
  "greets-who-speaks": ["version"],
  "keeps-the-connection-after-a-refusal": ["malformed"],
  "keeps-the-connection-after-a-goodbye": ["disconnect"],
  "never-says-goodbye": ["disconnect"],
  "ignores-the-first-request": ["disconnect"],
  "rests-after-a-goodbye": ["disconnect"],
  "ignores-malformed-commands": ["malformed"],
  "is-deaf-after-a-malformed-command": ["malformed"],
  "is-deaf-after-three-malformed-commands": ["malformed", "generated"],
};

/** Of the cases of suites that a fault does not concern every so many run, others with each fault; all of them for the page. */
const SHARE = process.env.UPDATE_DOCS ? 1 : 6;

/** The cases that run with a fault. All but those that wait run one after another, which tells most exactly. */
function casesFor(fault: string): readonly Case[] {
  const { breaks, also = [] } = faults[fault] as ReferenceFault;
  const sectionOf = (wanted: string): string => requirements.find(({ id }) => id === wanted)?.section ?? "";
  const concerned = [breaks, ...also].map(sectionOf);
  const whole = typeof also === "string" || concerned.includes("messages");
  const place = Object.keys(faults).indexOf(fault);
  const suites = SILENT[fault];
  return cases.filter(({ suite }, i) => {
    if (suites) return suites.includes(suite);
    if (LOAD[suite]) return LOAD[suite].includes(sectionOf(breaks));
    return whole || concerned.includes(suite) || (i + place) % SHARE === 0;
  });
}

/** Runs the suite against the reference server with a fault. */
async function rowOf(fault: string): Promise<Row> {
  const { breaks, headers = {} } = faults[fault] as ReferenceFault;
  const server = await protocol.serve({ fault });
  try {
    const target = { url: new URL(server.url), headers };
    const result = await runAgainst(server.url, casesFor(fault), {
      ...(SILENT[fault]?.some((suite) => suite !== "disconnect") ? WAITING : ALONE),
      runs: RUNS,
      target,
    });
    const ids = (which: (check: Check) => boolean) =>
      result.results.filter(({ checks }) => checks.some(which)).map((it) => it.case.id);
    return {
      fault,
      broken: brokenBy(result),
      kills: ids((it) => it.requirement === breaks && (it.verdict === "fail" || it.verdict === "warn")),
      errors: ids(({ verdict }) => verdict === "error"),
    };
  } finally {
    await server.close();
  }
}

/** Generated inputs of a case: enough for the faults, which are not subtle. */
const RUNS = 15;

/** Timeouts (ms) long enough for a busy machine; short, since some faults are silence. */
const ALONE = { concurrency: 1, timeout: 800 };
const WAITING = { concurrency: 16, timeout: 600 };

/** So many faults are tried side by side: with most of them the suite mostly waits. Who asks for one test gets its group. */
const SIDE_BY_SIDE = 2;
const GROUP = 8;
const PATIENCE = 120_000;

/** Tests that each of some faults breaks what it says it breaks and nothing else, and that the page tells what finds it. */
export function prove(some: Faults, sideBySide = SIDE_BY_SIDE): void {
  const names = Object.keys(some);
  for (let first = 0; first < names.length; first += GROUP) {
    const group = names.slice(first, first + GROUP);
    describe(`group ${first / GROUP + 1}`, () => {
      let rows: readonly Row[] = [];
      beforeAll(async () => {
        rows = await overlapping(group, sideBySide, rowOf);
      }, PATIENCE);
      test.each(group)("%s", (name) => hold(rows[group.indexOf(name)] as Row, some[name] as ReferenceFault));
    });
  }
}

function hold({ fault, kills, broken, errors }: Row, { breaks, also = [] }: ReferenceFault): void {
  expect(errors).toEqual([]);
  expect(kills).not.toEqual([]);
  if (typeof also === "string") expect(broken).toContain(breaks);
  else expect(broken).toEqual([...new Set([breaks, ...also])].filter(isTestedBy(casesFor(fault))).toSorted());

  if (process.env.UPDATE_DOCS) writeFileSync(PAGE, page([...rowsIn(read()), { fault, kills }]));
  const ran = new Set(casesFor(fault).map(({ id }) => id));
  const told = rowsIn(read()).find((it) => it.fault === fault)?.kills;
  expect(told?.filter((id) => ran.has(id))).toEqual(kills);
}

const everywhere = new Set(protocol.rules.map(({ requirement }) => requirement));
const isTestedBy = (some: readonly Case[]) => (id: string) =>
  everywhere.has(id) || some.some(({ tests }) => tests.includes(id));

const PAGE = "docs/kill-matrix.md";
export const read = (): string => (existsSync(PAGE) ? readFileSync(PAGE, "utf8") : "");

/** Whether a case is about a requirement: it declares it, or declares only what cannot be broken and is judged by the rules alone. */
function isAbout({ tests }: (typeof cases)[number], requirement: string): boolean {
  const breakable = tests.some((id) => isBinding(requirements.find((it) => it.id === id)?.level ?? "MAY", true));
  return breakable ? tests.includes(requirement) : true;
}

/** The faults that each case finds, by its id: those that break what it is about. */
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

/** What a page says of faults. */
export const rowsIn = (text: string): Killed[] => killedIn(text, protocol.suites);

/** The kill matrix as a page; of several rows for a fault the last. */
export function page(given: readonly Killed[]): string {
  const rows = Object.keys(faults).flatMap((name) => given.findLast(({ fault }) => fault === name) ?? []);
  const byFault = rows.map(({ fault, kills }) => {
    const { says, breaks } = faults[fault] as ReferenceFault;
    return `| \`${fault}\` | ${says} | \`${breaks}\` | ${kills.length} | ${grouped(kills, protocol.suites)} |`;
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
    "How the suite is proved: the reference server with one fault at a time, and the cases that find what the fault breaks.",
    "Suites that put load on a server, and all with faults that are silence, run only where they concern each other. The tests",
    "check that this page is current;",
    "`npm run docs` makes it. Try one yourself: `npx tachyon-conformance serve --fault greets-twice`.",
    "",
    `## ${rows.length} faults`,
    "",
    "| fault | what it does | breaks | found by | cases |",
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

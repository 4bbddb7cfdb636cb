import { createHash } from "node:crypto";
import { broken, type Requirement, VERDICTS, type Verdict, worst } from "../harness/catalogue.ts";
import type { Protocol } from "../harness/protocol.ts";
import type { Rule } from "../harness/rule.ts";
import { cut, shorten, type WireEvent } from "../harness/transcript.ts";
import type { Report, ReportCase, ReportCheck } from "../reports/report.ts";
import { conclude } from "../reports/verdict.ts";
import type { FollowedConnection } from "./follow.ts";
import { judgeRecorded } from "./judge.ts";

/** Connections that a report holds at most: the first, and beyond them of each requirement that is broken. */
const KEPT = { first: 200, broken: 20 } as const;

/** Judges connections one after another, and makes a report of them. */
export interface Recording {
  add(connection: FollowedConnection): void;
  /** The number of connections so far. */
  readonly size: number;
  report(about: About): Report;
}

/** The facts that a report of recordings says beside the findings. */
export interface About {
  readonly suite: Report["suite"];
  readonly files: readonly string[];
  readonly startedAt: Date;
  readonly durationMs: number;
}

/** Judges by the rules of a protocol; with `strict` a SHOULD counts as a MUST. What it remembers is bounded. */
export function recording({ name, version, requirements, rules }: Protocol, strict: boolean): Recording {
  const rows = rules.map((rule) => rowOf(rule, requirements, strict));
  const cases: ReportCase[] = [];
  const urls = new Set<string>();
  const connections = Object.fromEntries(VERDICTS.map((verdict) => [verdict, 0])) as Record<Verdict, number>;
  let [events, size] = [0, 0];

  return {
    get size() {
      return size;
    },
    add(connection) {
      const found = findingsOn(connection, rows);
      const verdict = worst(
        found.filter((it) => it.verdict !== "skip").map((it) => it.verdict),
        "skip",
      );
      size += 1;
      events += connection.events;
      connections[verdict] += 1;
      const [place = ""] = connection.url.split("?", 1);
      if (urls.size < 2 && place !== "") urls.add(place);
      if (size <= KEPT.first || found.some(isNew)) cases.push(caseOf(connection, verdict, found));
      for (const it of found) it.row.counts[it.verdict] += 1;
    },
    report({ suite, files, startedAt, durationMs }) {
      const [url, ...more] = urls;
      const draft = {
        suite,
        protocol: { name, version },
        target: { url: url !== undefined && more.length === 0 ? url : files.join(", "), embedded: false, strict },
        startedAt: startedAt.toISOString(),
        durationMs,
        seed: 0,
        recording: {
          files,
          events,
          connections,
          requirements: Object.fromEntries(rows.map(({ requirement, counts }) => [requirement.id, counts])),
        },
      };
      return conclude(draft, counted(cases), requirements);
    },
  };
}

/** A rule, its requirement, and of how many connections it gave each verdict. */
interface Row {
  readonly rule: Rule;
  readonly requirement: Requirement;
  readonly broken: Verdict;
  readonly counts: Record<Verdict, number>;
}

function rowOf(rule: Rule, requirements: readonly Requirement[], strict: boolean): Row {
  const requirement = requirements.find(({ id }) => id === rule.requirement);
  if (!requirement) throw new Error(`the catalogue has no requirement "${rule.requirement}"`);
  const counts = { pass: 0, info: 0, skip: 0, warn: 0, error: 0, fail: 0 };
  return { rule, requirement, broken: broken(requirement.level, strict), counts };
}

/** The finding of a rule on a connection. */
interface Judged {
  readonly row: Row;
  readonly verdict: Verdict;
  readonly actual: string;
  readonly events?: readonly WireEvent[] | undefined;
}

function findingsOn({ decisive }: FollowedConnection, rows: readonly Row[]): readonly Judged[] {
  const silent = !decisive.events.some(({ from, type }) => from === "server" && type !== "cut");
  return rows.map((row) => {
    const { outcome, actual, events } = judgeRecorded(row.rule, decisive);
    if (outcome === "broken") return { row, verdict: row.broken, actual, events };
    if (outcome === "inconclusive") return { row, verdict: "skip", actual };
    return silent
      ? { row, verdict: "skip", actual: "nothing that the server sent is recorded" }
      : { row, verdict: "pass", actual };
  });
}

/** Tells if the report needs more connections on which a rule found the same. */
const isNew = ({ row, verdict }: Judged) => row.counts[verdict] < (verdict === row.broken ? KEPT.broken : 1);

function caseOf(it: FollowedConnection, verdict: Verdict, found: readonly Judged[]): ReportCase {
  const { url, events } = it.shown();
  const short = events.map((event) => ("data" in event ? shorten(event) : event));
  return {
    id: `check/${it.number}`,
    title: `${it.file}: connection ${cut(it.id, 200)}`,
    suite: "check",
    verdict,
    durationMs: it.durationMs,
    digest: createHash("sha256").update(`${it.file}\0${it.id}`).digest("hex").slice(0, 16),
    checks: found.map((one) => checkOf(one, it)),
    connections: [{ url: cut(url), events: short }],
  };
}

function checkOf(
  { row: { requirement }, verdict, actual, events = [] }: Judged,
  { placeOf }: FollowedConnection,
): ReportCheck {
  const places = events.flatMap((event) => placeOf(event) ?? []);
  return {
    requirement: requirement.id,
    level: requirement.level,
    verdict,
    expected: requirement.statement,
    actual: cut(actual),
    ...(places.length > 0 && { evidence: { connection: 0, events: places } }),
    ...(verdict === "skip" && { unrecorded: true }),
  };
}

/** Counts what was not recorded as unjudged if nothing at all was judged: nothing could pass then. */
function counted(cases: readonly ReportCase[]): readonly ReportCase[] {
  if (cases.some(({ verdict }) => verdict !== "skip")) return cases;
  return cases.map((it) => ({ ...it, checks: it.checks.map(({ unrecorded: _, ...check }) => check) }));
}

import { isDeepStrictEqual } from "node:util";
import { casesIn } from "../harness/protocol.ts";
import type { Case } from "../harness/scenario.ts";
import { plural } from "../harness/words.ts";
import { FORMATS } from "../reports/formats.ts";
import { contradictionIn } from "../reports/read.ts";
import { countedBy } from "../reports/sets.ts";
import { callsPlain, oddClaims, saysAlike } from "./claims.ts";
import { conditionsOf, outOfBounds } from "./conditions.ts";
import { textOf } from "./content.ts";
import { oddStart, oddTarget } from "./facts.ts";
import { digestsOfFiles, FILES } from "./files.ts";
import { digests, judgesAlike, signature, suite } from "./origin.ts";
import { recordedCases } from "./recording.ts";
import { rejudge } from "./rejudge.ts";
import { digestsIn, levelOf, statement } from "./statement.ts";
import { type BundleContent, type Findings, found, type Look } from "./step.ts";

/** The number of problems of one kind that are named. */
const NAMED_PROBLEMS = 20;

/** The steps that need all of a bundle, in their order. */
export const STEPS: Readonly<Record<string, Look>> = {
  signature,
  digests,
  suite,
  conditions,
  verdict,
  target,
  time,
  cases,
  level,
  certificate,
  "junit.xml": (content) => madeAgain(content, "junit"),
  "report.html": (content) => madeAgain(content, "html"),
  transcripts,
};

/** Checks that the run was as strict as any that is certified by the set. The step `certificate` holds its report against that. */
function conditions({ set, statement: it, report, protocol }: BundleContent): Findings {
  const problems = outOfBounds(it.predicate.conformance.conditions, set.name, protocol);
  return {
    problems: conditionsOf(report) ? problems : [...problems, "report.json does not name them"],
    // A certifier can call any server limited, or let it have few connections.
    notes: report.limit === undefined ? [] : [`${report.limit}, it says: then fewer cases run at a time`],
  };
}

function verdict(content: BundleContent): Findings {
  const { report, protocol, suite: own } = content;
  const wrong = contradictionIn(report);
  const owed = protocol.requirements.map(({ id, level, section, suite = section }) => [id, suite, level]);
  const told = report.requirements.map(({ id, level, suite }) => [id, suite, level]);
  const isOwn = judgesAlike(content);
  const isOther = isOwn && !isDeepStrictEqual(owed, told);
  return {
    problems: [
      ...(wrong === undefined ? [] : [`report.json: ${wrong}`]),
      ...oddClaims(report, protocol, own),
      ...(isOther ? ["the requirements of the report are not those of the catalogue"] : []),
      ...(isOwn && !callsPlain(report, protocol) ? ["it calls a case plain that is not"] : []),
    ],
  };
}

function target({ report, protocol }: BundleContent): Findings {
  return { problems: oddTarget(report.target.url, protocol) };
}

function time({ report, set }: BundleContent): Findings {
  return { problems: oddStart(report.startedAt, set.name, new Date()) };
}

function cases(content: BundleContent): Findings {
  const { report, protocol, set } = content;
  const ids = new Set(report.cases.map(({ id }) => id));
  const { missing, unstable } = countedBy(set, report, protocol.withdrawn);
  const lacking = judgesAlike(content) ? casesIn(protocol).flatMap(({ id }) => (ids.has(id) ? [] : [id])) : [];
  return {
    problems: [
      ...named(
        [...new Set([...missing, ...lacking, ...otherSwept(content)])],
        "is missing, or is not the case that counts",
      ),
      ...named(unstable, "is unstable: its verdict varies"),
    ],
  };
}

/** Compares the cases that are made from schemas with those of a report, both ways: no set says which ones count. */
function otherSwept({ report, protocol, set: { sweeps = [] } }: BundleContent): string[] {
  const swept = (all: readonly Pick<Case, "id" | "suite" | "digest">[]) =>
    new Map(all.flatMap(({ id, suite, digest }) => (sweeps.includes(suite) ? [[id, digest] as const] : [])));
  const [owed, told] = [swept(casesIn(protocol)), swept(report.cases)];
  return [...new Set([...owed.keys(), ...told.keys()])].filter((id) => owed.get(id) !== told.get(id));
}

const named = (ids: readonly string[], what: string) => first(ids.map((id) => `${id} ${what}`));

const first = (lines: readonly string[]) => [
  ...lines.slice(0, NAMED_PROBLEMS),
  ...(lines.length > NAMED_PROBLEMS ? [`and ${lines.length - NAMED_PROBLEMS} more`] : []),
];

function level({ report, protocol, set, statement: it }: BundleContent): Findings {
  const claimed = it.predicate.conformance.level;
  const counted = countedBy(set, report, protocol.withdrawn);
  const reached = levelOf(counted);
  if (reached === claimed) return { problems: [] };
  const { broken, unjudged } = counted[claimed];
  const why = [...named(broken, "is broken"), ...named(unjudged, "was not judged")];
  return { problems: [`it claims ${claimed}, and its report reaches ${reached ?? "no level"}`, ...why] };
}

function certificate(content: BundleContent): Findings {
  const { report, files, set, statement: it } = content;
  const { implementation, level, conditions } = it.predicate.conformance;
  const again = statement(report, {
    implementation,
    set,
    level,
    conditions: conditionsOf(report) ?? conditions,
    digests: digestsIn(it.predicate.configuration),
    files: digestsOfFiles(files),
  });
  if (!saysAlike(report, { implementation, set: set.name, level }, !judgesAlike(content)))
    return found("report.json says another implementation, set or level");
  return found(JSON.stringify(again) !== JSON.stringify(it) && "it does not say what follows from the report");
}

/** Makes a report in another format again. Another version of the suite may have worded it otherwise, and a forger in any way. */
async function madeAgain(content: BundleContent, format: "junit" | "html"): Promise<Findings> {
  const { report, protocol, files } = content;
  const again = await FORMATS[format].make(report, protocol);
  if (textOf(files, FILES[format]) === again) return { problems: [] };
  if (judgesAlike(content)) return { problems: ["it does not say what report.json says"] };
  const why = `made by another version of the suite, so it is not compared: make it again with report report.json --${format} …`;
  return { problems: [], notes: [why], unchecked: [FILES[format]] };
}

async function transcripts(content: BundleContent): Promise<Findings> {
  const { files, report, protocol, statement: it } = content;
  if (oddTarget(report.target.url, protocol).length > 0)
    return { problems: ["not judged again, since nobody knows where they went"] };
  const recorded = recordedCases(files.get(FILES.transcripts) ?? Buffer.alloc(0));
  const { reproduced, problems, unknown } = await rejudge(
    report,
    recorded,
    it.predicate.conformance.conditions,
    protocol,
  );
  const done = `${reproduced} of ${report.cases.length} cases judged again from their recordings, with the same verdicts`;
  if (judgesAlike(content))
    return { problems: first([...problems, ...unknown.map((id) => `the suite has no such case as ${id}`)]), done };
  return {
    problems: first(problems),
    unchecked: unknown.length > 0 ? [plural(unknown.length, "case")] : [],
    notes: named(unknown, "was not judged again: this version of the suite knows it as another, or not at all"),
    done,
  };
}

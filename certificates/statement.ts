import type { RequirementSet } from "../harness/set.ts";
import type { Implementation, LevelReached, Report, ReportCase } from "../reports/report.ts";
import { type Counted, counts } from "../reports/sets.ts";
import type { Conditions } from "./conditions.ts";
import type { Digests } from "./digests.ts";

/** The statement of a certificate: an in-toto Statement about a test result. */
export interface Statement {
  readonly _type: typeof STATEMENT;
  readonly subject: readonly Resource[];
  readonly predicateType: typeof TEST_RESULT;
  readonly predicate: {
    readonly result: "PASSED" | "WARNED";
    readonly configuration: readonly Resource[];
    readonly passedTests: readonly string[];
    readonly warnedTests: readonly string[];
    readonly failedTests: readonly string[];
    readonly conformance: Conformance;
  };
}

/** Something that has a digest. */
interface Resource {
  readonly name: string;
  readonly digest: Readonly<Record<string, string>>;
}

/** The fields that this suite adds to a test result. */
export interface Conformance {
  readonly implementation: Implementation;
  readonly target: string;
  readonly startedAt: string;
  readonly protocol: string;
  /** The schemas that it was judged by, where they are not those of the suite. */
  readonly schemas?: { readonly sha256: string; readonly version?: string };
  /** The set of requirements and cases that counts. */
  readonly set: string;
  readonly level: LevelReached;
  readonly suite: Report["suite"];
  readonly conditions: Conditions;
}

const STATEMENT = "https://in-toto.io/Statement/v1";
const TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1";

/** A commit of Git. */
const COMMIT = /^([0-9a-f]{40}|[0-9a-f]{64})$/;

/** The facts that a report is certified with. */
export interface Certified {
  readonly implementation: Implementation;
  readonly set: RequirementSet;
  readonly level: LevelReached;
  readonly conditions: Conditions;
  readonly digests: Digests | Readonly<Record<string, string>>;
  /** The digests of the files of the bundle. */
  readonly files: Readonly<Record<string, string>>;
}

/** The statement of a run. Only cases that count for the set are listed. */
export function statement(
  report: Report,
  { implementation, set, level, conditions, digests, files }: Certified,
): Statement {
  const { name, revision } = implementation;
  const of = (...verdicts: ReportCase["verdict"][]) =>
    report.cases.filter((it) => counts(set, it) && verdicts.includes(it.verdict)).map(({ id }) => id);
  const warned = of("warn", "skip", "error");
  return {
    _type: STATEMENT,
    subject: [
      ...(revision !== undefined && COMMIT.test(revision) ? [{ name, digest: { gitCommit: revision } }] : []),
      ...Object.entries(files).map(resource),
    ],
    predicateType: TEST_RESULT,
    predicate: {
      result: warned.length > 0 ? "WARNED" : "PASSED",
      configuration: Object.entries(digests).map(resource),
      passedTests: of("pass", "info"),
      warnedTests: warned,
      failedTests: of("fail"),
      conformance: {
        implementation,
        target: report.target.url,
        startedAt: report.startedAt,
        protocol: report.protocol.version,
        ...schemasIn(report.protocol),
        set: set.name,
        level,
        suite: report.suite,
        conditions,
      },
    },
  };
}

const schemasIn = ({ schemas: sha256, schemasVersion: version }: Report["protocol"]): Pick<Conformance, "schemas"> =>
  sha256 === undefined ? {} : { schemas: { sha256, ...(version !== undefined && { version }) } };

const resource = ([name, digest]: [string, string]): Resource => ({ name, digest: { sha256: digest } });

/** The digests that a list of resources holds, by name. */
export const digestsIn = (resources: readonly Resource[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    resources.flatMap(({ name, digest: { sha256 } }) => (sha256 === undefined ? [] : [[name, sha256]])),
  );

/** The highest level that is reached; nothing where none is. */
export const levelOf = ({ strict, conformant }: Counted): LevelReached | undefined =>
  strict.reached ? "strict" : conformant.reached ? "conformant" : undefined;

import { generateKeyPairSync } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { type Conditions, conditionsOf, seedOf } from "../../certificates/conditions.ts";
import { type Digests, digestsOf } from "../../certificates/digests.ts";
import { envelopeText, seal } from "../../certificates/envelope.ts";
import { digestsOfFiles, FILES, type Files, sumsOf } from "../../certificates/files.ts";
import { filesOf, type Making } from "../../certificates/make.ts";
import { spool } from "../../certificates/spool.ts";
import { statement } from "../../certificates/statement.ts";
import type { VerifyOptions } from "../../certificates/step.ts";
import { type Step, verifyFiles } from "../../certificates/verify.ts";
import { casesIn, type Protocol } from "../../harness/protocol.ts";
import { run } from "../../harness/runner.ts";
import { secrets } from "../../harness/secrets.ts";
import { freeze, type RequirementSet } from "../../harness/set.ts";
import type { Target } from "../../harness/target.ts";
import { makeReport, reportUsers } from "../../reports/make.ts";
import { SUITE } from "../../reports/suite.ts";
import { DEFAULTS } from "../../running/defaults.ts";
import { protocol } from "../../suites/0.1.7/index.ts";

/** Cuts a protocol down to some cases, so that a bundle is small and quickly verified; its set holds all that they test. */
export function cutTo(some: RegExp, protocol: Protocol): Protocol {
  const suites = protocol.suites
    .map((suite) => ({ ...suite, cases: suite.cases.filter(({ id }) => some.test(id)) }))
    .filter(({ cases }) => cases.length > 0);
  const tested = new Set([
    ...protocol.rules.map(({ requirement }) => requirement),
    ...casesIn({ suites }).flatMap(({ tests }) => tests),
  ]);
  const owed = protocol.requirements.filter(({ id }) => tested.has(id));
  return { ...protocol, suites, sets: [freeze(`${protocol.version}/2026-01`, owed, suites)] };
}

/** Cases of several suites that need little time. */
export const small = cutTo(
  /^(version\/(greeting|parity-(patch-with-zero|equal)|isolated|open-p)|disconnect\/(alone|reconnect|2-in-a-row|followed-by-no-json)|malformed\/not-json-[b-e]|transport\/ping)/,
  protocol,
);

/** The keys of the one who certifies, and those of somebody else. */
export const [own, foreign] = [generateKeyPairSync("ed25519"), generateKeyPairSync("ed25519")];

/** The parts of a bundle. */
export type Parts = Omit<Making, "transcripts"> & { readonly lines: readonly string[] };

/** Runs against the reference server, with a fault or without. Resolves to the parts of a bundle. */
export async function parts(fault?: string, secret?: string): Promise<Parts> {
  const server = await protocol.serve({ fault });
  const headers: Record<string, string> = secret === undefined ? {} : { Authorization: secret };
  const target = { url: new URL(server.url), headers, secrets: secrets(...Object.values(headers)) };
  return await partsOf(small, target).finally(server.close);
}

/** Runs the cases of a protocol against a target, as `certify` does. Resolves to the parts of a bundle. */
export async function partsOf(protocol: Protocol, target: Target, rate?: number): Promise<Parts> {
  const kept = await spool();
  try {
    const how = { target, record: kept.record, rate, seed: seedOf("", protocol) };
    const result = await run(protocol, casesIn(protocol), { ...DEFAULTS, ...how });
    const report = makeReport(result, {
      suite: SUITE,
      protocol,
      target: { url: target.url.href, embedded: false, strict: false, ...reportUsers(target, result) },
      concurrency: DEFAULTS.concurrency,
      conditions: {
        timeoutMs: DEFAULTS.timeout,
        idleMs: DEFAULTS.timeout,
        recoveryMs: DEFAULTS.recovery,
        runs: DEFAULTS.runs,
      },
    });
    const text = (await buffer(kept.read(result.results.flatMap(({ recorded }) => recorded ?? [])))).toString();
    return {
      report,
      implementation: { name: "lobby" },
      set: protocol.sets[0] as RequirementSet,
      level: "strict",
      conditions: conditionsOf(report) as Conditions,
      lines: text.trimEnd().split("\n"),
    };
  } finally {
    await kept.close();
  }
}

/** Makes the files of a bundle. */
export const bundle = ({ lines, ...making }: Parts, protocol = small): Promise<Files> =>
  filesOf({ ...making, transcripts: [Buffer.from(lines.map((line) => `${line}\n`).join(""))] }, protocol);

/** Verifies files. Resolves to the first error and its step; nothing if all is sound. */
export async function firstProblem(files: Files, means: Partial<VerifyOptions> = {}): Promise<string | undefined> {
  for await (const { name, problems } of verifyFiles(files, verifying(means)))
    if (problems[0] !== undefined) return `${name}: ${problems[0]}`;
  return undefined;
}

/** The means of verifying; the protocol is the small one, if nobody says which. */
const verifying = ({ protocol = small, ...means }: Partial<VerifyOptions>) => ({
  load: async () => protocol,
  suite: SUITE,
  ...means,
});

/** Verifies files. Resolves to all steps. */
async function steps(files: Files, means: Partial<VerifyOptions>): Promise<Step[]> {
  const all: Step[] = [];
  for await (const step of verifyFiles(files, verifying(means))) all.push(step);
  return all;
}

/** Verifies files. Resolves to all notes. */
export const notes = async (files: Files, means: Partial<VerifyOptions> = {}): Promise<string[]> =>
  (await steps(files, means)).flatMap((step) => (step.notes ?? []).map((note) => `${step.name}: ${note}`));

/** Verifies files. Resolves to what could not be checked. */
export const unchecked = async (files: Files): Promise<string[]> =>
  (await steps(files, {})).flatMap((step) => step.unchecked ?? []);

/** Replaces one file of a bundle. */
export const withFile = (files: Files, name: string, content: Buffer): Files => new Map([...files, [name, content]]);

/** Makes certificate and digests of a bundle again, as an attacker does who changed a file. */
export function sealed(files: Files, making: Parts, digests: Partial<Digests> = {}, protocol = small): Files {
  const said = statement(making.report, {
    ...making,
    digests: { ...digestsOf(protocol, making.set), ...digests },
    files: digestsOfFiles(files),
  });
  const certified = withFile(files, FILES.certificate, Buffer.from(envelopeText(seal(said, foreign.privateKey))));
  return withFile(certified, FILES.sums, Buffer.from(sumsOf(certified)));
}

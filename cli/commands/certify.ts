import { createPublicKey, type KeyObject } from "node:crypto";
import { existsSync } from "node:fs";
import { join, normalize } from "node:path";
import { prepareBundle } from "../../certificates/bundle.ts";
import { conditionsOf, outOfBounds, seedOf } from "../../certificates/conditions.ts";
import { isTold } from "../../certificates/content.ts";
import { keyId } from "../../certificates/envelope.ts";
import { isPem, readPrivateKey } from "../../certificates/keys.ts";
import { makeBundle, writtenIn } from "../../certificates/make.ts";
import { BundleError } from "../../certificates/open.ts";
import { keepSigned } from "../../certificates/signed-before.ts";
import { type Spool, spool } from "../../certificates/spool.ts";
import { levelOf } from "../../certificates/statement.ts";
import { granted, obstacles } from "../../certificates/tell.ts";
import { casesIn, type Protocol } from "../../harness/protocol.ts";
import type { RunResult } from "../../harness/runner.ts";
import type { RequirementSet } from "../../harness/set.ts";
import { suggestion, UsageError } from "../../harness/usage.ts";
import about from "../../package.json" with { type: "json" };
import { visible } from "../../reports/escape.ts";
import type { Implementation, Report } from "../../reports/report.ts";
import { destinations, prepareAll } from "../../reports/save.ts";
import { countedBy } from "../../reports/sets.ts";
import { quoted } from "../../reports/shell-commands.ts";
import { prepare } from "../../reports/write.ts";
import type { Reached } from "../../running/target.ts";
import { EXIT } from "../exit.ts";
import { finish, type Telling } from "../run/finish.ts";
import { OUT } from "../run/plan.ts";
import { withTarget } from "../run/reach.ts";
import { type TestArguments, testTarget } from "../run/test-target.ts";
import type { Typed } from "../subcommand.ts";

/** The options of `certify`, as the command line gives them. */
interface CertifyArguments extends TestArguments, Typed {
  readonly url: string;
  readonly implementation: string;
  readonly implementationVersion?: string | undefined;
  readonly revision?: string | undefined;
  readonly key?: string | undefined;
  readonly set?: string | undefined;
  readonly out: string;
  readonly verbose: boolean;
}

/** The reports of a run that gives no certificate. */
const REPORTS = destinations({ out: OUT });
const LOG = join(OUT, "server.log");

/**
 * Runs everything. Writes a certificate if no MUST of the set is broken and each was judged (with `strict` each SHOULD, too), else the
 * reports. Resolves to the exit code.
 */
export async function certifyCommand(args: CertifyArguments, protocol: Protocol): Promise<number> {
  const set = setNamed(args.set, protocol);
  checkConditions(args, set, protocol);
  const certifying: Certifying = {
    args,
    protocol,
    set,
    implementation: implementationOf(args),
    key: args.key === undefined ? undefined : await keyOf(args.key, args),
    folder: normalize(args.out).replace(/(?<=.)\/+$/, ""),
    also: args.start === undefined ? [] : [LOG],
  };
  await Promise.all([prepareBundle(certifying.folder), ...certifying.also.map(prepare)]);
  if (!certifying.key) await keepSigned(certifying.folder);
  return await withTarget(args, { log: LOG, files: REPORTS, protocol }, async (target, signal) => {
    const kept = await spool();
    try {
      const cases = casesIn(protocol);
      const tools = { signal, record: kept.record, linger: "long" as const };
      const how = { ...args, seed: seedOf(set.name, protocol), failOnUnstable: true };
      const { result, report } = await testTarget(cases, target, how, tools, protocol);
      return await certifyOrRefuse(report, recordings(result, kept), target, certifying);
    } finally {
      await kept.close();
    }
  });
}

/** Reads the private key. Throws a `UsageError` where it is none, or was typed where others see it. */
async function keyOf(given: string, { typed }: Typed): Promise<KeyObject> {
  if (isPem(given) && typed.has("key"))
    throw new UsageError("Everybody on this machine can see arguments. Give the key in a file, or in TACHYON_KEY.");
  return await readPrivateKey(given);
}

/** All that is known before the run. */
interface Certifying {
  readonly args: CertifyArguments;
  readonly protocol: Protocol;
  readonly set: RequirementSet;
  readonly implementation: Implementation;
  readonly key: KeyObject | undefined;
  readonly folder: string;
  /** Files that are written besides the bundle and the reports. */
  readonly also: readonly string[];
}

/** Writes the certificate that follows from a run, or says why there is none. */
async function certifyOrRefuse(
  report: Report,
  transcripts: ReturnType<typeof recordings>,
  target: Reached,
  certifying: Certifying,
): Promise<number> {
  const { args, protocol, set, implementation, key, folder, also } = certifying;
  const telling: Telling = { ...args, also };
  const refuse = (why: readonly string[]) => refused(report, why, folder, telling, protocol);
  const counted = countedBy(set, report, protocol.withdrawn);
  const level = levelOf(counted);
  if (level === undefined || (args.strict && level !== "strict")) return await refuse(obstacles(counted, args.strict));
  const conditions = conditionsOf(report);
  if (!conditions) throw new Error("the report of a run names no conditions");
  try {
    // Anybody may read a certificate: it tells no commands and paths of its certifier.
    const { given: _, ...certified } = report;
    await makeBundle(folder, { report: certified, implementation, set, level, conditions, key, transcripts }, protocol);
  } catch (error) {
    if (error instanceof UsageError)
      await finish(report, new Map(), { ...telling, unwritten: [folder, `${folder}.tgz`] }, protocol);
    if (!(error instanceof BundleError)) throw error;
    return await refuse([`what was recorded does not show it again: ${error.message}`, ...hint(target)]);
  }
  const [headline = "", ...more] = granted(
    report,
    { name: implementation.name, set: set.name, level },
    {
      signed: key ? `by ${keyId(createPublicKey(key))}` : "by nobody: --key signs it",
      written: writtenIn(folder),
      beside: also,
      next: `npx ${about.name} verify ${quoted(`${folder}.tgz`)}${args.key === undefined ? "" : " --public-key …"}`,
    },
  );
  process.stdout.write([headline, ...(args.quiet ? [] : more), ""].join("\n"));
  return EXIT.conformant;
}

/** Says why a recording may not show all of the run. */
const hint = ({ headers, credentials }: Reached): string[] =>
  Object.keys({ ...headers, ...credentials }).length === 0
    ? []
    : ["is a secret of --header, --credential or the url a word of the protocol? It was redacted there, too"];

/** Returns the set of a name, and the newest where none is named. Throws a `UsageError`. */
function setNamed(name: string | undefined, { name: protocol, sets, version }: Protocol): RequirementSet {
  const set = name === undefined ? sets.at(-1) : sets.find((it) => it.name === name);
  if (set) return set;
  const names = sets.map((it) => it.name);
  throw new UsageError(
    name === undefined
      ? `${protocol} ${version} has no set.`
      : `There is no set "${name}".${suggestion(name, names) || " See `list --sets`."}`,
  );
}

/** Throws a `UsageError` if nobody would certify a run with these options. */
function checkConditions(
  { timeout: timeoutMs, idle, recovery: recoveryMs, concurrency, seed, runs }: CertifyArguments,
  { name }: RequirementSet,
  protocol: Protocol,
): void {
  const given = { timeoutMs, recoveryMs, concurrency, runs, ...(seed !== undefined && { seed }) };
  const [wrong] = outOfBounds(idle === undefined ? given : { ...given, idleMs: idle * 1_000 }, name, protocol);
  if (wrong !== undefined) throw new UsageError(`${wrong}. Leave it out.`);
}

/** Returns the implementation as its certifier names it. Throws a `UsageError` if a name could mislead whoever reads it. */
function implementationOf({ implementation, implementationVersion, revision }: CertifyArguments): Implementation {
  const given = { implementation, "implementation-version": implementationVersion, revision };
  const wrong = Object.entries(given).find(([, text]) => text !== undefined && !isTold(text));
  if (wrong)
    throw new UsageError(
      `--${wrong[0]} takes 1 to 100 characters that can be seen, and no space at either end. Choose another text.`,
    );
  return {
    name: implementation,
    ...(implementationVersion !== undefined && { version: implementationVersion }),
    ...(revision !== undefined && { revision }),
  };
}

/** Returns the transcripts by which each case was judged, in their order. */
const recordings = ({ results }: RunResult, kept: Spool) =>
  kept.read(results.flatMap(({ recorded }) => (recorded === undefined ? [] : [recorded])));

async function refused(
  report: Report,
  why: readonly string[],
  folder: string,
  telling: Telling,
  protocol: Protocol,
): Promise<number> {
  await prepareAll(REPORTS);
  await finish(report, REPORTS, telling, protocol);
  const earlier = existsSync(folder) ? [`  ${folder} is of an earlier run`] : [];
  process.stdout.write(["NO CERTIFICATE", ...why.map((it) => `  ${it}`), ...earlier, ""].map(visible).join("\n"));
  return EXIT.notConformant;
}

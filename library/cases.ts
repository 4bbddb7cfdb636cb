import { isFinding, isRight } from "../harness/catalogue.ts";
import type { CaseResult } from "../harness/execute.ts";
import { brokenFoundations, isPlain, restsOnBroken } from "../harness/foundation.ts";
import { ground } from "../harness/ground.ts";
import { notJudged } from "../harness/not-run.ts";
import { casesIn, catalogueOf, type Protocol } from "../harness/protocol.ts";
import type { RunOptions } from "../harness/run-options.ts";
import { type RunResult, run } from "../harness/runner.ts";
import type { Case } from "../harness/scenario.ts";
import { isFine } from "../reports/verdict.ts";
import { DEFAULTS } from "../running/defaults.ts";
import { select } from "../running/select.ts";
import { withHint } from "../running/spoken.ts";
import { ConformanceError, callerOf, mistakeAt, reportOf, troublesOf } from "./conforms.ts";
import type * as Api from "./index.d.cts";
import { checkOptions, expectedOf, JUDGING, runOptions, SELECTING, selection } from "./options.ts";
import { versionOf } from "./versions.ts";

/** The time that a server has to answer, in ms. A test waits for it three times or so, and runners give it 5 s. */
const TIMEOUT = 1_000;

/** Returns cases, each to be a test of its own. */
export function cases(options: Api.CasesOptions = {}): Api.ConformanceCase[] {
  const caller = callerOf(cases);
  try {
    return testsOf(options);
  } catch (error) {
    throw mistakeAt(error, caller);
  }
}

function testsOf(options: Api.CasesOptions): Api.ConformanceCase[] {
  checkOptions(options, [...SELECTING, ...JUDGING, "onWarning"]);
  const { strict = false, onWarning, all = false } = options;
  const protocol = versionOf(options.protocol);
  const expected = expectedOf(options);
  const servers = new Map<string, Server>();
  return select(protocol, selection(options), all).map((it) => {
    const examine = async (url: Api.Url, signal?: AbortSignal) => {
      const { timeout = TIMEOUT, seed = 1 } = options;
      const how = await runOptions(url, { ...options, timeout, seed });
      const { href } = how.target.url;
      const known = servers.get(href) ?? {};
      servers.set(href, known);
      const alone = { ...how, concurrency: 1, recovery: how.timeout, once: true, ...(signal && { signal }) };
      const result = await judged(it, alone, known, protocol);
      signal?.throwIfAborted();
      return reportOf(result, { url: how.target.secrets.redact(href), strict }, expected, protocol);
    };
    const judge: Api.ConformanceCase["judge"] = async (url, { signal } = {}) => {
      const caller = callerOf(judge);
      const report = await examine(url, signal).catch((error) => {
        throw mistakeAt(error, caller);
      });
      if (!isFine(report)) throw new ConformanceError(troublesOf(report), report, caller);
      if (report.cases[0]?.verdict === "warn") onWarning?.(troublesOf(report));
    };
    return { id: it.id, suite: it.suite, title: it.title, requirements: [...it.tests], judge };
  });
}

/** The facts about a server, once they are needed. */
interface Server {
  /** The run of the plainest forms, on which others rest. */
  plain?: Promise<RunResult>;
  /** It was there once. */
  met?: true;
  /** The case that it went away over, or else the first that could not reach it. */
  gone?: string;
}

/**
 * Judges one case, and runs it again if it fails, unless it rests on something that is broken. That is looked at once for a server, so that
 * a server which never answers does not hold up every test.
 */
async function judged(it: Case, options: RunOptions, known: Server, protocol: Protocol): Promise<RunResult> {
  const before = known.gone;
  const isTold = () => known.gone !== undefined && known.gone !== it.id;
  // One that was there once may be started again.
  if (isTold() && !known.met) throw seeFirst(known.gone);
  const told = known.plain && explained(it, await known.plain, protocol);
  if (told) return told;
  const unreached = async (error: unknown): Promise<never> => {
    known.gone ??= it.id;
    throw await withHint(error, protocol, options.target, options.timeout);
  };
  const first = await run(protocol, [it], options).catch((error) => {
    if (isTold()) throw seeFirst(known.gone);
    return unreached(error);
  });
  known.met = true;
  if (known.gone === before) delete known.gone;
  if (first.stop?.reason === "lost") known.gone ??= it.id;
  if (options.signal?.aborted || first.stop || first.results.every(isHarmless)) return first;
  // One that fails is no fact about the server: the next case asks again.
  known.plain ??= run(protocol, plainCases(protocol), together(options)).catch((error) => {
    delete known.plain;
    return unreached(error);
  });
  const plain = await known.plain;
  const cause = explained(it, plain, protocol);
  if (cause) return cause;
  const resting = grounded(first, plain, protocol);
  if (!resting.results.some(isFinding)) return resting;
  const second = grounded(await run(protocol, [it], options), plain, protocol);
  return second.results.some(isFinding) ? second : varying(resting);
}

/** Returns an error in one line, without a place in the code. The first case told all of it, and there are hundreds. */
function seeFirst(id = ""): Error {
  const error = new Error(`not run, since the server cannot be reached: see ${id}`);
  return Object.defineProperty(error, "stack", { value: `Error: ${error.message}` });
}

/** The options of a run of many cases, which no single test ends. */
const together = ({ signal: _, ...options }: RunOptions): RunOptions => ({
  ...options,
  concurrency: DEFAULTS.concurrency,
});

/** A run of one case, in which one cause is one finding. */
const grounded = (own: RunResult, plain: RunResult, { foundations }: Protocol): RunResult => ({
  ...own,
  results: ground(own.results, others(own, plain), foundations),
});

const others = (own: RunResult, plain: RunResult) =>
  plain.results.filter(({ case: it }) => own.results.every((result) => result.case !== it));

const varying = (run: RunResult): RunResult => ({
  ...run,
  results: run.results.map((result): CaseResult => ({ ...result, unstable: true })),
});

const isHarmless = (it: CaseResult) => isRight(it) || it.verdict === "warn";

const plainCases = (protocol: Protocol) => casesIn(protocol).filter(({ id }) => isPlain(id, protocol.foundations));

/** Returns the result of a case if the plainest forms decide it: it is one of them and broken, or rests on one that is. */
function explained(it: Case, plain: RunResult, protocol: Protocol): RunResult | undefined {
  const { foundations } = protocol;
  if (plain.stop || plain.unexplained.length > 0) return undefined;
  const own = plain.results.filter((result) => result.case === it && !isHarmless(result));
  if (own.length > 0) return { ...plain, results: own };
  const root = restsOnBroken(it, brokenFoundations(plain.results, foundations), foundations);
  if (root === undefined) return undefined;
  return { ...plain, results: [notJudged(it, root, { requirements: catalogueOf(protocol) })] };
}

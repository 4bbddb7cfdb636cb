import { isBroken, isFinding, isRight, type Verdict, withChecks, worst } from "./catalogue.ts";
import { isShownByMessage } from "./evidence.ts";
import type { Check } from "./judge.ts";
import type { Case } from "./scenario.ts";
import type { Transcript } from "./transcript.ts";

/** The plainest form of a requirement that others rest on. */
export interface Foundation {
  /** The cases that show it. */
  readonly plain: readonly string[];
  /** The requirements that this form itself rests on. */
  readonly on: readonly string[];
  /** They could upset a server, so they run with their suite. All others run before anything else. */
  readonly upset?: true;
}

/** The data that says how the requirements of a protocol version rest on one another. */
export interface Foundations {
  /** The plainest forms that others rest on, by requirement. */
  readonly plain: Readonly<Record<string, Foundation>>;
  /**
   * The foundations of each requirement in its other forms. The id of a case stands for all that the case tests.
   * One of several plainest forms is named by the id of its case.
   */
  readonly forms: Readonly<Record<string, readonly string[]>>;
  /** The requirements that one rests on besides, if the verdict of its case varies or may do so. */
  readonly varying: Readonly<Record<string, readonly string[]>>;
  /** The requirements that explain another that is broken in the same case. */
  readonly within: Readonly<Record<string, readonly string[]>>;
  /**
   * The requirements that a message breaks by what it says. Where a case varies, they explain all else that is broken there, in this order
   * and before the `general` ones: what is judged may be missing from such a message.
   */
  readonly said?: readonly string[];
  /** The requirements that hold on every connection. If the verdict of a case varies, these are broken, and not those it tests. */
  readonly general: readonly string[];
  /** The requirement that is broken if a verdict varies because something did not come, by the name of that. */
  readonly awaited: Readonly<Record<string, string>>;
  /** The requirement that is broken where an answer never comes. Whatever waits for the same answer elsewhere rests on that. */
  readonly unanswered?: string;
  /** Tells if a wait of this name is one for the answer to a request. */
  isAnswer?(what: string): boolean;
  /** The requirement that is broken if the verdict of a case varies since something wrong came, by the one that is a form of it. */
  readonly formOf: Readonly<Record<string, string>>;
  /** The requirements whose cases send inputs of the same kind as those of one that others go on being served, by that. */
  readonly sameInputs?: Readonly<Record<string, readonly string[]>>;
  /** The requirement that is broken if the verdict of a case varies since the server refused one of its connections. */
  readonly refused: string;
  /** The requirement that is broken if a connection is ended for no reason of its own. */
  readonly dropped: string;
  /** The requirement that a plain request ends no other connection. If it is broken, no special input has to. */
  readonly isolated?: string;
  /** The requirements that are kept if nothing comes. A pass says nothing if a foundation is broken. */
  readonly absent: readonly string[];
}

/** The parts of a result that matter here. */
interface Judged {
  readonly case: Case;
  readonly verdict: Verdict;
  readonly checks: readonly Check[];
  readonly unstable?: boolean;
  readonly unconfirmed?: boolean;
  readonly refusedUsual?: true;
  readonly connections?: readonly Pick<Transcript, "events">[];
}

/**
 * Returns requirements that are broken in their plainest form, cases that show it, and answers that never come. Each has the
 * requirement to blame: itself, or its foundation.
 */
export function brokenFoundations(results: readonly Judged[], foundations: Foundations): ReadonlyMap<string, string> {
  const { plain } = foundations;
  // A requirement that is broken now and then does not keep others from being judged.
  const byId = new Map(results.filter(({ unstable }) => !unstable).map((it) => [it.case.id, it]));
  const roots = new Map<string, string | undefined>();
  const rootOf = (requirement: string): string | undefined => {
    const { plain: cases = [], on = [] } = plain[requirement] ?? {};
    const shown = cases.flatMap((id) => byId.get(id) ?? []);
    if (shown.length === 0) return undefined;
    const own = shown.flatMap(({ checks }) => checks.filter((check) => check.requirement === requirement));
    const verdict = worst(
      own.map((check) => check.verdict),
      "skip",
    );
    if (isRight({ verdict })) return undefined;
    const below = on.map(known).find((it) => it !== undefined);
    return below ?? (own.some(isBroken) ? (causeInPlain(requirement, shown, foundations) ?? requirement) : undefined);
  };
  const known = (requirement: string): string | undefined => {
    if (!roots.has(requirement)) roots.set(requirement, rootOf(requirement));
    return roots.get(requirement);
  };
  const inPlain = Object.keys(plain).flatMap((it) => {
    const root = known(it);
    if (root === undefined) return [];
    const failed = (plain[it]?.plain ?? []).filter((id) => !keeps(byId.get(id), it));
    return [it, ...failed].map((id): [string, string] => [id, root]);
  });
  return new Map([...neverCame([...byId.values()], foundations), ...inPlain]);
}

/** Returns the answers that never come, with the requirement that this breaks. Answers that have a plainest form show there. */
function neverCame(results: readonly Judged[], { unanswered, awaited }: Foundations): [string, string][] {
  if (unanswered === undefined) return [];
  const silences = results
    .flatMap(({ checks }) => checks)
    .filter((check) => check.requirement === unanswered && isBroken(check))
    .flatMap(({ silence }) => silence?.what ?? []);
  return silences.filter((what) => awaited[what] === undefined).map((what) => [what, unanswered]);
}

/** Returns the requirement that explains why another is broken in its plainest form. */
function causeInPlain(requirement: string, shown: readonly Judged[], foundations: Foundations): string | undefined {
  const causes = shown.flatMap((it) => {
    const broken = new Set(it.checks.filter(isBroken).map((check) => check.requirement));
    return it.checks
      .filter((check) => check.requirement === requirement && isBroken(check))
      .map((check) => causeWithin(check, it, broken, foundations));
  });
  return causes.every((cause) => cause !== undefined) ? causes[0] : undefined;
}

/** Tells if a case that ran shows that a requirement is kept. */
const keeps = (result: Judged | undefined, requirement: string): boolean => {
  const own = result?.checks.filter((check) => check.requirement === requirement) ?? [];
  return own.length > 0 && own.every(isRight);
};

/**
 * Returns results in which one cause is one finding. A check becomes a `skip` that names the cause if it rests on a requirement
 * that is broken in its plainest form, or comes of another breach in the same case. `controls` are results of plain forms that
 * the run lacked. Pure.
 */
export function ground<Result extends Judged>(
  results: readonly Result[],
  controls: readonly Result[],
  foundations: Foundations,
): Result[] {
  const broken = brokenFoundations([...results, ...controls], foundations);
  return results.map((it) => grounded(it, broken, foundations));
}

/** Returns the requirements that one rests on in a case. */
export function bearers(requirement: string, id: string, { plain, forms }: Foundations): readonly string[] {
  const own = plain[requirement];
  return own?.plain.includes(id) ? own.on : [...(forms[id] ?? []), ...(forms[requirement] ?? [])];
}

/** Returns the requirements that others rest on of which a case is the plainest form. */
const plainOf = (id: string, { plain }: Pick<Foundations, "plain">): string[] =>
  Object.keys(plain).filter((requirement) => plain[requirement]?.plain.includes(id));

/** Tells if a case is the plainest form of a requirement that others rest on, and sends what any client does. */
export const isPlain = (id: string, { plain }: Pick<Foundations, "plain">): boolean =>
  plainOf(id, { plain }).some((requirement) => !plain[requirement]?.upset);

/**
 * Returns the broken requirement that a case rests on, if all of it rests on such: it can show nothing then. Where the plainest request
 * is not answered, neither is any other.
 */
export function restsOnBroken(
  it: Pick<Case, "id" | "tests">,
  broken: ReadonlyMap<string, string>,
  foundations: Foundations,
): string | undefined {
  const { id, tests } = it;
  if (broken.size === 0 || isPlain(id, foundations)) return undefined;
  const seen = tests.map((test) =>
    bearers(test, id, foundations)
      .map((bearer) => broken.get(bearer))
      .find((root) => root !== undefined && (root !== test || test === foundations.unanswered)),
  );
  return seen.every((root) => root !== undefined) ? seen[0] : undefined;
}

/** Returns one result as `ground` does; `broken` are the foundations that `brokenFoundations` found. */
export function grounded<Result extends Judged>(
  it: Result,
  broken: ReadonlyMap<string, string>,
  foundations: Foundations,
): Result {
  if (broken.size === 0 && !it.unstable && !it.checks.some(isFinding)) return it;
  const causes = new Map<string, string>();
  const explained = (check: Check, cause: string | undefined) => {
    if (cause === undefined) return check;
    causes.set(check.requirement, cause);
    return seeing(check, cause);
  };
  const first = it.checks.map((check) => explained(check, brokenBelow(check, it, broken, foundations)));
  const still = new Set(first.filter(isBroken).map(({ requirement }) => requirement));
  const second = first.map((check) => explained(check, causeWithin(check, it, still, foundations)));
  // Without a limit, a server refuses only now and then, and nobody had the time to see that.
  const isForm = it.unstable || (it.unconfirmed && it.refusedUsual);
  if (causes.size === 0 && !isForm) return it;
  const third = isForm ? second.map((check) => asForm(check, it, foundations)) : second;
  const checks = third.map((check) => {
    const further = check.verdict === "skip" && check.see !== undefined ? causes.get(check.see) : undefined;
    return further === undefined ? check : seeing(check, further);
  });
  return withChecks(it, checks);
}

/** Returns the broken requirement that a check of a case rests on, if there is one. */
function brokenBelow(
  { requirement, verdict, harm, silence }: Check,
  it: Judged,
  broken: ReadonlyMap<string, string>,
  foundations: Foundations,
): string | undefined {
  if (harm) return undefined; // That is proved, whatever else is broken.
  if (!isFinding({ verdict }) && !(verdict === "pass" && foundations.absent.includes(requirement))) return undefined;
  // The cases about a general requirement tell it, and its plainest form.
  const isAbout = [...it.case.tests, ...plainOf(it.case.id, foundations)].includes(requirement);
  if (foundations.general.includes(requirement) && !isAbout && broken.has(requirement)) return broken.get(requirement);
  const others = it.unstable || it.unconfirmed ? (foundations.varying[requirement] ?? []) : [];
  // A requirement that could not be judged for another does not make this one vary.
  const besides = others.filter((id) => broken.get(id) === id);
  return [...bearers(requirement, it.case.id, foundations), ...besides, silence?.what ?? ""]
    .map((id) => broken.get(id))
    .find((root) => root !== undefined && root !== requirement);
}

/** Returns the requirement that explains a finding of a case, of those that are `broken` in the same case. */
function causeWithin(
  check: Check,
  { unstable }: Judged,
  broken: ReadonlySet<string>,
  { within, said = [], general }: Foundations,
): string | undefined {
  if (!isFinding(check) || check.harm) return undefined;
  const order = [...said, ...general];
  const comesOf = (requirement: string): string | undefined => {
    const place = order.indexOf(requirement);
    const before = place < 0 ? order : order.slice(0, place);
    const causes = unstable ? before : (within[requirement] ?? []);
    return causes.find((other) => other !== requirement && broken.has(other));
  };
  let [root, next] = [undefined as string | undefined, comesOf(check.requirement)];
  while (next !== undefined && next !== root) [root, next] = [next, comesOf(next)];
  return root;
}

/** Returns a check that is broken now and then as one of the requirement that it is a form of. */
function asForm(check: Check, it: Judged, foundations: Foundations): Check {
  if (!isBroken(check)) return check;
  const { awaited, formOf, general } = foundations;
  // A breach on a connection that was served does not come of another that was refused. What rests on nothing needs no connection.
  const needsOthers = check.requirement in formOf || bearers(check.requirement, it.case.id, foundations).length > 0;
  const isSaid = isShownByMessage(check.evidence, it.connections);
  const isRefused = it.refusedUsual && needsOthers && !general.includes(check.requirement) && !isSaid;
  const one = isRefused ? foundations.refused : formOf[check.requirement];
  const { silence } = check;
  const answer = silence && foundations.isAnswer?.(silence.what) ? foundations.unanswered : undefined;
  const requirement = silence ? (awaited[silence.what] ?? answer) : one;
  // Each requirement that others are forms of is a MUST.
  return requirement === undefined ? check : { ...check, level: "MUST", verdict: "fail", requirement };
}

/** Returns a check that is not judged, since the requirement `see` is broken. */
export function seeing({ silence: _, ...check }: Check, see: string): Check {
  return { ...check, verdict: "skip", actual: `not judged: see ${see}`, see };
}

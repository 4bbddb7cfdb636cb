import { isBroken, isFinding, isRight, type Verdict, withChecks, worst } from "./catalogue.ts";
import type { Check } from "./judge.ts";
import type { Case } from "./scenario.ts";

/** The plainest form of a requirement that others rest on. */
export interface Foundation {
  /** The cases that show it. */
  readonly plain: readonly string[];
  /** What this form rests on itself. */
  readonly on: readonly string[];
}

/** How the requirements of a protocol version rest on one another. */
export interface Foundations {
  /** What others rest on, by requirement. */
  readonly plain: Readonly<Record<string, Foundation>>;
  /**
   * What each requirement rests on in all its other forms; by the id of a case, what all of that case rests on. Where it is one
   * of several plainest forms on which something rests, that is named by the id of its case.
   */
  readonly forms: Readonly<Record<string, readonly string[]>>;
  /** What a requirement rests on besides, where the verdict of its case varies, or may. */
  readonly varying: Readonly<Record<string, readonly string[]>>;
  /** What comes of which, where both are broken in the same case. */
  readonly within: Readonly<Record<string, readonly string[]>>;
  /** What holds on every connection: where the verdict of a case varies, this is broken, and not what the case tests. */
  readonly general: readonly string[];
  /** What is broken where the verdict of a case varies since something did not come, by what that was. */
  readonly awaited: Readonly<Record<string, string>>;
  /** What is broken where the verdict of a case varies since something wrong came: that of which the requirement is a form. */
  readonly formOf: Readonly<Record<string, string>>;
  /** What is broken where a connection is ended for no reason of its own. */
  readonly dropped: string;
  /** What shows something only by its absence: where a foundation is broken, that it was kept says nothing. */
  readonly absent: readonly string[];
}

/** The result of a case, as far as it matters here. */
interface Judged {
  readonly case: Case;
  readonly verdict: Verdict;
  readonly checks: readonly Check[];
  readonly unstable?: boolean;
  readonly unconfirmed?: boolean;
}

/**
 * The requirements that are broken in their plainest form, and the cases that show it, each with the requirement that it comes of:
 * itself, or what it rests on.
 */
export function brokenFoundations(results: readonly Judged[], { plain }: Foundations): ReadonlyMap<string, string> {
  // What goes wrong now and then does not keep others from being judged.
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
    return below ?? (own.some(isBroken) ? requirement : undefined);
  };
  const known = (requirement: string): string | undefined => {
    if (!roots.has(requirement)) roots.set(requirement, rootOf(requirement));
    return roots.get(requirement);
  };
  return new Map(
    Object.keys(plain).flatMap((it) => {
      const root = known(it);
      if (root === undefined) return [];
      const failed = (plain[it]?.plain ?? []).filter((id) => !keeps(byId.get(id), it));
      return [it, ...failed].map((one): [string, string] => [one, root]);
    }),
  );
}

/** Whether a case that ran shows that a requirement is kept. */
const keeps = (result: Judged | undefined, requirement: string): boolean => {
  const own = result?.checks.filter((check) => check.requirement === requirement) ?? [];
  return own.length > 0 && own.every(isRight);
};

/**
 * Results in which one cause is one finding: where a requirement is broken in its plainest form, what rests on it is a `skip`
 * that says so, and so is what comes of another breach in the same case. `controls` are results of plain forms that were not
 * asked for. Pure: the same results give the same again.
 */
export function ground<Result extends Judged>(
  results: readonly Result[],
  controls: readonly Result[],
  foundations: Foundations,
): Result[] {
  const broken = brokenFoundations([...results, ...controls], foundations);
  return results.map((it) => grounded(it, broken, foundations));
}

/** What a requirement rests on in a case. */
export function bearers(requirement: string, id: string, { plain, forms }: Foundations): readonly string[] {
  const own = plain[requirement];
  return own?.plain.includes(id) ? own.on : [...(forms[id] ?? []), ...(forms[requirement] ?? [])];
}

/** Whether a case is the plainest form of something that others rest on. */
export const isPlain = (id: string, { plain }: Pick<Foundations, "plain">): boolean =>
  Object.values(plain).some((it) => it.plain.includes(id));

/** Whether all of a case rests on what is broken: then it can show nothing. */
export function restsOnBroken(
  it: Pick<Case, "id" | "tests">,
  broken: ReadonlyMap<string, string>,
  foundations: Foundations,
): string | undefined {
  const { id, tests } = it;
  if (broken.size === 0 || isPlain(id, foundations)) return undefined;
  const seen = tests.map((test) =>
    bearers(test, id, foundations)
      .map((one) => broken.get(one))
      .find((root) => root !== undefined && root !== test),
  );
  return seen.every((root) => root !== undefined) ? seen[0] : undefined;
}

function grounded<Result extends Judged>(
  it: Result,
  broken: ReadonlyMap<string, string>,
  foundations: Foundations,
): Result {
  const { within, absent, general } = foundations;
  const causes = new Map<string, string>();
  const restsOn = (check: Check) => {
    const { requirement, verdict, ended } = check;
    if (ended) return undefined; // That is proved, whatever else is broken.
    if (!isFinding(check) && !(verdict === "pass" && absent.includes(requirement))) return undefined;
    const besides = it.unstable || it.unconfirmed ? (foundations.varying[requirement] ?? []) : [];
    return [...bearers(requirement, it.case.id, foundations), ...besides]
      .map((id) => broken.get(id))
      .find((root) => root !== undefined && root !== requirement);
  };
  const first = it.checks.map((check) => {
    const root = restsOn(check);
    if (root !== undefined) causes.set(check.requirement, root);
    return root === undefined ? check : seeing(check, root);
  });
  const still = new Set(first.filter(isBroken).map(({ requirement }) => requirement));
  const comesOf = (requirement: string): string | undefined => {
    const place = general.indexOf(requirement);
    const before = place < 0 ? general : general.slice(0, place);
    const causes = it.unstable ? before : (within[requirement] ?? []);
    return causes.find((other) => other !== requirement && still.has(other));
  };
  const second = first.map((check) => {
    if (!isFinding(check) || check.ended) return check;
    let [root, next] = [undefined as string | undefined, comesOf(check.requirement)];
    while (next !== undefined && next !== root) [root, next] = [next, comesOf(next)];
    if (root === undefined) return check;
    causes.set(check.requirement, root);
    return seeing(check, root);
  });
  if (causes.size === 0 && !it.unstable) return it;
  const third = it.unstable ? second.map((check) => asForm(check, foundations)) : second;
  const checks = third.map((check) => {
    const further = check.verdict === "skip" && check.see !== undefined ? causes.get(check.see) : undefined;
    return further === undefined ? check : seeing(check, further);
  });
  return withChecks(it, checks);
}

/** What is broken now and then, as that of which it is a form. */
function asForm(check: Check, { awaited, formOf }: Foundations): Check {
  if (!isBroken(check)) return check;
  const requirement = check.silence ? awaited[check.silence.what] : formOf[check.requirement];
  return requirement === undefined ? check : { ...check, ...MUST, requirement };
}

/** What others are forms of is owed by every server. */
const MUST = { level: "MUST", verdict: "fail" } as const;

/** A check that is not judged, since another requirement is broken. */
export function seeing({ silence: _, ...check }: Check, see: string): Check {
  return { ...check, verdict: "skip", actual: `not judged: see ${see}`, see };
}

import { isBroken } from "./catalogue.ts";
import { isShownByMessage } from "./evidence.ts";
import type { CaseResult } from "./execute.ts";
import { groupBy } from "./group.ts";
import { notJudged } from "./not-run.ts";
import { type Pass, settle } from "./pass.ts";
import type { Case } from "./scenario.ts";

/** The inputs that end a server in the same way, and are enough: further ones would show the same bug, and each takes long. */
const PROVEN = { mostly: 10, late: 3 } as const;

/** The time after which fewer inputs are enough, and ends that came about as others did count for as many as they are, in ms. */
const LONG_DEALING = 10_000;

/** Tells if the suite has dealt with ends of the server for long. */
export const dealtLong = ({ times }: Pass): boolean => times.away + times.searched > LONG_DEALING;

/** Returns the number of inputs that prove one way in which a server ends. */
export const enough = (pass: Pass): number => (dealtLong(pass) ? PROVEN.late : PROVEN.mostly);

/** Groups the proved ends of a server that came about in the same way, and break the same requirement. */
const endsAlike = (results: Iterable<CaseResult>) =>
  groupBy(
    [...results].flatMap(({ checks }) => checks.filter(({ harm }) => harm)),
    ({ requirement, endKind }) => `${requirement} ${endKind}`,
  );

/** Counts the inputs that ended the server; of those that did in the same way, as many as prove it. */
export const countEnds = ({ results, ends: { enders } }: Pass): number =>
  [...endsAlike([...results.values()].filter((it) => enders.has(it.case.id))).values()].reduce(
    (sum, { length }) => sum + Math.min(length, PROVEN.mostly),
    0,
  );

/**
 * Takes the cases out of a queue that would only show once more how the server ends. They get the verdict that they rest on that.
 */
export function dropProven<It>(queue: It[], caseOf: (it: It) => Case, pass: Pass): void {
  const roots = provenRoots(queue.map(caseOf), pass);
  for (const [it, root] of roots) if (!saidWrong(pass.results.get(it))) settle(notJudged(it, root, pass.judging), pass);
  queue.splice(0, Infinity, ...queue.filter((it) => !roots.has(caseOf(it))));
}

/** Returns the cases that would only show once more how the server ends, each with what it rests on: enough inputs did in the same way. */
function provenRoots(cases: readonly Case[], pass: Pass): ReadonlyMap<Case, string> {
  const alike = endsAlike(pass.results.values());
  const { sameInputs = {} } = pass.protocol.foundations;
  const proven = new Set(
    [...alike.values()].flatMap((some) => (some.length < enough(pass) ? [] : (some[0]?.requirement ?? []))),
  );
  const open = cases.filter(({ id }) => !pass.ends.culprits.has(id));
  return new Map(
    open.flatMap((it) => {
      const root = [...proven].find((id) =>
        [it.id, ...it.tests].some((one) => one === id || sameInputs[id]?.includes(one)),
      );
      return root === undefined ? [] : [[it, root] as const];
    }),
  );
}

/** Tells if a message of the server broke something in a case that ran before: that stays, whatever ended the server. */
const saidWrong = (it: CaseResult | undefined): boolean =>
  it?.checks.some((check) => isBroken(check) && isShownByMessage(check.evidence, it.connections)) ?? false;

import { answers } from "./availability.ts";
import { findCulprits } from "./culprits.ts";
import { type CaseResult, dial, endOf, isGreeted } from "./execute.ts";
import { howItFell, inconclusive, standUp } from "./outage.ts";
import type { Case } from "./scenario.ts";
import { type Fall, type Session, settle } from "./session.ts";
import { byLikelihood, byRecency, notAtWork } from "./suspects.ts";
import { explainUnreachable } from "./unreachable.ts";
import { UnreachableError } from "./usage.ts";

/** Who was done so much of the timeout before a server ended may yet end it late: for that there was no time. */
const RECENT = 0.25;

/** So many ms pass at most between the end of a server's connections and that of its process. */
const MOMENT = 250;

/** So many suspects are named where a target did not come back. */
const NAMED = 6;

/** What becomes of cases that ran when a target went away. */
export interface Affected {
  /** They say nothing for it: each has another result by now. */
  readonly atWork: readonly CaseResult[];
  /** They were done a moment before; whether their input ends the target later is not known. */
  readonly recent: readonly CaseResult[];
}

const NOBODY: Affected = { atWork: [], recent: [] };

/**
 * Looks into a target that went away, or hangs, while cases ran. Where it comes back, the cases that ended it are found and all others
 * cleared. Where it does not, complete findings stay, nothing that came of it is one, and the suspects are ranked. Throws an
 * `UnreachableError` where the target was never there.
 */
export async function lookInto(ran: readonly CaseResult[], session: Session): Promise<Affected> {
  const { availability, options, signal, culprits, unexplained } = session;
  if (signal?.aborted) return NOBODY;
  const fall = await fallOf(session);
  if (!fall) return NOBODY;
  if (availability.upAt === undefined) {
    const why = await availability.recover(0);
    if (why === undefined) return NOBODY;
    throw new UnreachableError(explainUnreachable(options.target.url, why));
  }

  session.falls.push(fall);
  const atWork = ran.filter((it) => endOf(it) >= fall.from);
  const since = fall.from - RECENT * session.shared.timeout;
  const falls = culprits.size + unexplained.length;
  if (falls >= options.restarts)
    session.stop ??= { reason: "lost", words: `not run: the server has ended in ${falls} ways (--restarts)` };
  if (!session.stop && (await standUp(session))) {
    const found = await findCulprits(atWork, fall, session);
    if (found.length === 0) unexplained.push({ at: fall.to, words: fall.how, suspects: rank(atWork, fall, session) });
    const isRecent = (it: CaseResult) => endOf(it) < fall.from && endOf(it) >= since && !culprits.has(it.case.id);
    return { atWork, recent: ran.filter(isRecent) };
  }
  if (signal?.aborted) return NOBODY;
  for (const result of atWork) settle(inconclusive(result, fall.how), session);
  session.stop ??= { reason: "lost", words: `not run: ${fall.how}` };
  session.stop = { ...session.stop, suspects: rank(atWork, fall, session) };
  return { atWork, recent: [] };
}

/** The cases that may have ended the target, the likeliest first. */
function rank(atWork: readonly CaseResult[], fall: Fall, { results }: Session): string[] {
  const ranked = [...byLikelihood(atWork, fall.to), ...byRecency(notAtWork(atWork, results.values()), fall.to)];
  return ranked.slice(0, NAMED).map((it) => it.case.id);
}

/** Since when the target is gone, and how; nothing where it is there. */
async function fallOf(session: Session): Promise<Fall | undefined> {
  const { availability, target, shared } = session;
  const death = target.process?.death;
  if (death) {
    const at = shared.clock() - (performance.now() - death.at);
    return { from: at - MOMENT, to: at, how: await howItFell(session) };
  }
  const { downSince, upAt } = availability;
  if (downSince !== undefined) return { from: upAt ?? downSince, to: downSince, how: await howItFell(session) };
  return shared.patience.deaf ? hanging(session) : undefined;
}

/** Whether a target that said nothing for long says something to a newcomer. */
async function hanging(session: Session): Promise<Fall | undefined> {
  const { shared, protocol, target, availability } = session;
  const since = shared.attention.since;
  const newcomer = await dial(session, { name: "newcomer" });
  const hears = await isGreeted(newcomer, protocol);
  newcomer.finish();
  if (hears) shared.patience.forgive();
  if (hears) return undefined;
  availability.hangs();
  await target.process?.kill();
  return { from: since, to: since, how: "the server stopped answering anybody" };
}

/** The end of a run: whether the target still serves a newcomer, and, where the last one stays, for how long. */
export async function lastNewcomer(cases: readonly Case[], session: Session): Promise<void> {
  if (session.stop || session.signal?.aborted || cases.length === 0) return;
  const { options, shared, availability } = session;
  const newcomer = await dial(session, { name: "last newcomer" });
  availability.saw(newcomer);
  if (options.linger && answers(newcomer)) {
    await newcomer.quiet(shared.timeout);
    const later = await dial(session, { name: "later newcomer" });
    availability.saw(later);
    later.finish();
  }
  newcomer.finish();
  if (availability.downSince !== undefined || session.target.process?.death) await lookInto([], session);
}

import { answers } from "./availability.ts";
import { type CaseResult, dial } from "./execute.ts";
import { isNothing } from "./nothing.ts";
import { type Fall, findCulprits, howItFell, inconclusive, standUp } from "./outage.ts";
import type { Case } from "./scenario.ts";
import { type Session, settle } from "./session.ts";
import { byRecency } from "./suspects.ts";
import { explainUnreachable } from "./unreachable.ts";
import { UnreachableError } from "./usage.ts";

/** So much of the timeout before the end of a server its input may have come that did it. */
const RECENT = 0.25;

/** So many suspects are named where a target did not come back. */
const NAMED = 6;

/**
 * Looks into a target that went away, or hangs, while cases ran. Where it comes back, the cases that ended it are found and all others
 * cleared. Where it does not, complete findings stay, nothing that came of it is one, and the suspects are ranked. Throws an
 * `UnreachableError` where the target was never there. Resolves to the results that say nothing for it: each has another by now.
 */
export async function lookInto(ran: readonly CaseResult[], session: Session): Promise<readonly CaseResult[]> {
  const { availability, options, signal } = session;
  if (signal?.aborted) return [];
  const fall = await fallOf(session);
  if (!fall) return [];
  const never = availability.upAt === undefined;
  const why = never ? await availability.recover(0) : undefined;
  if (never && why === undefined) return [];
  if (never) throw new UnreachableError(explainUnreachable(options.target.url, why ?? ""));

  // Who was done a moment before may end the server late: for that it may have had no time.
  const recently = fall.from - RECENT * session.shared.timeout;
  const atWork = ran.filter(({ beganAt, durationMs }) => beganAt + durationMs >= recently);
  const falls = session.culprits.size + session.unexplained.length;
  if (falls >= options.restarts)
    session.stop ??= { reason: "lost", words: `not run: the server has ended in ${falls} ways (--restarts)` };
  if (!session.stop && (await standUp(session))) {
    const found = await findCulprits(atWork, fall, session);
    for (const id of found) session.culprits.add(id);
    if (found.length === 0)
      session.unexplained.push({ at: fall.to, words: fall.how, suspects: rank(atWork, fall, session) });
    return atWork;
  }
  if (signal?.aborted) return [];
  for (const result of atWork) settle(inconclusive(result, fall.how), session);
  session.stop ??= { reason: "lost", words: `not run: ${fall.how}` };
  session.stop = { ...session.stop, suspects: rank(atWork, fall, session) };
  return atWork;
}

/** The cases that may have ended the target, the likeliest first. */
function rank(atWork: readonly CaseResult[], fall: Fall, { results }: Session): string[] {
  const earlier = [...results.values()].filter((it) => !atWork.some((other) => other.case === it.case));
  const ranked = [...byRecency(atWork, fall.to), ...byRecency(earlier, fall.to)];
  return ranked.slice(0, NAMED).map((it) => it.case.id);
}

/** Since when the target is gone, and how; nothing where it is there. */
async function fallOf(session: Session): Promise<Fall | undefined> {
  const { availability, target, shared } = session;
  const death = target.process?.death;
  if (death) {
    const at = shared.clock() - (performance.now() - death.at);
    return { from: at - 1, to: at, how: await howItFell(session) };
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
  const hears = protocol.greeting === undefined || !isNothing(await newcomer.next(protocol.greeting));
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

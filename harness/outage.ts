import { setTimeout as sleep } from "node:timers/promises";
import { isFinding, withChecks } from "./catalogue.ts";
import type { CaseResult } from "./execute.ts";
import type { Session } from "./session.ts";
import type { ServerProcess, Target } from "./target.ts";
import { isServerEnd, type Transcript } from "./transcript.ts";

/** In words what a server does that lives on. */
export const ENDED_OTHERS = "connections of other clients were ended";

/** In words how the server ended; or, where it is still there, that it ended the connections of others. */
export async function howItFell({ target, availability }: Session): Promise<string> {
  const { process } = target;
  if (process?.death) {
    const words = await process.lastWords();
    return redacted(`the server ended (${process.death.how}${words === undefined ? "" : `: ${words}`})`, target);
  }
  return availability.downSince === undefined ? ENDED_OTHERS : "the server stopped accepting connections";
}

/** Words that come from the process of a server, without secrets. */
const redacted = (words: string, { secrets }: Target) => secrets?.redact(words) ?? words;

/** Between two looks at a server that is not there, in ms. */
const PAUSE = 25;

/** So many looks at most. */
const LOOKS = 6;

/** Gives a process the moment that its end takes to be known after its connections have ended. */
export async function diedOrNot({ target }: Session): Promise<void> {
  for (let i = 0; i < LOOKS && target.process && !target.process.death; i++) await sleep(PAUSE);
}

/** Starts a server again that ended, or waits for it; one that the suite started and that accepts no more is ended first. Whether it is there. */
export async function standUp(session: Session): Promise<boolean> {
  const { target, availability, options, shared, signal } = session;
  const { process } = target;
  for (const deadline = shared.clock() + options.recovery; !signal?.aborted; await sleep(PAUSE)) {
    // That a process has ended may be known a moment after its connections are.
    if (process?.death) return (await restart(process, session)) && standUp(session);
    if ((await availability.recover(0)) === undefined) break;
    if (shared.clock() <= deadline) continue;
    if (!process) return false;
    await process.kill();
  }
  shared.patience.forgive();
  return true;
}

/** Starts a server again. Whether it accepts connections. */
async function restart(process: ServerProcess, session: Session): Promise<boolean> {
  const failure = await process.restart();
  if (failure !== undefined)
    session.stop ??= { reason: "lost", words: redacted(`not run: ${failure}`, session.target) };
  return failure === undefined;
}

/** A result of which nothing can be told, since the server ended meanwhile. */
export function inconclusive(result: CaseResult, how: string): CaseResult {
  const checks = result.checks.map((check) =>
    isFinding(check) ? { ...check, verdict: "skip" as const, actual: `not judged: ${how} while it ran` } : check,
  );
  return withChecks(result, checks);
}

/** When connections were ended by the server, in ms of the run's clock. */
export const endedAt = (connections: readonly Transcript[]): number | undefined => {
  const ends = connections.flatMap(({ events }) => events.filter(isServerEnd).map(({ at }) => at));
  return ends.length === 0 ? undefined : Math.min(...ends);
};

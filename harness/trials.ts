import { type CaseResult, execute } from "./execute.ts";
import type { Pass } from "./pass.ts";
import { orLook } from "./pool.ts";
import type { Case } from "./scenario.ts";
import { mayOverlap } from "./shared.ts";
import { wasLost } from "./transcript.ts";

/** Suspects that run again, one after another. While one waits for the network, the next begins. */
interface Trials {
  /** Runs one; resolves once it is done, or only waits and there is room for another. */
  add(suspect: CaseResult): Promise<void>;
  /** Resolves to the results of all, in the order in which they began, once they are done. */
  finish(): Promise<readonly CaseResult[]>;
}

/** Runs a case. If the server lost the handshake of a connection that acts, the case sent nothing, and runs once more. */
async function tryCase(it: Case, pass: Pass, wait: (() => void) | undefined): Promise<CaseResult> {
  const result = await execute(it, pass, wait);
  return result.connections.some((one) => one.acts && wasLost(one)) ? execute(it, pass, wait) : result;
}

/** Makes trials without a suspect. */
export function newTrials(pass: Pass): Trials {
  const { shared, options } = pass;
  const overlap = options.concurrency > 1 && mayOverlap(shared);
  const all: Promise<CaseResult>[] = [];
  const running = new Set<Promise<unknown>>();
  const isFull = () => !shared.patience.window.admits(running.size, options.concurrency, shared.clock());
  return {
    async add({ case: it }) {
      let wait = () => {};
      const waits = new Promise<void>((resolve) => {
        wait = resolve;
      });
      const run = tryCase(it, pass, overlap ? wait : undefined);
      all.push(run);
      running.add(run);
      const drop = () => running.delete(run);
      run.then(drop, drop);
      await Promise.race([run, waits]);
      while (running.size > 0 && isFull()) await orLook(running);
    },
    finish: () => Promise.all(all),
  };
}

import type { CaseResult } from "./execute.ts";
import { isAbsent } from "./failure.ts";
import { endedAt } from "./fall.ts";
import { responseOf } from "./upgrade.ts";

// Says how the connections of cases ended when a target went away.

/** The longest time between the end of a server's connections and that of its process, in ms. */
export const BEHIND = 250;

/** Tells if a connection of a case was cut off since a time: the target may have ended meanwhile. */
export const wasCutOff = (it: CaseResult, since: number): boolean =>
  it.connections.some(({ events }) => {
    const last = events.at(-1);
    const isCut = last?.type === "error" || (last?.type === "end" && last.from === "server");
    return isCut && last.at >= since;
  });

/** Tells if the server ended a client that had said nothing, about a time in ms of the run's clock. */
export const endedSilent = (ran: readonly CaseResult[], at: number): boolean =>
  ran.some(({ connections }) =>
    connections.some((connection) => {
      const end = endedAt([connection]);
      const isOpened = responseOf(connection)?.status === 101;
      const isSilent = connection.events.every(({ from, type }) => from !== "client" || type === "upgrade");
      return end !== undefined && Math.abs(end - at) <= BEHIND && isOpened && isSilent;
    }),
  );

/** Tells if a connection of a case ended because nobody was there. */
export const endedAtNobody = (it: CaseResult): boolean =>
  it.connections.some(({ events }) => {
    const last = events.at(-1);
    return last?.type === "error" && isAbsent(last.failure);
  });

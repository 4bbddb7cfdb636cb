import { type Entrance, PAUSE } from "./attempts.ts";
import type { CaseResult } from "./execute.ts";
import { errorFailure, NO_ANSWER } from "./failure.ts";
import type { Pass } from "./pass.ts";
import type { Aside } from "./plain-clients.ts";
import { share } from "./shared.ts";
import { blameForShutOut } from "./shut-by-one.ts";
import { sleep } from "./sleep.ts";
import { isServed } from "./standstill.ts";
import { isMessage, type Transcript, type WireEvent } from "./transcript.ts";

// Finds the input after which a target says nothing to newcomers for a while, though it accepts them and serves all others.

/** The words for such a target. */
export const MUTE = "the target said nothing to newcomers";

/** The newcomers in a row that show it. One may be forgotten. */
const ROW = 5;

/** The time without a greeting after which a newcomer is taken to get none where others got it in less than half of that, in timeouts. */
const SHORT = 0.15;

/** The longest time for which it is waited until the target greets somebody again, in ms. */
const LONGEST = 6_000;

/** The searches without a find after which there is no further one. */
const VAIN = 1;

/** The events of a server by which it says nothing: a library may answer pings of its own accord. */
const NO_WORDS = new Set<WireEvent["type"]>(["upgrade", "ping", "pong"]);

/** Returns when a client came whose request begins so, and who waited in vain for the first word of the server, in ms; `undefined` for any other. */
function muteSince({ events }: Transcript, line = ""): number | undefined {
  const [first] = events;
  if (first?.type !== "upgrade" || !first.data.startsWith(line)) return undefined;
  const waited = events.findIndex(({ type }) => type === "timeout");
  const isSilent = events.slice(0, waited).every((it) => it.from === "client" || NO_WORDS.has(it.type));
  return waited > 0 && isSilent ? first.at : undefined;
}

/** Tells if a plain client was greeted. */
const isGreetedIn = ({ events }: Transcript) => events.some((it) => it.from === "server" && isMessage(it));

/** Returns the beginning of the request of a plain client. */
function lineOf({ protocol, target }: Pass): string {
  const { pathname, search } = protocol.address(target.url);
  return `GET ${pathname}${search} HTTP`;
}

/** Returns when the first of several plain clients in a row came to which the target said nothing, in ms of the run's clock. */
function muteRow(ran: readonly CaseResult[], line: string): number | undefined {
  const clients = ran
    .flatMap(({ connections }) => connections)
    .flatMap((it) => {
      const at = muteSince(it, line);
      return at !== undefined || isGreetedIn(it) ? [{ at: it.events[0]?.at ?? 0, isMute: at !== undefined }] : [];
    })
    .toSorted((a, b) => a.at - b.at);
  const i = clients.findIndex((_, first) => {
    const row = clients.slice(first, first + ROW);
    return row.length === ROW && row.every(({ isMute }) => isMute);
  });
  return clients[i]?.at;
}

/** Makes an entrance by which a client is in once it is greeted. */
function entranceByGreeting({ pass, shared }: Aside): Entrance {
  const isOpen = () => isServed({ ...pass, shared });
  const opens = async () => {
    const began = shared.clock();
    for (let tries = 1; !pass.signal?.aborted && shared.clock() - began < LONGEST; tries++) {
      if (await isOpen()) return tries;
      await sleep(PAUSE, pass.signal);
    }
    return Number.POSITIVE_INFINITY;
  };
  return { isOpen, opens };
}

/**
 * Looks for the input over which the target said nothing to newcomers for a while, if cases that ran show that. Returns the cases that met it,
 * if the input is found, or the time for more such inputs is up.
 */
export async function lookIntoMute(ran: readonly CaseResult[], pass: Pass): Promise<readonly CaseResult[]> {
  const { protocol, shared, standstills, options } = pass;
  const { greeting } = protocol;
  const line = lineOf(pass);
  const at = greeting === undefined || options.once || standstills.mute > VAIN ? undefined : muteRow(ran, line);
  const timeout = SHORT * shared.timeout;
  if (at === undefined || shared.patience.best(greeting ?? "") > timeout / 2) return [];
  const sinceIn = ({ connections }: CaseResult) =>
    connections.map((it) => muteSince(it, line)).find((it) => it !== undefined);
  const aside: Aside = { pass, shared: share(timeout), refusedAt: sinceIn };
  const entrance = entranceByGreeting(aside);
  const began = shared.clock();
  if (!Number.isFinite(await entrance.opens())) return [];
  const isDeaf = ran.some(({ refused = [] }) => refused.some(({ code }) => code === NO_ANSWER));
  const way = errorFailure(isDeaf ? NO_ANSWER : "no greeting");
  const all = [...new Map([...pass.results, ...ran.map((it) => [it.case, it] as const)]).values()];
  const isFound = await blameForShutOut({ at, way, ms: shared.clock() - began }, all, entrance, aside);
  if (!isFound) standstills.mute += 1;
  if (!isFound && !pass.stop) return [];
  shared.limits.forget();
  shared.patience.forgive();
  return ran.filter(
    ({ case: { id }, connections }) =>
      !pass.ends.culprits.has(id) && connections.some((it) => muteSince(it) !== undefined),
  );
}

import { type Entrance, PAUSE } from "./attempts.ts";
import { inconclusive } from "./doubt.ts";
import type { CaseResult } from "./execute.ts";
import { errorFailure, NO_ANSWER } from "./failure.ts";
import { lastResults, type Pass } from "./pass.ts";
import type { Aside } from "./plain-clients.ts";
import type { Case } from "./scenario.ts";
import { type OnVain, share, wasStillFor } from "./shared.ts";
import { blameForShutOut } from "./shut-by-one.ts";
import { sleep } from "./sleep.ts";
import { isServed, letStallEnd, openStalls } from "./standstill.ts";
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
function muteSince({ events }: Pick<Transcript, "events">, line = ""): number | undefined {
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

/** Makes an entrance by which a client is in once it is greeted. `left` is the longest time to wait for that, in ms. */
function entranceByGreeting({ pass, shared }: Aside, left = LONGEST): Entrance {
  const isOpen = () => isServed({ ...pass, shared });
  const opens = async () => {
    const began = shared.clock();
    for (let tries = 1; !pass.signal?.aborted && shared.clock() - began < left; tries++) {
      if (await isOpen()) return tries;
      await sleep(PAUSE, pass.signal);
    }
    return Number.POSITIVE_INFINITY;
  };
  return { isOpen, opens };
}

/** Tells if it may be looked for an input over which the target says nothing to newcomers: it greets them soon otherwise. */
function mayLook({ protocol: { greeting }, shared, standstills, options }: Pass): boolean {
  if (greeting === undefined || options.once || standstills.mute > VAIN) return false;
  return shared.patience.best(greeting) <= (SHORT * shared.timeout) / 2;
}

/** Watches for newcomers in a row to whom the target says nothing. */
interface MuteWatch {
  /** Resolves to true once the target greets somebody again, to false if it does not in time; `undefined` while there is no row. */
  readonly reopened: Promise<boolean> | undefined;
  /** Ends the watch. */
  leave(): void;
}

/**
 * Begins to watch for them, where `several` cases are at work. Calls back as soon as the target greets somebody again: those who came before
 * wait in vain.
 */
export function watchForMute(pass: Pass, several: boolean, onReopened: () => void): MuteWatch {
  const { shared, protocol } = pass;
  const { clock, onVain, patience } = shared;
  const line = lineOf(pass);
  const mute: number[] = [];
  let reopened: Promise<boolean> | undefined;
  const look: OnVain = (events, what) => {
    const at = what === protocol.greeting ? muteSince({ events }, line) : undefined;
    if (at === undefined || reopened || !several || !mayLook(pass)) return;
    mute.push(at);
    const [first = at, ...others] = mute.toSorted((a, b) => a - b).slice(-ROW);
    const served = patience.nextServed(what, { began: first, ended: clock() }) ?? Number.POSITIVE_INFINITY;
    if (others.length < ROW - 1 || served <= (others.at(-1) ?? first)) return;
    reopened = entranceByGreeting(asideFor(pass), LONGEST - (clock() - first))
      .opens()
      .then(Number.isFinite);
    void reopened.then((isOpen) => isOpen && onReopened());
  };
  onVain.add(look);
  return {
    get reopened() {
      return reopened;
    },
    leave: () => void onVain.delete(look),
  };
}

/** Makes the means to run cases aside where a newcomer who is not greeted soon is taken to get no greeting. */
function asideFor(pass: Pass): Aside {
  const line = lineOf(pass);
  const refusedAt = ({ connections }: CaseResult) =>
    connections.map((it) => muteSince(it, line)).find((it) => it !== undefined);
  return { pass, shared: share(SHORT * pass.shared.timeout), refusedAt };
}

/** The results of the cases that ran in one go, and of those among them that were cut off, since a stall or a mute time was over. */
export interface Ran {
  readonly ran: readonly CaseResult[];
  readonly spoiled: readonly CaseResult[];
  readonly reopened: MuteWatch["reopened"];
}

/**
 * Looks for the input over which the target said nothing to newcomers for a while, if cases that ran show that. Notes that those which met it
 * are not judged, and resolves to them: they run again if there is time.
 */
export async function againAfterMute(
  { ran, spoiled, reopened }: Ran,
  note: (result: CaseResult) => void,
  pass: Pass,
): Promise<readonly Case[]> {
  if (openStalls(pass).length > 0) return [];
  const met = (await isExplained(ran, reopened, pass)) ? ran.filter(isHit) : [];
  const again = met.filter((it) => !pass.ends.culprits.has(it.case.id));
  for (const it of again) note(inconclusive(it, MUTE));
  return pass.stop ? [] : [...again, ...spoiled].map((it) => it.case).filter((it) => !pass.ends.culprits.has(it.id));
}

/** Tells if a client of a case got no word of the server. */
const isHit = ({ connections }: CaseResult) => connections.some((it) => muteSince(it) !== undefined);

/** Finds the input over which the target said nothing to newcomers; tells if that is why they waited, or the time for it is up. */
async function isExplained(ran: readonly CaseResult[], reopened: Ran["reopened"], pass: Pass): Promise<boolean> {
  const { shared, standstills } = pass;
  const at = mayLook(pass) ? muteRow(ran, lineOf(pass)) : undefined;
  if (at === undefined) return false;
  await letStallEnd(shared.clock(), pass);
  if (wasStillFor(at, shared)) return false;
  const aside = asideFor(pass);
  const entrance = entranceByGreeting(aside);
  const began = shared.clock();
  if (!(await (reopened ?? entrance.opens().then(Number.isFinite)))) return false;
  const isDeaf = ran.some(({ refused = [] }) => refused.some(({ code }) => code === NO_ANSWER));
  const way = errorFailure(isDeaf ? NO_ANSWER : "no greeting");
  const all = lastResults(ran, pass);
  const ms = shared.clock() - (reopened ? at : began);
  const isFound = await blameForShutOut({ at, way, ms }, all, entrance, aside);
  if (!isFound) standstills.mute += 1;
  if (!isFound && !pass.stop) return false;
  shared.limits.forget();
  shared.patience.forgive();
  return true;
}

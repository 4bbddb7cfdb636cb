import type { Connection } from "./connection.ts";
import type { Identities, Party } from "./identities.ts";
import { BeyondLimit, type Limits } from "./limits.ts";
import type { ConnectOptions } from "./scenario.ts";

/** The longest time that a server takes to notice that a client has left, in ms. Then its user may come again. */
const NOTICING = 300;

/** Opens a connection as the user of this number, and calls `left` when its TCP connection has ended. */
type DialAs = (options: ConnectOptions, left: () => void) => Promise<Connection>;

/** Gives a case a connection: from the network, or from a recording. */
export type Open = (options?: ConnectOptions) => Promise<Connection>;

/** Comes as the users of the suite: one case, or a client that looks on. */
interface Guest {
  /** Opens a connection as the user that the options ask for. Where a user has one connection, waits in line for it. */
  connect(options: ConnectOptions, dial: DialAs): Promise<Connection>;
  /** It gave way to another guest, and has to begin again. */
  readonly gaveWay: boolean;
  /** Says that it is over with all its connections. */
  leave(): void;
}

/** A user as which a guest comes. */
interface Seat {
  /** The number of this user for the case, and its number for the target. */
  readonly role: number;
  readonly user: number;
  readonly connections: Connection[];
  /** Connections that are being opened, and TCP connections that have not ended. */
  opening: number;
  open: number;
}

/** The state of a guest. */
interface Seated {
  readonly identities: Identities;
  readonly party: Party;
  readonly seats: Seat[];
  over: boolean;
}

/** Makes a guest: `it` may come many times. */
export function guest(identities: Identities, it: object): Guest {
  const party = identities.party(it);
  const state: Seated = { identities, party, seats: [], over: false };
  return {
    connect: (options, dial) => comeAs(state, options, dial),
    get gaveWay() {
      return party.gaveWay;
    },
    leave() {
      state.over = true;
      for (const seat of [...state.seats]) {
        if (seat.open === 0) giveBack(state, seat);
        else if (identities.users) setTimeout(giveBack, NOTICING, state, seat).unref();
      }
    },
  };
}

async function comeAs(state: Seated, options: ConnectOptions, dial: DialAs): Promise<Connection> {
  if (options.anonymous) return dial(options, () => {});
  const seat = await seatFor(state, options);
  seat.open += 1;
  const left = () => {
    seat.open -= 1;
    if (state.over && seat.open === 0) giveBack(state, seat);
  };
  const connection = await dial({ ...options, user: seat.user }, left).finally(() => {
    seat.opening -= 1;
  });
  seat.connections.push(connection);
  return connection;
}

/** Returns the user that the options ask for, once more if the guest can, or else another. */
async function seatFor(state: Seated, { user: role = 0, as }: ConnectOptions): Promise<Seat> {
  const { identities, party, seats } = state;
  const same =
    as && seats.find(({ connections }) => connections.some(({ transcript }) => transcript === as.transcript));
  const known = same ?? (identities.users && seats.find((seat) => seat.role === role && isEmpty(seat)));
  if (known) known.opening += 1;
  if (known) return known;
  const user = identities.users ? await party.another() : role;
  const seat: Seat = { role, user, connections: [], opening: 1, open: 0 };
  seats.push(seat);
  if (state.over) giveBack(state, seat);
  return seat;
}

function giveBack({ identities, party, seats }: Seated, seat: Seat): void {
  const index = seats.indexOf(seat);
  if (index >= 0) seats.splice(index, 1);
  if (index >= 0 && identities.users) party.back(seat.user);
}

/** Opens the connections of one case, as users and no more at the same time than the target accepts. */
export function opener(
  guests: Guest,
  limits: Limits,
  run: { readonly signal?: AbortSignal | undefined },
  dial: DialAs,
): Open {
  const limit = limits.together;
  const opened: Connection[] = [];
  let opening = 0;
  return async (options = {}) => {
    run.signal?.throwIfAborted();
    while (limit !== undefined && opening + opened.filter(isHeld).length >= limit)
      if (!(await limits.freed()))
        throw new BeyondLimit(`it takes more than ${limit} at the same time, and the target accepts no more`);
    opening += 1;
    try {
      const connection = await guests.connect(options, async (as, left) => {
        run.signal?.throwIfAborted();
        return dial(as, left);
      });
      opened.push(connection);
      return connection;
    } finally {
      opening -= 1;
    }
  };
}

/** Tells if a guest can come as this user again without ending a connection of its own. */
const isEmpty = ({ opening, connections }: Seat) => opening === 0 && !connections.some(isHeld);

/** Tells if a connection counts as one of those that a target accepts at the same time. */
const isHeld = ({ failure, transcript }: Pick<Connection, "failure" | "transcript">) =>
  failure === undefined && !transcript.events.some(({ type }) => type === "close" || type === "end");

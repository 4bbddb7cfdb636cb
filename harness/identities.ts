import { BeyondLimit } from "./limits.ts";
import type { OneEach } from "./noticed-limits.ts";

/** The users as which cases come, where each has one connection at a time: cases wait in line for one. */
export interface Identities {
  /** The numbers of these users; `undefined` while nobody knows that a second connection of a user ends the first. */
  readonly users: readonly number[] | undefined;
  /** The reason why each has one. */
  readonly oneEach: OneEach | undefined;
  /** From now on each of these users has one connection. */
  lend(users: readonly number[], why: OneEach): void;
  /** Makes the part of the line that is of one case, or of a client that looks on. What `it` needed before it gets at once. */
  party(it: object): Party;
}

/** The users of one case. It gets all that it asks for in one go, or none of them. */
export interface Party {
  /**
   * Resolves to a user that nobody else comes as. Throws a `BeyondLimit` where there are too few, and an error where it has to give way.
   */
  another(): Promise<number>;
  /** It has to begin again: it held users and waited for more, and so did all others that held some. */
  readonly gaveWay: boolean;
  /** Gives a user back. */
  back(user: number): void;
}

interface Ask {
  readonly resolve: (user: number) => void;
  readonly reject: (why: Error) => void;
}

/** One that has users, or waits for some. */
interface Member {
  readonly it: object;
  /** The users that it has, and those that wait for it to ask. */
  held: number;
  readonly kept: number[];
  asks: Ask[];
  gaveWay: boolean;
}

/** The line: the users that there are, those that nobody has, and those who have some or wait. */
interface Line {
  users: readonly number[] | undefined;
  oneEach: OneEach | undefined;
  readonly free: number[];
  /** The users that a case needed before it gave way. */
  readonly needs: WeakMap<object, number>;
  /** In the order in which they came. */
  readonly members: Set<Member>;
  /** It is about to be served. */
  due: boolean;
}

/** Makes a line without any users: nothing is lent. */
export function identities(): Identities {
  const line: Line = {
    users: undefined,
    oneEach: undefined,
    free: [],
    needs: new WeakMap(),
    members: new Set(),
    due: false,
  };
  return {
    get users() {
      return line.users;
    },
    get oneEach() {
      return line.oneEach;
    },
    lend(users, why) {
      line.users = users;
      line.oneEach = why;
      line.free.push(...users);
    },
    party: (it) => partyIn(line, it),
  };
}

function partyIn(line: Line, it: object): Party {
  const member: Member = { it, held: 0, kept: [], asks: [], gaveWay: false };
  return {
    another: () =>
      new Promise((resolve, reject) => {
        const reserved = member.kept.shift();
        if (reserved !== undefined) return resolve(reserved);
        line.members.add(member);
        member.asks.push({ resolve, reject });
        serveSoon(line);
      }),
    get gaveWay() {
      return member.gaveWay;
    },
    back(user) {
      const all = [user, ...member.kept.splice(0)];
      line.free.push(...all);
      member.held -= all.length;
      if (member.held === 0) line.members.delete(member);
      serveSoon(line);
    },
  };
}

/** Serves the line once all that is asked for in one go has been asked. */
function serveSoon(line: Line): void {
  if (line.due) return;
  line.due = true;
  queueMicrotask(() => {
    line.due = false;
    serve(line);
  });
}

function serve(line: Line): void {
  const waiting = [...line.members].filter(({ asks }) => asks.length > 0);
  const [inside, outside] = [waiting.filter(({ held }) => held > 0), waiting.filter(({ held }) => held === 0)];
  const left = inside.filter((it) => !give(line, it));
  // Those who have some go first, since only then they give them back. Nobody overtakes one who waits for several.
  if (left.length === 0) outside.every((it) => give(line, it));
  else if ([...line.members].every(({ held, asks }) => held === 0 || asks.length > 0))
    giveWay(line, left.at(-1) as Member);
}

/** Gives a member all that it asks for, or tells that there will never be as many; returns false if it has to wait. */
function give({ users, free, needs, members }: Line, member: Member): boolean {
  const { it, asks, kept, held } = member;
  const count = users?.length ?? 0;
  const all = Math.max(held + asks.length, Math.min(needs.get(it) ?? 0, count));
  if (all > count) {
    if (held === 0) members.delete(member);
    answer(member, ({ reject }) => reject(new BeyondLimit(tooFew(count))));
    return true;
  }
  if (all - held > free.length) return false;
  kept.push(...free.splice(0, all - held));
  member.held = all;
  answer(member, ({ resolve }) => resolve(kept.shift() as number));
  return true;
}

/** Has a member begin again, and notes how many users it will need. */
function giveWay({ needs }: Line, member: Member): void {
  member.gaveWay = true;
  needs.set(member.it, member.held + member.asks.length);
  answer(member, ({ reject }) => reject(new Error("another case goes first")));
}

/** Takes all that a member asks for out of the line, and answers it. */
function answer(member: Member, how: (ask: Ask) => void): void {
  for (const ask of member.asks.splice(0)) how(ask);
}

/** Says that a case takes more users than there are. */
export const tooFew = (count: number) =>
  `it takes more than ${count === 1 ? "one user" : `${count} users`} at the same time, and the suite can come as no more (--as)`;

import type { Found } from "./measure.ts";
import { plural } from "./words.ts";

/** The reason why each user has one connection: the target accepts no more, or mixes up several. */
export type OneEach = "accepted" | "mixed-up";

/** The limits of a target that a run noticed. */
export interface NoticedLimits {
  /** The most connections at the same time. */
  readonly together?: number;
  /** The target accepted fewer and fewer at the same time: these numbers, one after another. */
  readonly fewer?: readonly number[];
  /** The connections a second, about. */
  readonly perSecond?: number;
  readonly oneEach?: OneEach;
  /** The messages of a user count together, on whichever of its connections they come. */
  readonly messages?: "together";
}

const ONE_EACH: Readonly<Record<OneEach, string>> = {
  accepted: "the target accepts one connection of each user",
  "mixed-up": "the target serves one connection of each user at a time, and else answers on another one",
};

const COUNTED_TOGETHER = "the target limits the messages of each user, those of all its connections together";

/** Says noticed limits in words. A limit of all connections is told instead of one of each user. */
export function wordsOfNoticed(noticed: NoticedLimits): string {
  const { oneEach, messages } = noticed;
  const ofConnections = wordsOfFound(noticed, noticed.fewer) ?? (oneEach && ONE_EACH[oneEach]);
  return [ofConnections, messages && COUNTED_TOGETHER].filter((it) => it !== undefined).join("; ");
}

/** Says in words how many connections a target accepts; `fewer` are the numbers where each is lower than the one before. */
export function wordsOfFound({ together, perSecond }: Found, fewer: readonly number[] = []): string | undefined {
  const falling = `fewer and fewer connections at the same time (at most ${fewer.join(", then ")}: it may not free those that ended)`;
  const known = [
    ...(together === undefined
      ? []
      : [fewer.length > 1 ? falling : `at most ${connections(together)} at the same time`]),
    ...(perSecond === undefined ? [] : [`about ${connections(Math.round(perSecond) || 1)} a second`]),
  ];
  return known.length === 0 ? undefined : `the target accepts ${known.join(" and ")}`;
}

const connections = (n: number) => plural(n, "connection");

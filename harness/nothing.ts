const WHY = Symbol("why nothing came");

/** What a wait that found nothing resolves to: an observation like any other, which says why. No server can forge it. */
export interface Nothing {
  readonly [WHY]: {
    readonly words: string;
    /** It may have come: the suite stopped reading. */
    readonly untold: boolean;
  };
}

/** Nothing came, for this reason; `untold` where the suite itself stopped reading. */
export const nothing = (words: string, untold = false): Nothing => ({ [WHY]: { words, untold } });

/** Whether nothing came. */
export const isNothing = (value: unknown): value is Nothing =>
  typeof value === "object" && value !== null && WHY in value;

/** Why nothing came. */
export const whyNothing = (value: Nothing): Nothing[typeof WHY] => value[WHY];

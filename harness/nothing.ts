const WHY = Symbol("why nothing came");

/** A wait in vain. Only one that lasted as long as the timeout is evidence. */
export interface Silence {
  /** What was waited for. */
  readonly what: string;
  /** How long was waited, in ms. */
  readonly afterMs: number;
  /** The wait was cut short. */
  readonly short?: true;
  /** So many ms after it a client began to wait for the same thing that got it meanwhile: so the server was not slow. */
  readonly nextServedAfterMs?: number;
  /** So many connections were open when the wait began: more than a server is sure to serve at the same time. */
  readonly among?: number;
}

/** Why nothing came. */
interface Why {
  readonly words: string;
  /** It may have come: the suite stopped reading. */
  readonly unread: boolean;
  /** It did not come in time. */
  readonly silence?: Silence;
}

/** What a wait that found nothing resolves to: an observation like any other, which says why. No server can forge it. */
export interface Nothing {
  readonly [WHY]: Why;
}

/** Nothing came, for this reason; `unread` where the suite itself stopped reading. */
export const nothing = (words: string, unread = false): Nothing => ({ [WHY]: { words, unread } });

/** Nothing came in time. */
export const silent = (silence: Silence): Nothing => ({
  [WHY]: { words: `nothing in ${silence.afterMs} ms`, unread: false, silence },
});

/** The wait in vain that an event of a transcript tells of, if it does. */
export const silenceOf = ({
  what,
  afterMs,
  short,
  nextServedAfterMs: next,
  among,
}: Partial<Silence>): Silence | undefined =>
  afterMs === undefined || what === undefined
    ? undefined
    : {
        what,
        afterMs,
        ...(short && { short }),
        ...(next !== undefined && { nextServedAfterMs: next }),
        ...(among !== undefined && { among }),
      };

/** Whether nothing came. */
export const isNothing = (value: unknown): value is Nothing =>
  typeof value === "object" && value !== null && WHY in value;

/** Why nothing came. */
export const whyNothing = (value: Nothing): Why => value[WHY];

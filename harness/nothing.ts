const WHY = Symbol("why nothing came");

/** A wait in vain. It is evidence only if it lasted for the whole timeout. */
export interface Silence {
  /** The name of the thing that did not come. */
  readonly what: string;
  /** The length of the wait, in ms. */
  readonly afterMs: number;
  /** The wait was cut short. */
  readonly short?: true;
  /** The time after which another client began to wait for the same and got it, in ms. So the server was not slow. */
  readonly nextServedAfterMs?: number;
  /** The handshakes right before and after this one were answered. */
  readonly lost?: true;
  /** The other side's close frame had come: only TCP did not end. */
  readonly closing?: true;
  /** The connections that were open when the wait began, if there were more than a server is sure to serve at the same time. */
  readonly among?: number;
}

/** The reason that nothing came. */
interface Why {
  readonly words: string;
  /** The suite stopped reading, so it may have come. */
  readonly unread: boolean;
  /** The wait, if it did not come in time. */
  readonly silence?: Silence;
}

/** The result of a wait that found nothing. It says why. No server can forge it. */
export interface Nothing {
  readonly [WHY]: Why;
}

/** Makes the result of a wait that found nothing for this reason. `unread` says that the suite stopped reading. */
export const nothing = (words: string, unread = false): Nothing => ({ [WHY]: { words, unread } });

/** A wait in vain in words, as a transcript tells it. */
export const wordsOfSilence = ({ what, afterMs, closing }: Pick<Silence, "what" | "afterMs" | "closing">): string =>
  `gave up waiting for ${closing ? "the end of TCP, behind its close frame," : what} after ${afterMs} ms`;

/** Makes the result of a wait in vain. */
export const silent = (silence: Silence): Nothing => ({
  [WHY]: { words: `nothing in ${silence.afterMs} ms`, unread: false, silence },
});

/** Returns the wait in vain that an event of a transcript tells of; `undefined` if it tells of none. */
export const silenceOf = ({
  what,
  afterMs,
  short,
  nextServedAfterMs: next,
  lost,
  closing,
  among,
}: Partial<Silence>): Silence | undefined =>
  afterMs === undefined || what === undefined
    ? undefined
    : {
        what,
        afterMs,
        ...(short && { short }),
        ...(next !== undefined && { nextServedAfterMs: next }),
        ...(lost && { lost }),
        ...(closing && { closing }),
        ...(among !== undefined && { among }),
      };

/** Tells if a value says that nothing came. */
export const isNothing = (value: unknown): value is Nothing =>
  typeof value === "object" && value !== null && WHY in value;

/** Returns the reason that nothing came. */
export const whyNothing = (value: Nothing): Why => value[WHY];

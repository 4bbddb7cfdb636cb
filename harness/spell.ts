/** Clients that a target refused in a row. Times are in ms of the run's clock. */
export interface Spell {
  /** The beginnings of the first and the last of them, and their number. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** The beginning of the first that was served afterwards; infinity if none was yet. */
  readonly until: number;
}

/**
 * Returns the last spell after a further client was refused that `began` at a time. Until it was turned away, it may have counted as
 * served.
 */
export const afterRefused = (spell: Spell | undefined, began: number): Spell =>
  spell === undefined || began > spell.until
    ? { from: began, to: began, count: 1, until: Number.POSITIVE_INFINITY }
    : {
        from: Math.min(spell.from, began),
        to: Math.max(spell.to, began),
        count: spell.count + 1,
        until: began === spell.until ? Number.POSITIVE_INFINITY : spell.until,
      };

/**
 * Returns the last spell after a further client was served that `began` at a time. One that began within a spell shows that there was none.
 */
export function afterServed(spell: Spell | undefined, began: number): Spell | undefined {
  if (!spell || began < spell.from) return spell;
  return began < spell.to ? undefined : { ...spell, until: Math.min(spell.until, began) };
}

/** Tells if everything is tried, as the nightly workflow does, and not only the part that has its turn today. */
export const everything = Boolean(process.env.EVERYTHING);

/** The day, counted from 1970: what takes turns today does so all day, on every machine. */
const today = Math.floor(Date.now() / 86_400_000);

/** The rows that have their turn today: another part each day, or all of them if the variable `EVERYTHING` is set. */
export function byTurns<T>(rows: readonly T[], days: number): readonly T[] {
  return everything ? rows : rows.filter((_, i) => i % days === today % days);
}

/** The most that a timer can wait, in ms. Numbers that options take end there. */
export const LONGEST_MS = 2 ** 31 - 1;

/** The same in whole seconds. */
export const LONGEST_S = Math.floor(LONGEST_MS / 1_000);

/** The highest port that there is. */
export const LAST_PORT = 65_535;

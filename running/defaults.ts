/** The default values of options. */
export const DEFAULTS = {
  timeout: 2_000,
  concurrency: 16,
  recovery: 2_000,
  restarts: 20,
  startTimeout: 30_000,
  repeat: 1,
  seed: 1,
  runs: 200,
  bail: false,
  strict: false,
} as const;

/** The most that a timer can wait, in ms. Numbers that options take end there. */
export const LONGEST_MS = 2 ** 31 - 1;

/** The same in whole seconds. */
export const LONGEST_S = Math.floor(LONGEST_MS / 1_000);

/** The longest time that a target may have to answer, in ms. A longer one is a slip, and each wait in vain would take it. */
export const LONGEST_TIMEOUT = 3_600_000;

/** The highest port that there is. */
export const LAST_PORT = 65_535;

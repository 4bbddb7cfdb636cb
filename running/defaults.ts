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

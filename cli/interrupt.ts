/** The user's wish to end early: the first Ctrl-C (or SIGTERM) aborts the signal, the second ends the process at once. */
export interface Interrupt {
  readonly signal: AbortSignal;
  /** No longer listens. */
  release(): void;
}

/** Two signals within so many ms are one. */
const TWICE = 300;

/** Listens for Ctrl-C and SIGTERM. `code` is the exit code of a second one. */
export function onInterrupt(code: number): Interrupt {
  const controller = new AbortController();
  let first: number | undefined;
  const interrupt = () => {
    // Who signals a process group and its leader, as `timeout` does, signals twice.
    if (first !== undefined && Date.now() - first < TWICE) return;
    if (first !== undefined) process.exit(code);
    first = Date.now();
    process.stderr.write("\ninterrupted: writing the reports of what ran; once more to end at once\n");
    controller.abort(new Error("interrupted"));
  };
  for (const signal of SIGNALS) process.on(signal, interrupt);
  return {
    signal: controller.signal,
    release() {
      for (const signal of SIGNALS) process.off(signal, interrupt);
    },
  };
}

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** The user's wish to end early: the first Ctrl-C (or SIGTERM) aborts the signal, the second ends the process at once. */
export interface Interrupt {
  readonly signal: AbortSignal;
  /** No longer listens. */
  release(): void;
}

/** Listens for Ctrl-C and SIGTERM. `code` is the exit code of a second one. */
export function onInterrupt(code: number): Interrupt {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(code);
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

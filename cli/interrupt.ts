import { EXIT } from "./exit.ts";

/** An interrupt by the user, or by a terminal that closes. The first signal aborts what runs, the second ends the process at once. */
interface Interrupt {
  readonly signal: AbortSignal;
  /** Stops listening. */
  release(): void;
}

/** Two signals within this time (ms) count as one. */
const ONE_SIGNAL = 300;

/** Listens for Ctrl-C, SIGTERM and SIGHUP. `words` are told at the first. */
export function onInterrupt(words = TOLD_AT_FIRST): Interrupt {
  const controller = new AbortController();
  let first: number | undefined;
  const interrupt = (signal: NodeJS.Signals) => {
    // `timeout` signals the process group and its leader: twice. A terminal that closes may signal twice, too, and later.
    if (first !== undefined && (signal === "SIGHUP" || Date.now() - first < ONE_SIGNAL)) return;
    if (first !== undefined) process.exit(EXIT.interrupted);
    first = Date.now();
    process.stderr.write(`\n${words}\n`);
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

const TOLD_AT_FIRST = "interrupted: writing the reports of what ran, if anything did; Ctrl-C again ends at once";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

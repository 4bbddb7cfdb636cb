import { setTimeout } from "node:timers/promises";

/** Waits for `ms`, or until the run ends. */
export const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
  setTimeout(Math.ceil(ms), undefined, signal && { signal }).catch(() => {});

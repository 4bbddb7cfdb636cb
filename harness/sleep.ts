import { setTimeout } from "node:timers/promises";

/** The time between two looks at something that gives no sign when it changes, in ms. */
export const BETWEEN_LOOKS = 25;

/** Waits for `ms`, or until the run ends. */
export const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
  setTimeout(Math.ceil(ms), undefined, signal && { signal }).catch(() => {});

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** The most garbage before it is collected, in bytes as the recorder counts them. */
const HEAP_OF_GARBAGE = 16 << 20;

/** Returns a function that counts garbage, in bytes, and calls `collect` whenever there is a heap of it. */
export function disposer(collect: () => void): (bytes: number) => void {
  let garbage = 0;
  return (bytes) => {
    garbage += bytes;
    if (garbage < HEAP_OF_GARBAGE) return;
    garbage = 0;
    collect();
  };
}

// Flags of V8 change in a running process here, since there is no other way to a bound: of recordings of 64 MiB, for which `check`
// may take 150 MB, the worst (bench/check.js) takes 133 MB as it is, 217 MB without the collections, and 183 MB if the young
// space grows as it likes. None of the three is faster.

let gc: (() => void) | undefined;

/**
 * Counts bytes that are needed no longer, and collects a heap of them at once. V8 alone collects garbage late if memory is
 * plentiful, and a target that sends much would make the suite swell.
 */
export const discard = disposer(() => {
  gc ??= collector();
  gc();
});

/** Returns the function that collects garbage. */
function collector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc");
}

/** Keeps V8 from making more room for short-lived objects. That room saves no time that can be measured. */
export function stayLean(): void {
  setFlagsFromString("--max-semi-space-size=2");
  setFlagsFromString("--semi-space-growth-factor=1");
}

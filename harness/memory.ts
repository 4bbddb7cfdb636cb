import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** So many bytes (as the recorder counts them) may become garbage before it is collected. */
const HEAP_OF_GARBAGE = 16 << 20;

/** Counts what is needed no longer, in bytes, and calls `collect` whenever there is a heap of it. */
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
// may take 150 MB, the worst (bench/check.js) takes 133 MB as it is, 217 MB without the collections, and 183 MB where the young
// space grows as it likes. None of the three is faster.

let gc: (() => void) | undefined;

/**
 * Notes that what cost so many bytes is needed no longer. V8 collects garbage late where memory is plentiful, and a target that
 * sends much would make the suite swell: beyond a heap of it, it is collected at once.
 */
export const discard = disposer(() => {
  gc ??= collector();
  gc();
});

function collector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc");
}

/** Keeps V8 from making room for the short-lived objects of a program in a hurry. It would save no time that can be measured. */
export function stayLean(): void {
  setFlagsFromString("--max-semi-space-size=2");
  setFlagsFromString("--semi-space-growth-factor=1");
}

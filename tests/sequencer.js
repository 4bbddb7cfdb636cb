import { createRequire } from "node:module";

const { default: Sequencer } = createRequire(import.meta.url)("@jest/test-sequencer");

/** The files that take longest. Without a memory of earlier runs Jest goes by size, and would start these small ones last. */
const LONG = [/hostile/, /unusual/, /faults-of/, /cli\/cli/, /reports\.test/];

/** Starts the files that take longest first, so that no worker is left with one at the end. */
export default class LongestFirst extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => [...LONG, /./].findIndex((pattern) => pattern.test(path));
    return [...tests].sort((a, b) => rank(a) - rank(b));
  }
}

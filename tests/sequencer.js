import { createRequire } from "node:module";

const { default: Sequencer } = createRequire(import.meta.url)("@jest/test-sequencer");

/**
 * Long tests come first, so that the run does not end with one long test on one worker. Jest goes by size, and these files are small.
 * Tests of slow servers run beside tests that mostly start processes, not beside floods.
 */
const FIRST = [
  /cli\/dying/,
  /suites\/v0\/(faults|lobby|misjudged)/,
  /unusual/,
  /suites\/told/,
  /cli\/(cli|options)/,
  /tests\/ci/,
  /library\/packed/,
  /browser/,
  /regression/,
  /hostile/,
  /faults-of/,
  /harness\/(runner|measure|limits|dropped|ends|shut-out)/,
  /cli\/(certify|unreachable|v0)/,
  /suites\/servers/,
  /harness\/replay/,
  /reports\/reports/,
  /suites\/(digests|dialect)/,
  /reports\/html/,
  /recordings\/verdicts/,
  /toy/,
];

/** Starts the test files in that order. */
export default class InOrder extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => [...FIRST, /./].findIndex((pattern) => pattern.test(path));
    return [...tests].sort((a, b) => rank(a) - rank(b));
  }
}

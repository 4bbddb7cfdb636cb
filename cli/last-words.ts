import type { LastWords } from "../harness/target.ts";
import { short } from "../reports/names.ts";

/** Characters of the line that is quoted. */
const QUOTED_CHARACTERS = 200;

/** Kinds of lines that say why a program ended, the most telling one first. The last line of the first kind found is quoted. */
const TELLING = [
  /^(?:Uncaught |Unhandled )?(?:[\w$.]+\.)?\w*(?:Error|Exception)\b/, // JavaScript, Python, Java, C#
  /\bpanick?(?:ed)?\b/i, // Go, Rust
  /\b(?:fatal|segmentation fault|assertion|aborted|out of memory|terminate called|\(EXIT\))/i,
];

/** Lines that follow every such end and tell nothing: stack frames, carets, the version of the runtime. */
const NOISE =
  /^(?:\s*(?:at\s|\^+|\.\.\.|File ")|Node\.js v|\s*$|goroutine \d|exit status \d|note: run with|Killed$|Terminated$)/;

/**
 * Returns the line of a program's output that says best why it ended. If none does, returns its last line, and calls it that. The first
 * line of a program that `began` to serve is left out: it said only that.
 */
export function lastWordsOf(output: string, began: boolean): LastWords | undefined {
  const lines = output.split(/\r?\n/).filter((line) => !NOISE.test(line));
  const line = TELLING.map((kind) => lines.findLast((it) => kind.test(it))).find((it) => it !== undefined);
  if (line !== undefined) return { text: short(line.trim(), QUOTED_CHARACTERS), isCause: true };
  const last = lines.slice(began ? 1 : 0).at(-1);
  return last === undefined
    ? undefined
    : { text: `its last line: ${short(last.trim(), QUOTED_CHARACTERS)}`, isCause: false };
}

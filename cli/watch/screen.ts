import { clearScreenDown, cursorTo } from "node:readline";
import { stripVTControlCharacters } from "node:util";
import { plural } from "../../harness/words.ts";
import { joinParts, type TerminalParts } from "../../reports/terminal.ts";
import { widthOf } from "../../reports/width.ts";

/** Calls back for each key. Without a terminal there are none. Returns a function that leaves the terminal as it was. */
export function onKeys(pressed: (key: string) => void): () => void {
  const { stdin } = process;
  if (!stdin.isTTY) return () => {};
  // Keys such as arrows send a sequence of characters.
  const listen = (text: string) => {
    for (const key of stripVTControlCharacters(text)) pressed(key);
  };
  stdin.setRawMode(true);
  stdin.setEncoding("utf8").on("data", listen);
  return () => {
    stdin.off("data", listen).pause();
    stdin.setRawMode(false);
  };
}

/** Begins a new screen, if there is one. Lines that have scrolled away stay. */
export function clear(): void {
  if (!process.stdout.isTTY) return;
  cursorTo(process.stdout, 0, 0);
  clearScreenDown(process.stdout);
}

/** The lines of a screen that are kept free: for the change, the keys and the cursor. */
const FREE = 3;

/** The key that prints a report again, in full. */
export const MORE = "m";

/** Prints a report, on a terminal as much of it as fits. */
export function showFitting(shown: TerminalParts): void {
  const { isTTY, rows, columns } = process.stdout;
  // A terminal that does not know its size says 0.
  const size = { rows: (rows || 24) - FREE, columns: columns || 80 };
  showAll(isTTY ? fitted(shown, size, process.stdin.isTTY ? ` (${MORE} shows all)` : "") : shown);
}

/** Prints all of a report. */
export const showAll = (shown: TerminalParts): void => void process.stdout.write(joinParts(shown));

/** The rows and columns of a screen. */
interface Size {
  readonly rows: number;
  readonly columns: number;
}

/** Returns as much of a report as fits on a screen: its beginning, and the whole summary. `how` says how to see what is left out. */
export function fitted({ before, summary }: TerminalParts, { rows, columns }: Size, how = ""): TerminalParts {
  const heightOf = (line: string) => Math.max(1, Math.ceil(widthOf(stripVTControlCharacters(line)) / columns));
  const height = (lines: readonly string[]) => lines.reduce((sum, line) => sum + heightOf(line), 0);
  if (height(before) + height(summary) <= rows) return { before, summary };
  const room = rows - height(summary) - 1;
  let shown = 0;
  while (shown < before.length && height(before.slice(0, shown + 1)) <= room) shown++;
  const left = before.length - shown;
  return {
    before: [...before.slice(0, shown), ...(left > 0 ? [`… ${plural(left, "more line")}${how}`] : [])],
    summary,
  };
}

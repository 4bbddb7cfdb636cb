import { clearScreenDown, cursorTo } from "node:readline";
import { stripVTControlCharacters } from "node:util";
import { count } from "../../reports/names.ts";

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

/** The last line of all that begins so tells the verdict. */
const VERDICT = /^(?:PASS|FAIL|INCOMPLETE|NOT WRITTEN)\b/;

/** Prints a report, on a terminal as much of it as fits. */
export function showReport(text: string): void {
  const { isTTY, rows, columns } = process.stdout;
  // A terminal that does not know its size says 0.
  process.stdout.write(isTTY ? fitted(text, { rows: (rows || 24) - FREE, columns: columns || 80 }) : text);
}

/** Returns as much of a report as fits on a screen: its beginning, and the verdict with all that stands behind it. */
export function fitted(text: string, { rows, columns }: { readonly rows: number; readonly columns: number }): string {
  const lines = text.trimEnd().split("\n");
  const plain = lines.map(stripVTControlCharacters);
  const heights = plain.map((line) => Math.max(1, Math.ceil(line.length / columns)));
  const height = (from: number, to: number) => heights.slice(from, to).reduce((sum, it) => sum + it, 0);
  if (height(0, lines.length) <= rows) return `${lines.join("\n")}\n`;
  const verdict = Math.max(
    0,
    plain.findLastIndex((line) => VERDICT.test(line)),
  );
  const room = rows - height(verdict, lines.length) - 1;
  let shown = 0;
  while (shown < verdict && height(0, shown + 1) <= room) shown++;
  const left = verdict - shown;
  const more = left > 0 ? [`… ${count(left, "more line")}`] : [];
  return `${[...lines.slice(0, shown), ...more, ...lines.slice(verdict)].join("\n")}\n`;
}

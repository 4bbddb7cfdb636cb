import picocolors from "picocolors";
import type { Verdict } from "../harness/catalogue.ts";
import type { RunVerdict } from "./report.ts";

/** Tells if a stream gets colours: FORCE_COLOR decides, then NO_COLOR, then if it is a terminal. */
export function useColors({ isTTY }: { readonly isTTY?: boolean }, env = process.env): boolean {
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== "0" && env.FORCE_COLOR !== "false";
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== "") return false;
  return isTTY === true && env.TERM !== "dumb";
}

/** Terminals that show hyperlinks (OSC 8), by a variable that they set. */
const LINKING: readonly (readonly [name: string, value: RegExp])[] = [
  ["TERM_PROGRAM", /^(iTerm\.app|WezTerm|vscode|ghostty|Hyper|rio|Tabby)$/],
  ["VTE_VERSION", /^[5-9]\d{3}$/],
  ["TERM", /^(xterm-kitty|xterm-ghostty|alacritty|foot|contour)/],
  ["WT_SESSION", /./],
  ["KONSOLE_VERSION", /./],
  ["DOMTERM", /./],
];

/** Tells if a stream gets hyperlinks: FORCE_HYPERLINK decides, then if it has colours and is known to show links. */
export function takesLinks(stream: { readonly isTTY?: boolean }, env = process.env): boolean {
  if (env.FORCE_HYPERLINK !== undefined) return env.FORCE_HYPERLINK !== "0";
  if (!stream.isTTY || !useColors(stream, env) || env.CI) return false;
  return LINKING.some(([name, value]) => value.test(env[name] ?? ""));
}

/** Functions that colour a text. */
export type Colors = ReturnType<typeof picocolors.createColors>;

/** Returns the functions that colour a text on a stream. */
export const colorsOn = (stream: { readonly isTTY?: boolean }): Colors => picocolors.createColors(useColors(stream));

/** A text in the colour of a verdict. */
export function paint(c: Colors, verdict: Verdict | RunVerdict, text: string): string {
  return c[PAINT[verdict]](text);
}

const PAINT = {
  pass: "green",
  info: "blue",
  skip: "gray",
  warn: "yellow",
  error: "magenta",
  fail: "red",
  incomplete: "yellow",
} as const;

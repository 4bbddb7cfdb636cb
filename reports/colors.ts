import type colors from "picocolors";
import type { Verdict } from "../harness/catalogue.ts";
import type { RunVerdict } from "./report.ts";

/** Tells if a stream gets colours: FORCE_COLOR decides, then NO_COLOR, then whether it is a terminal. */
export function useColors({ isTTY }: { readonly isTTY?: boolean }, env = process.env): boolean {
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== "0" && env.FORCE_COLOR !== "false";
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== "") return false;
  return isTTY === true && env.TERM !== "dumb";
}

/** Functions that colour a text. */
export type Colors = ReturnType<typeof colors.createColors>;

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

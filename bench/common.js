import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The built command. */
export const CLI = "dist/cli.js";

const { NODE_EXTRA_CA_CERTS: _, ...rest } = process.env;

/** The environment of what is measured: authorities that the machine trusts besides take long to load. */
export const env = rest;

/** Makes a folder for what is written; the program removes it in the end. */
export const folder = async (name) => {
  const path = await mkdtemp(join(tmpdir(), `tachyon-${name}-`));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
};

/** Returns the middle one of some numbers. */
export const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

/** Prints a figure with its bound. A figure over its bound makes the program exit with 1. */
export function figure(name, value, { unit = "", digits = 0, most } = {}) {
  const isOver = most !== undefined && !(value <= most);
  if (isOver) process.exitCode = 1;
  const bound = most === undefined ? "" : `  (at most ${most})${isOver ? "  OVER" : ""}`;
  console.log(`${name.padEnd(40)} ${value.toFixed(digits).padStart(7)} ${unit}${bound}`);
}

/** Prints a figure with its bound. A figure over its bound makes the program exit with 1. */
export function figure(name, value, { unit = "", digits = 0, most } = {}) {
  const isOver = most !== undefined && !(value <= most);
  if (isOver) process.exitCode = 1;
  const bound = most === undefined ? "" : `  (at most ${most})${isOver ? "  OVER" : ""}`;
  console.log(`${name.padEnd(40)} ${value.toFixed(digits).padStart(7)} ${unit}${bound}`);
}

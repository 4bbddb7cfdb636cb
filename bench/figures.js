/** Prints a figure and its bound. The program exits with 1 where one is over its bound. */
export function figure(name, value, { unit = "", digits = 0, most = Number.POSITIVE_INFINITY } = {}) {
  const isOver = !(value <= most);
  if (isOver) process.exitCode = 1;
  const bound = Number.isFinite(most) ? `  (at most ${most}${isOver ? ", OVER" : ""})` : "";
  console.log(`${name.padEnd(WIDTH)} ${value.toFixed(digits).padStart(6)} ${unit}${bound}`);
}

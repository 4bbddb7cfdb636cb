/** Whether to colour what is written to a stream: FORCE_COLOR decides, then NO_COLOR, then whether it is a terminal. */
export function useColors({ isTTY }: { readonly isTTY?: boolean }, env = process.env): boolean {
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== "0" && env.FORCE_COLOR !== "false";
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== "") return false;
  return isTTY === true && env.TERM !== "dumb";
}

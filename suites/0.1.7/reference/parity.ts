const VERSION = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/;

/** Relates a client's version to the server's. Numbers without leading zeros are equal if their digits are. */
export function parity(server: string, client: string | null): string {
  const [mine, theirs] = [VERSION.exec(server), VERSION.exec(client ?? "")];
  if (!mine || !theirs) return "unknown";
  if (mine[1] !== theirs[1]) return "major_mismatch";
  if (mine[2] !== theirs[2]) return "minor_mismatch";
  if (mine[3] !== theirs[3]) return "patch_mismatch";
  return "match";
}

/** Drops the oldest of more than so many, and tells if there was one. */
export function dropsOldest(some: Map<string, unknown>, most: number): boolean {
  if (some.size <= most) return false;
  for (const oldest of some.keys()) {
    some.delete(oldest);
    break;
  }
  return true;
}

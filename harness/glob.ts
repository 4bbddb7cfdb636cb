import picomatch from "picomatch";

/** Returns a function that tells if a name matches a glob, in which `*` also stands for `/`. */
export function glob(pattern: string): (name: string) => boolean {
  const matches = picomatch(pattern, { bash: true, dot: true });
  return (name) => matches(name);
}

/** Tells if a pattern is a glob, and not one name. */
export const isGlob = (pattern: string): boolean => picomatch.scan(pattern).isGlob;

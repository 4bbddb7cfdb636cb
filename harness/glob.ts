import picomatch from "picomatch";

/** Whether a name matches a glob, where `*` also stands for `/`. */
export function glob(pattern: string): (name: string) => boolean {
  const matches = picomatch(pattern, { bash: true, dot: true });
  return (name) => matches(name);
}

/** Whether a pattern is more than one name. */
export const isGlob = (pattern: string): boolean => picomatch.scan(pattern).isGlob;

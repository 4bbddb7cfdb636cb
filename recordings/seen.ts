/**
 * The bits of the memory, a power of two: 8 MiB. After a million names, it takes one new name in a thousand for known. A set of a million
 * names takes 66 MiB. A set with a bound would take all names beyond it for known, so nothing of them could be judged.
 */
const BITS = 2 ** 26;

/** Remembers names in constant memory. It always knows a name that it was told, and hardly ever another one. */
interface Seen {
  add(name: string): void;
  has(name: string): boolean;
}

/** An empty memory of names: a Bloom filter of two hashes. */
export function seen(): Seen {
  let bits: Uint8Array | undefined;
  const places = (name: string) => [hash(name, 0x811c9dc5), hash(name, 0x9747b28c)];
  return {
    add(name) {
      bits ??= new Uint8Array(BITS / 8);
      for (const place of places(name)) bits[place >> 3] = (bits[place >> 3] ?? 0) | (1 << (place & 7));
    },
    has: (name) => bits !== undefined && places(name).every((place) => ((bits?.[place >> 3] ?? 0) >> (place & 7)) & 1),
  };
}

/** FNV-1a, its bits mixed at the end: a place in the memory. */
function hash(text: string, start: number): number {
  let h = start;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  return (h ^ (h >>> 13)) & (BITS - 1);
}

/** The time after which a crowd is looked at again, in ms: it may go though nothing ends here. */
const LOOK = 50;

/** The ways in which a pool works. */
interface PoolOptions {
  /** The number of items that it works on at the same time. */
  readonly size: number;
  /** Tells if no more shall begin. */
  readonly stop?: () => boolean;
  /** Tells if no item shall begin before another of those that run is finished. */
  readonly crowded?: (running: number) => boolean;
  /** Work that calls `idle` gives its place to the next item; by default if the size is not 1. */
  readonly overlap?: boolean;
}

const never = () => false;

/**
 * Takes items from the queue and works on them, until the queue is empty or it shall `stop`. Work that has begun is finished; if some
 * throws, no more begins, and the pool throws that.
 */
export async function pool<T>(
  queue: T[],
  { size, stop = never, crowded = never, overlap = size > 1 }: PoolOptions,
  work: (item: T, idle: () => void) => Promise<void>,
): Promise<void> {
  if (size < 1) throw new RangeError(`a pool of ${size}`);
  const running = new Set<Promise<void>>();
  let free = size;
  let failure: { readonly error: unknown } | undefined;
  let wake = () => {};
  const freed = () => {
    free += 1;
    wake();
  };

  while (queue.length > 0 && !failure && !stop()) {
    if (free <= 0 || (running.size > 0 && crowded(running.size))) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      await orLook([woken]);
      continue;
    }
    free -= 1;
    const release = once(freed);
    const task = work(queue.shift() as T, overlap ? release : () => {})
      .catch((error) => {
        failure ??= { error };
      })
      .finally(() => {
        running.delete(task);
        release();
        wake();
      });
    running.add(task);
  }
  await Promise.all(running);
  if (failure) throw failure.error;
}

/** Works on items, `size` at the same time. Resolves to the results in the order of the items. */
export async function overlapping<T, R>(
  items: readonly T[],
  size: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async () => {
    for (let i = next++; i < items.length; i = next++) results[i] = await work(items[i] as T);
  };
  await Promise.all(Array.from({ length: size }, worker));
  return results;
}

/** Resolves when one of some promises does, or when it is time to look again. */
export async function orLook(some: Iterable<Promise<unknown>>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const later = new Promise((resolve) => {
    timer = setTimeout(resolve, LOOK);
  });
  await Promise.race([...some, later]);
  clearTimeout(timer);
}

/** Returns a function that acts only the first time. */
function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (!done) action();
    done = true;
  };
}

/** The time after which a crowd is looked at again, in ms: it may go though nothing ends here. */
const LOOK = 50;

/**
 * Takes items from the queue and works on `size` of them at a time, until the queue is empty or `stop` says so. Work that has begun
 * is finished; if some throws, no more begins, and the pool throws that. Work that calls `idle` gives its place to the next item if they
 * may `overlap`, which they may not at size 1 by default. While it is `crowded`, no item begins before another is finished.
 */
export async function pool<T>(
  queue: T[],
  size: number,
  stop: () => boolean,
  crowded: (running: number) => boolean,
  work: (item: T, idle: () => void) => Promise<void>,
  overlap = size > 1,
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

import { once } from "node:events";
import { join, relative, resolve, sep } from "node:path";
import { watch } from "chokidar";
import { reason, UsageError } from "../../harness/usage.ts";
import { isHalfWritten } from "../../reports/write.ts";

/** A change is told after this time without a further one, in ms. An editor or Git changes much in one go. */
const SETTLED_AFTER = 100;

/** The folders, wherever they stand, that hold no source. */
const NO_SOURCE: ReadonlySet<string> = new Set(["node_modules", ".git"]);

/**
 * Returns a function that tells if a change at a path in a folder means nothing. A change of what the suite `writes` never means anything.
 */
export function ignoredIn(folder: string, writes: readonly string[]): (path: string) => boolean {
  const root = resolve(folder);
  // A folder cannot be left out if it holds the watched one, even if the suite writes to it.
  const written = writes.map((path) => resolve(path)).filter((path) => !isWithin(root, path));
  return (path) => {
    const parts = relative(root, resolve(path)).split(sep);
    return (
      parts.some((part) => NO_SOURCE.has(part)) ||
      isHalfWritten(parts.at(-1) ?? "") ||
      written.some((it) => isWithin(resolve(path), it))
    );
  };
}

const isWithin = (path: string, folder: string): boolean => path === folder || path.startsWith(join(folder, sep));

/**
 * Watches a folder. Tells the path that changed last when no more changes come. Resolves to a function that ends this, once no change
 * can be missed any more. Throws a `UsageError`.
 */
export async function watchFolder(
  folder: string,
  ignored: (path: string) => boolean,
  changed: (path: string) => void,
): Promise<() => Promise<void>> {
  let timer: NodeJS.Timeout | undefined;
  const watcher = watch(folder, { ignoreInitial: true, ignorePermissionErrors: true, ignored });
  watcher.on("all", (_, path) => {
    clearTimeout(timer);
    timer = setTimeout(changed, SETTLED_AFTER, path);
  });
  try {
    await once(watcher, "ready");
  } catch (error) {
    await watcher.close();
    throw new UsageError(`Cannot watch ${folder}: ${reason(error)}. Name a smaller folder.`);
  }
  // A file that cannot be looked at does not end the watch.
  watcher.on("error", () => {});
  return async () => {
    clearTimeout(timer);
    await watcher.close();
  };
}

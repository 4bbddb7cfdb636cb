import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";

/**
 * Unpacks gzip, and returns how many bytes it took: more may stand behind. If it is cut off, or is no gzip, throws the error that
 * `notWhole` makes of the words of zlib.
 */
export async function* gunzipped(
  zipped: AsyncIterable<Buffer> | Iterable<Buffer>,
  notWhole: (words: string) => Error,
  chunkSize?: number,
): AsyncGenerator<Buffer, number> {
  const gunzip = createGunzip({ chunkSize });
  const writing = pipeline(zipped, gunzip).catch(() => {}); // Whoever reads gets the error.
  try {
    yield* gunzip as AsyncIterable<Buffer>;
    return gunzip.bytesWritten;
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    throw code.startsWith("Z_") ? notWhole(message) : error;
  } finally {
    gunzip.destroy();
    await writing;
  }
}

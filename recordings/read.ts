import type { Hash } from "node:crypto";
import type { Protocol } from "../harness/protocol.ts";
import { cannotRead, UsageError } from "../harness/usage.ts";
import { ofProtocol, parseFile, REPORT_BYTES, reportFile, reportFrom } from "../reports/read.ts";
import { chunksOf } from "./files.ts";
import { type Choice, har } from "./har.ts";
import { ndjson } from "./ndjson.ts";
import type { Sink } from "./recorded.ts";
import { stored } from "./report-json.ts";

/**
 * Reads a recording in any format, and hands over its events one after another. A `digest` learns what the file holds. Throws a
 * `UsageError`.
 */
export async function readRecording(
  file: string,
  sink: Sink,
  protocol: Known,
  choice: Choice,
  digest?: Hash,
): Promise<void> {
  const chunks = digest ? digested(chunksOf(file), digest) : chunksOf(file);
  try {
    const { begin, head } = await beginningOf(chunks);
    const kind = FORMATS.find(({ begins }) => begins.test(head)) ?? LINES;
    await kind.read({ name: file, protocol, sink, begin, chunks, choice });
  } catch (error) {
    if (error instanceof UsageError || (error as NodeJS.ErrnoException).code === undefined) throw error;
    throw cannotRead(await reportFile(file), error);
  } finally {
    await chunks.return(undefined);
  }
}

/** Reads until the format of a file can be told. A pipe may begin with very little. */
async function beginningOf(chunks: AsyncIterator<Buffer>): Promise<{ begin: Buffer[]; head: string }> {
  const begin: Buffer[] = [];
  let head = "";
  while (head.trim().length < FORMAT_WITHIN && head.length < BLANK) {
    const { done, value } = await chunks.next();
    if (done) break;
    begin.push(value);
    head += value.toString("latin1", 0, BLANK);
  }
  return { begin, head };
}

type Known = Pick<Protocol, "name" | "version">;

async function* digested(chunks: AsyncIterable<Buffer>, digest: Hash): AsyncGenerator<Buffer, undefined> {
  for await (const chunk of chunks) {
    digest.update(chunk);
    yield chunk;
  }
  return undefined;
}

/** The number of characters that tell the format of a file, and of those that may stand before them. */
const FORMAT_WITHIN = 16;
const BLANK = 4 << 10;

interface Source {
  readonly name: string;
  readonly protocol: Known;
  readonly sink: Sink;
  readonly choice: Choice;
  /** The part that was read already. */
  readonly begin: readonly Buffer[];
  readonly chunks: AsyncIterator<Buffer>;
}

const LINES = {
  async read({ name, sink, begin, chunks }: Source) {
    const lines = ndjson(name, sink);
    for (const chunk of begin) lines.push(chunk);
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) lines.push(next.value);
    lines.end();
  },
};

/** The formats that are known by their first property. All other files are read line by line. */
const FORMATS = [
  {
    begins: /^(?:\u00ef\u00bb\u00bf)?\s*\{\s*"log"\s*:/,
    async read(source: Source) {
      const content = parseFile(await whole(source), source.name);
      if (content === undefined)
        throw new UsageError(`${source.name} is not a HAR file: it holds no JSON, or was cut off.`);
      har(source.name, content, source.sink, source.choice);
    },
  },
  {
    begins: /^(?:\u00ef\u00bb\u00bf)?\s*\{\s*"suite"\s*:/,
    read: async (source: Source) =>
      stored(ofProtocol(source.protocol, reportFrom(await whole(source), source.name), source.name), source.sink),
  },
] as const;

async function whole({ name, begin, chunks }: Source): Promise<string> {
  const parts = [...begin];
  let length = parts.reduce((sum, part) => sum + part.length, 0);
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
    parts.push(next.value);
    length += next.value.length;
    if (length > REPORT_BYTES)
      throw new UsageError(
        `${name} has more than ${REPORT_BYTES >> 20} MiB. Only a recording of one event a line may be so big.`,
      );
  }
  return Buffer.concat(parts)
    .toString()
    .replace(/^\ufeff/, "");
}

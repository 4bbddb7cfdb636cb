import { createReadStream } from "node:fs";
import { mkdtemp, open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Case } from "../harness/scenario.ts";
import type { Transcript } from "../harness/transcript.ts";
import { reason, UsageError } from "../harness/usage.ts";
import { temporary } from "../reports/write.ts";

/** Transcripts that are kept whole on disk, so that they need no memory. */
export interface Spool {
  /** Keeps the transcripts of one run of a case; gives the number of that run. */
  record(it: Case, transcripts: readonly Transcript[]): Promise<number>;
  /** The lines of some runs, one event each. */
  read(runs: readonly number[]): AsyncIterable<Buffer>;
  /** Removes all that was kept. */
  close(): Promise<void>;
}

/** A new spool. Throws a `UsageError` where none can be made. A later write that fails is told when the transcripts are read. */
export async function spool(): Promise<Spool> {
  const folder = temporary(await mkdtemp(join(tmpdir(), "tachyon-conformance-")).catch(cannotKeep));
  const path = join(folder.path, "transcripts.ndjson");
  const file = await open(path, "w", 0o600).catch(cannotKeep);
  const ends = [0];
  let writing = Promise.resolve();
  let failure: unknown;
  return {
    async record({ id }, transcripts) {
      const lines = transcripts.flatMap((transcript, i) => linesOf(transcript, connectionId(id, i)));
      const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
      const run = ends.length - 1;
      ends.push((ends.at(-1) as number) + bytes.length);
      writing = writing.then(async () => {
        if (failure === undefined) await file.writeFile(bytes).catch((error) => (failure = error));
      });
      await writing;
      return run;
    },
    async *read(runs) {
      if (failure !== undefined) cannotKeep(failure);
      for (const run of runs) {
        const [start = 0, end = 0] = ends.slice(run, run + 2);
        if (end > start) yield* createReadStream(path, { start, end: end - 1 });
      }
    },
    async close() {
      await file.close();
      await folder.remove();
    },
  };
}

function cannotKeep(error: unknown): never {
  throw new UsageError(`Cannot keep recordings in ${tmpdir()}: ${reason(error)}. Choose another folder with TMPDIR.`);
}

/** The name of a connection of a case in a recording, counted from 1. */
const connectionId = (id: string, i: number): string => `${id}#${i + 1}`;

/**
 * The events of a connection, a line of JSON each; the first also holds its url and purpose, and says if it came
 * without credentials.
 */
function linesOf({ url, events, name, anonymous, unsent }: Transcript, connection: string): string[] {
  const known = {
    ...(name === undefined ? {} : { name }),
    ...(anonymous ? { anonymous } : {}),
    ...(unsent && { unsent }),
  };
  const first = { connection, url, ...known };
  return events.map((event, i) => JSON.stringify({ ...(i === 0 ? first : { connection }), ...event }));
}

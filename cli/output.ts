import { once } from "node:events";
import { createWriteStream, type WriteStream } from "node:fs";
import type { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { Secrets } from "../harness/secrets.ts";
import { reason } from "../harness/usage.ts";

/** The most characters of the output of servers that the file holds; and the most of its end that are kept beyond that. */
const OUTPUT_CHARACTERS = 16 << 20;
const TAIL = 64 << 10;

/** Once a process has ended, its output has this time to end, in ms. Others may hold it open. */
const TIME_OF_LAST_OUTPUT = 200;

/** The file for the output of a server, which is bounded and holds no secret. */
export interface Log {
  /** Writes the output of one life of the server. */
  follow(output: Readable): Printed;
  /** Closes the file. Resolves to words on the output that it lacks, if it lacks some. */
  close(): Promise<string | undefined>;
}

/** The output of one life of a server. */
export interface Printed {
  /** Resolves to its end, once it has ended or a moment later. */
  tail(): Promise<string>;
  /** Stops reading. */
  close(): Promise<void>;
}

/** The state of a log. */
interface Keeping {
  readonly file: WriteStream;
  readonly secrets: Pick<Secrets, "follow">;
  /** The characters that still fit into it, and those that were left out. */
  room: number;
  left: number;
  failure: unknown;
}

/** Opens the file for the output of a server. Of the output beyond its bound, only the end of each life is kept. */
export function openLog(path: string, secrets: Pick<Secrets, "follow">): Log {
  const log: Keeping = { file: createWriteStream(path), secrets, room: OUTPUT_CHARACTERS, left: 0, failure: undefined };
  const { file } = log;
  file.on("error", (error) => {
    log.failure ??= error;
  });
  return {
    follow: (output) => followed(log, output),
    async close() {
      file.end();
      if (!file.closed) await once(file, "close").catch(() => {});
      const { failure, left } = log;
      if (failure !== undefined) return `Cannot write ${path} to its end: ${reason(failure)}.`;
      return left > 0 ? `The server printed much: ${path} leaves out ${left} characters, and says where.` : undefined;
    },
  };
}

function write({ file, failure }: Keeping, text: string): void {
  if (failure === undefined && text !== "") file.write(text);
}

function followed(log: Keeping, output: Readable): Printed {
  let [tail, beyond] = ["", 0];
  const redact = log.secrets.follow();
  const take = (text: string) => {
    tail = (tail + text).slice(-TAIL);
    const fits = text.slice(0, log.room);
    log.room -= fits.length;
    beyond += text.length - fits.length;
    write(log, fits);
  };
  // Nothing waits for the file: a server that prints much must not wait for us.
  output.setEncoding("utf8").on("data", (text: string) => take(redact(text)));
  const ended = finished(output).then(onEnd, onEnd);
  function onEnd() {
    take(redact("", true));
    const end = beyond > 0 ? tail.slice(-beyond) : "";
    const lost = beyond - end.length;
    log.left += lost;
    write(log, lost > 0 ? `\n[${lost} characters left out]\n${end}` : end);
  }
  const soon = () => Promise.race([ended, sleep(TIME_OF_LAST_OUTPUT, undefined, { ref: false })]);
  return {
    tail: () => soon().then(() => tail),
    async close() {
      await soon();
      output.destroy();
      await ended;
    },
  };
}

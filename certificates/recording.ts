import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { Ajv } from "ajv";
import { isObject, parse, type Transcript, type WireEvent } from "../harness/transcript.ts";
import schema from "../reports/report.schema.json" with { type: "json" };
import { BundleError, limit } from "./open.ts";

/**
 * The bounds of the transcripts of a bundle: bytes of all and of a line; events of all and of a connection; connections of a case. A
 * server that says little more than it must stays far below them with the most inputs that a certificate allows.
 */
const MOST = { bytes: 32 << 20, line: 4 << 20, all: 120_000, events: 8_000, connections: 5_000 } as const;

/** The whole transcripts of one run of a case. */
export interface RecordedCase {
  readonly id: string;
  readonly transcripts: readonly Transcript[];
}

/** The cases of compressed transcripts, one after another. Throws a `BundleError` where they are none. */
export async function* recordedCases(compressed: Buffer): AsyncGenerator<RecordedCase> {
  let current: Growing | undefined;
  let events = 0;
  for await (const text of lines(unpacked(compressed))) {
    const line = lineOf(text);
    if (line.id !== current?.id) {
      if (current) yield current;
      current = { id: line.id, transcripts: [] };
    }
    events += 1;
    if (events > MOST.all) throw new BundleError(`the transcripts hold more than ${MOST.all} events`);
    add(line, current);
  }
  if (current) yield current;
}

interface Growing extends RecordedCase {
  readonly transcripts: (Transcript & { readonly events: WireEvent[] })[];
}

interface Line {
  readonly id: string;
  /** The number of the connection in the case, from 1. */
  readonly number: number;
  readonly url?: string;
  readonly name?: string;
  readonly anonymous?: true;
  readonly unsent?: number;
  readonly event: WireEvent;
}

/** Adds an event to its connection: the last, or the one that it begins. */
function add({ id, number, url, name, anonymous, unsent, event }: Line, to: Growing): void {
  const { transcripts } = to;
  const begins = number === transcripts.length + 1;
  if (begins !== (url !== undefined) || (!begins && number !== transcripts.length))
    throw new BundleError(`the transcripts are out of order at ${id}#${number}`);
  const known = { ...(name !== undefined && { name }), ...(anonymous && { anonymous }), ...(unsent && { unsent }) };
  if (begins) transcripts.push({ url: url ?? "", ...known, events: [] });
  const events = transcripts.at(-1)?.events ?? [];
  events.push(event);
  if (events.length > MOST.events || number > MOST.connections)
    throw new BundleError(`the transcripts of ${id} are bigger than any that the suite records`);
}

function lineOf(text: string): Line {
  const line = parse(text);
  const { connection, url, name, anonymous, unsent, ...event } = isObject(line) && isFlat(line) ? line : {};
  const isLine =
    isOptional(url, "string") &&
    isOptional(name, "string") &&
    isOptional(unsent, "number") &&
    (anonymous === undefined || anonymous === true) &&
    isEvent(event) &&
    JSON.stringify(line) === text;
  const place = isLine && typeof connection === "string" ? /^(.+)#(\d{1,6})$/.exec(connection) : null;
  if (!place)
    throw new BundleError(`the transcripts hold a line that is not an event of the suite: ${text.slice(0, 100)}`);
  const [, id = "", number] = place;
  return {
    id,
    number: Number(number),
    ...({ url, name, anonymous, unsent } as object),
    event: event as unknown as WireEvent,
  };
}

/** Tells if a value is an event as a report has it. */
const isEvent: (event: unknown) => boolean = new Ajv({ strict: true })
  .addSchema(schema)
  .compile({ $ref: `${schema.$id}#/definitions/event` });

/** Tells if an object holds no others: deep nesting overflows the stack of every reader. */
const isFlat = (line: object) => Object.values(line).every((value) => typeof value !== "object");

const isOptional = (value: unknown, type: string) => value === undefined || typeof value === type;

async function* lines(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      yield Buffer.concat([...parts, chunk.subarray(from, end)]).toString();
      [parts, size, from] = [[], 0, end + 1];
    }
    parts.push(chunk.subarray(from));
    size += chunk.length - from;
    if (size > MOST.line) throw new BundleError("the transcripts hold a line that is longer than any of the suite");
  }
  if (size > 0) throw new BundleError("the transcripts end in the middle of a line");
}

async function* unpacked(compressed: Buffer): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  try {
    yield* limit(MOST.bytes, "what the transcripts unpack to")(Readable.from([compressed]).pipe(gunzip));
  } catch (error) {
    if (error instanceof BundleError) throw error;
    throw new BundleError("the transcripts are not a whole gzip file");
  }
  if (gunzip.bytesWritten !== compressed.length) throw new BundleError("there are bytes after the transcripts");
}

import { Ajv } from "ajv";
import { isObject, parse, type Transcript, type WireEvent } from "../harness/transcript.ts";
import { boundedLines } from "../reports/bounded-lines.ts";
import { gunzipped } from "../reports/gunzipped.ts";
import schema from "../reports/report.schema.json" with { type: "json" };
import { BundleError, limit } from "./open.ts";

/**
 * The bounds of the transcripts of a bundle: bytes of all and of a line; events of all and of a connection; connections of a case. A server
 * that says little more than it has to stays far below them, even with the most inputs that a certificate allows.
 */
const MOST = { bytes: 32 << 20, line: 4 << 20, all: 120_000, events: 8_000, connections: 5_000 } as const;

/** The whole transcripts of one run of a case. */
export interface RecordedCase {
  readonly id: string;
  readonly transcripts: readonly Transcript[];
}

/** Reads the cases of compressed transcripts, one after another. Throws a `BundleError` if there are none. */
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
  const found: string[] = [];
  const cut = boundedLines(MOST.line, tooLong, (line) => found.push(line.toString()));
  for await (const chunk of chunks) {
    cut.push(chunk);
    yield* found.splice(0);
  }
  if (cut.rest > 0) throw new BundleError("the transcripts end in the middle of a line");
}

const tooLong = () => new BundleError("the transcripts hold a line that is longer than any of the suite");

async function* unpacked(compressed: Buffer): AsyncGenerator<Buffer> {
  let read = 0;
  const content = async function* () {
    read = yield* gunzipped([compressed], () => new BundleError("the transcripts are not a whole gzip file"));
  };
  yield* limit(MOST.bytes, "what the transcripts unpack to")(content());
  if (read !== compressed.length) throw new BundleError("there are bytes after the transcripts");
}

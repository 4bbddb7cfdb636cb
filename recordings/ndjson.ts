import { BOUNDS, structureOf } from "../harness/bounds.ts";
import { isObject, type Message, parse, type WireEvent } from "../harness/transcript.ts";
import { nearestOf, suggestion, UsageError } from "../harness/usage.ts";
import { show } from "../harness/words.ts";
import type { Lines } from "../reports/bounded-lines.ts";
import { short } from "../reports/names.ts";
import { lines } from "./lines.ts";
import { type Clock, clock, orGap, type RecordedEvent, type Sink } from "./recorded.ts";

/** The first line of a file that `record` wrote. */
export interface PartHead {
  /** The same in all files of a recording. */
  readonly recording: string;
  /** The number of the file, from 1. */
  readonly part: number;
  /** The time when the recording began, in ms since 1970. */
  readonly began: number;
}

/** Reads the first line of a part; nothing if it is another line. */
export function partHead(value: unknown): PartHead | undefined {
  if (!isObject(value) || value.connection !== undefined) return undefined;
  const { recording, part, began } = value;
  if (typeof recording !== "string" || recording.length > NAME) return undefined;
  if (typeof part !== "number" || typeof began !== "number") return undefined;
  return { recording, part, began };
}

/** Writes an event as a line. */
export const lineOf = ({ connection, url, event }: RecordedEvent, at: number): string =>
  JSON.stringify({ connection, ...(url !== undefined && { url }), ...event, at });

const SIDES = ["client", "server"];

/** The types of events; of these two the content must be there. */
const TYPES = "text binary close end upgrade ping pong violation error limit timeout cut".split(" ");
const CONTENT = ["text", "binary"];

/** The properties that every event may have. */
const EVENT_PROPERTIES = ["connection", "url", "at", "from", "type", "data", "code"];

/** Characters that the name of a connection may have at most. */
const NAME = 1_000;

/** A longer url is as good as none: a part of it does not say which version is asked for. */
const URL_LENGTH = BOUNDS.head;

/** A line of more characters than this may have no more structure than an event can: reading it would fill the memory. */
const UNREADABLE_FROM = 64 << 10;

/** The most of such a line, in signs that make values: commas, colons and opening brackets. */
const STRUCTURE = 1_000;

/**
 * Reads a recording of one event a line. A line is a JSON object: `connection` (a text or number: any name that all events of the
 * connection share), `from` (`client` or `server`), `type` (as in report.json), `data` (the text of a text, base64 of a binary;
 * of a close its reason), and where it is known `code` (of a close), `url`, `at` (ms, or a time of ISO 8601), and what else its
 * type has in report.json. All other properties, and empty lines, are ignored. Throws a `UsageError` with the number of the line that is none.
 */
export function ndjson(name: string, sink: Sink): Lines {
  let time = clock();
  let head: PartHead | undefined;
  return lines(name, (line, number) => {
    if (line.trim() === "") return;
    try {
      const value = line.length > UNREADABLE_FROM && structureOf(line) > STRUCTURE ? undefined : parse(line);
      const next = partHead(value);
      if (next && next.recording === head?.recording && next.part !== head.part + 1)
        throw wrong(`part ${next.part} of the recording stands behind part ${head.part}.`);
      if (next && next.recording !== head?.recording) time = clock(next.began);
      head = next ?? head;
      if (next) return;
      const { event, ...where } = recorded(value, time, head?.recording);
      for (const it of orGap(event)) sink({ ...where, event: it });
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      throw new UsageError(`${name}:${number}: ${error.message}`);
    }
  });
}

const wrong = (words: string) => new UsageError(words);

function recorded(value: unknown, time: Clock, recording: string | undefined): RecordedEvent {
  if (!isObject(value))
    throw wrong(
      'the line is not a JSON object with one event, as {"connection": "1", "from": "server", "type": "text", "data": "…"}.',
    );
  const { connection, url } = value;
  if (typeof connection !== "string" && typeof connection !== "number")
    throw unlike(value, "connection", "a text or a number, the same for all events of a connection");
  if (url !== undefined && typeof url !== "string") throw unlike(value, "url", "a text");
  const id = String(connection);
  if (id.length > NAME) throw wrong(`"connection" has ${id.length} characters; at most ${NAME} are taken for a name.`);
  const known = url !== undefined && url.length <= URL_LENGTH ? url : undefined;
  return { connection: id, recording, url: known, event: eventOf(value, time) };
}

function eventOf(value: Message, time: Clock): WireEvent {
  const { from, type, data, code, at } = value;
  if (!SIDES.includes(from as string)) throw unlike(value, "from", '"client" or "server"');
  if (typeof type !== "string" || !TYPES.includes(type))
    throw unlike(value, "type", `one of ${TYPES.join(", ")}`, TYPES);
  if (typeof data !== "string" && (data !== undefined || CONTENT.includes(type)))
    throw unlike(value, "data", `a text: what the ${type} holds`);
  if (code !== undefined && !Number.isInteger(code)) throw unlike(value, "code", "a whole number");
  const ms = time(at);
  if (ms === undefined) throw unlike(value, "at", "a time, in ms or as ISO 8601 has it");
  return {
    at: ms,
    from,
    type,
    ...(type !== "end" && { data: data ?? "" }),
    ...(code !== undefined && { code }),
    ...further(type, value),
  } as WireEvent;
}

/** The length of the whole text, in characters, where an event holds only its beginning. */
const LENGTH = { length: "number" };

/** The further properties that an event of a type may hold, as report.json has it, each with its type. */
const OWN_PROPERTIES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  upgrade: { odd: "boolean" },
  violation: { failure: "string" },
  error: { failure: "string", handshake: "boolean" },
  close: { by: "string" },
  end: { reset: "boolean" },
  limit: { scope: "string" },
  timeout: {
    what: "string",
    afterMs: "number",
    short: "boolean",
    nextServedAfterMs: "number",
    lost: "boolean",
    closing: "boolean",
    among: "number",
  },
};

const further = (type: string, more: Message) =>
  Object.fromEntries(
    Object.entries({ ...LENGTH, ...OWN_PROPERTIES[type] }).flatMap(([name, kind]) => {
      const value = more[name];
      return typeof value === kind && value !== false ? [[name, value]] : [];
    }),
  );

/** Says what a property of a line must be, and what it is. If it is missing, another property may be a misspelling of it. */
function unlike(line: Message, name: string, must: string, known: readonly string[] = []): UsageError {
  const value = line[name];
  const typo =
    value === undefined
      ? nearestOf(
          name,
          Object.keys(line).filter((key) => !EVENT_PROPERTIES.includes(key)),
        )
      : undefined;
  const rest = typeof value === "string" ? suggestion(value, known) : typo === undefined ? "" : ` Is it "${typo}"?`;
  return wrong(`"${name}" must be ${must}; ${value === undefined ? "it is missing" : `it is ${brief(value)}`}.${rest}`);
}

/** A wrong value, on one short line. */
const brief = (value: unknown): string => short(show(value), 60);

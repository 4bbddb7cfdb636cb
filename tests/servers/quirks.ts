import { frame } from "./frames.ts";
import type { Quirks } from "./raw.ts";
import { commandIn, DISCONNECT, type Tachyon } from "./tachyon.ts";

/** The number of bytes that leave one by one. All bytes one by one would be too much work. */
const HEAD = 8;

/** Greets and handles messages in turn, each a time later. */
export function slow(greeting: number, answer: number): (server: Tachyon) => Tachyon {
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  return (server) => (client) => {
    const greeted = pause(greeting).then(() => server(client));
    let turn: Promise<unknown> = greeted;
    return {
      message(text, binary) {
        turn = turn.then(() => pause(answer)).then(async () => (await greeted).message(text, binary));
      },
      gone: () => void greeted.then((served) => served.gone()),
    };
  };
}

/**
 * Handles each message after its own time, in ms, without a queue; a disconnect request after a multiple of that. Ignores messages
 * after such a request.
 */
export function unordered(times: readonly number[], requests: number): (server: Tachyon) => Tachyon {
  let n = 0;
  return (server) => (client) => {
    const served = server(client);
    let asked = false;
    return {
      ...served,
      message(text, binary) {
        if (asked) return;
        asked = !binary && commandIn(text) === DISCONNECT;
        const time = times[n++ % times.length] as number;
        setTimeout(() => served.message(text, binary), asked ? time * requests : time);
      },
    };
  };
}

/** Returns a function whose promises resolve in turn, with a pause between, in ms. */
export function turns(ms: number): () => Promise<void> {
  let last = Promise.resolve();
  return () => {
    last = last.then(() => new Promise((resolve) => setTimeout(resolve, ms)));
    return last;
  };
}

/** Sends bytes in one segment that were written together. */
export const corked: Quirks["outlet"] = (socket) => {
  socket.cork();
  setImmediate(() => socket.uncork());
  return { write: (bytes) => socket.write(bytes), end: () => socket.end() };
};

/** Sends the first bytes one in a segment, the rest in segments of that size. */
export const trickling =
  (small: number): Quirks["outlet"] =>
  (socket) => {
    const queue: Buffer[] = [];
    let ending = false;
    let busy = false;
    const next = () => {
      const segment = queue.shift();
      busy = segment !== undefined;
      // The loop turns between two, so that the client reads each by itself.
      if (segment) socket.write(segment, () => setImmediate(next));
      else if (ending) socket.end();
    };
    const start = () => {
      if (!busy) next();
    };
    return {
      write(bytes) {
        for (let i = 0; i < bytes.length; i += i < HEAD ? 1 : small) {
          queue.push(bytes.subarray(i, i + (i < HEAD ? 1 : small)));
        }
        start();
      },
      end() {
        ending = true;
        start();
      },
    };
  };

/** Returns the frames of a text, a byte in each unless it is long, with a ping after every tenth. */
export function fragments(text: string): Buffer[] {
  const bytes = Buffer.from(text);
  const size = Math.ceil(bytes.length / 2_000);
  return [
    ...Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => [
      frame(i === 0 ? 1 : 0, bytes.subarray(i * size, (i + 1) * size), false),
      ...(i % 10 === 0 ? [frame(9, `${i}`)] : []),
    ]).flat(),
    frame(0, ""),
  ];
}

/** Returns a message as JSON in which every character of a text is escaped. */
export function escaped(message: object): string {
  return JSON.stringify(message).replace(/"(?:[^"\\]|\\.)*"/g, (text) => {
    const units: string[] = JSON.parse(text).split("");
    return `"${units.map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`).join("")}"`;
  });
}

/** Returns a value with more properties in every object. */
export function extended(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(extended);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, it]) => [name, extended(it)]);
  return {
    Command: 1,
    ...Object.fromEntries(entries),
    messageId: null,
    "größe ✓": [{ reason: "?" }],
    "": { data: {} },
  };
}

/** Returns a value with the properties of every object in reverse order. */
export function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, it]) => [name, reversed(it)])
      .toReversed(),
  );
}

/** Returns the command of a JSON text if it is the first property. */
export function firstCommand(text: string): unknown {
  const [, first] = /^\s*\{\s*"command"\s*:\s*("(?:[^"\\]|\\.)*")/.exec(text) ?? [];
  const last = commandIn(text);
  return first === undefined || last === undefined ? last : JSON.parse(first);
}

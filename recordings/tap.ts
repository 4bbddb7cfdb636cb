import { extension, PerMessageDeflate, Receiver } from "ws";
import { base64 } from "../harness/deeds.ts";
import type { Side, WireEvent } from "../harness/transcript.ts";
import { gap } from "./recorded.ts";

/** The largest message that is read, in bytes: a line of a recording holds no more. */
const LARGEST_MESSAGE = 8 << 20;

/** The fragments of a message that is read, at most. */
const FRAGMENTS = 1 << 16;

/** Bytes that may wait to be read, before no more are taken. */
const BYTES_THAT_WAIT = 4 << 20;

/** Reads along the messages of two peers over WebSocket, in the order in which they came. */
export interface Tap {
  push(from: Side, bytes: Buffer): void;
  /** One side has ended TCP. */
  end(from: Side): void;
  /** Too much waits, so nothing more should come for now. */
  readonly crowded: boolean;
  /** Resolves once all that came is read. */
  idle(): Promise<void>;
  /** Frees its memory. */
  close(): void;
}

/** The surroundings of a tap. */
interface TapOptions {
  /** The header `Sec-WebSocket-Extensions` of the server's answer. */
  readonly extensions: string | undefined;
  readonly clock: () => number;
  readonly record: (event: WireEvent) => void;
  /** Called when it is no longer crowded. */
  readonly relieve: () => void;
}

interface Piece {
  readonly at: number;
  readonly from: Side;
  /** Nothing where the side has ended TCP. */
  readonly bytes?: Buffer;
}

/** The state of a tap. */
interface TapState extends Pick<TapOptions, "record" | "relieve"> {
  readonly sides: Readonly<Record<Side, SideReader>>;
  readonly queue: Piece[];
  /** The bytes in the queue, and the time at which the piece came that is being read. */
  waiting: number;
  at: number;
  working: boolean;
  /** Called once all that came is read. */
  whenIdle: (() => void)[];
}

/** Makes a tap. Frames are read with `ws`, one piece after another, so that inflating one never lets a later one overtake it. */
export function tap({ extensions, clock, record, relieve }: TapOptions): Tap {
  const side = (from: Side) =>
    sideReader(from, extensions, (event) => record({ ...event, at: state.at, from } as WireEvent));
  const sides = { client: side("client"), server: side("server") };
  const state: TapState = { record, relieve, sides, queue: [], waiting: 0, at: 0, working: false, whenIdle: [] };
  return {
    push: (from, bytes) => add(state, { at: clock(), from, bytes }),
    end: (from) => add(state, { at: clock(), from }),
    get crowded() {
      return state.waiting > BYTES_THAT_WAIT;
    },
    idle: () =>
      new Promise((resolve) => {
        if (state.working) state.whenIdle.push(resolve);
        else resolve();
      }),
    close() {
      for (const it of Object.values(sides)) it.close();
    },
  };
}

function add(state: TapState, piece: Piece): void {
  state.queue.push(piece);
  state.waiting += piece.bytes?.length ?? 0;
  if (!state.working) next(state);
}

/** Reads the next piece, if there is one, and then all others. */
function next(state: TapState): void {
  const { queue, record, relieve, sides } = state;
  const piece = queue.shift();
  state.working = piece !== undefined;
  if (!piece) {
    for (const resolve of state.whenIdle.splice(0)) resolve();
    return;
  }
  const { at, from, bytes } = piece;
  state.at = at;
  if (!bytes) {
    record({ at, from, type: "end" });
    setImmediate(next, state);
    return;
  }
  const wasCrowded = state.waiting > BYTES_THAT_WAIT;
  state.waiting -= bytes.length;
  sides[from].read(bytes, () => next(state));
  if (wasCrowded && state.waiting <= BYTES_THAT_WAIT) relieve();
}

/** Reads the frames of one side. */
interface SideReader {
  /** Calls `done` once all of these bytes are read. */
  read(bytes: Buffer, done: () => void): void;
  close(): void;
}

/** The frames of one side, as far as they can be read. */
interface Frames {
  readonly receiver: Receiver;
  readonly missing: (what: string) => void;
  readonly note: (event: object) => void;
  /** The reason why no more is read, in words. */
  lost: string | undefined;
  /** The side has sent a close frame. */
  closed: boolean;
  /** It was noted that no more is read. */
  told: boolean;
}

function sideReader(from: Side, extensions: string | undefined, note: (event: object) => void): SideReader {
  const isServer = from === "client";
  const inflate = inflater(extensions, isServer);
  const deflate = inflate instanceof PerMessageDeflate ? inflate : undefined;
  const frames: Frames = {
    receiver: new Receiver({
      isServer,
      maxPayload: LARGEST_MESSAGE,
      maxFragments: FRAGMENTS,
      extensions: deflate ? { [PerMessageDeflate.extensionName]: deflate } : {},
    }),
    missing: (what) => note(gap(from, 0, what)),
    note,
    lost: inflate instanceof Error ? `what it sent: ${inflate.message}` : undefined,
    closed: false,
    told: false,
  };
  noteFrames(frames);
  return {
    read: (bytes, done) => read(frames, bytes, done),
    close() {
      deflate?.cleanup();
      frames.receiver.destroy();
    },
  };
}

/** Notes the messages and control frames of one side. */
function noteFrames(frames: Frames): void {
  const { note, receiver } = frames;
  receiver.on("message", (data: Buffer, isBinary: boolean) =>
    note(isBinary ? { type: "binary", data: base64(data) } : { type: "text", data: data.toString() }),
  );
  for (const type of ["ping", "pong"] as const) receiver.on(type, (data: Buffer) => note({ type, data: base64(data) }));
  receiver.on("conclude", (code: number, reason: Buffer) => {
    frames.closed = true;
    note({ type: "close", data: reason.toString(), ...(code !== 1005 && { code }) });
  });
  receiver.on("error", (error) => fail(frames, error));
}

function read(frames: Frames, bytes: Buffer, done: () => void): void {
  const { closed, lost, missing, receiver, told } = frames;
  // No message follows a close frame (RFC 6455, 5.5.1).
  if (closed) return void setImmediate(done);
  if (lost === undefined)
    return void receiver.write(bytes, (error) => {
      // The event of an error comes after this.
      if (error) fail(frames, error);
      done();
    });
  if (!told) missing(lost);
  frames.told = true;
  setImmediate(done);
}

/** Notes that frames cannot be read, and why: nothing that follows is. */
function fail(frames: Frames, { code, message }: NodeJS.ErrnoException): void {
  if (frames.closed || frames.lost !== undefined) return;
  const bound = TOO_BIG[code ?? ""];
  if (bound !== undefined) frames.missing(bound);
  else frames.note({ type: "violation", data: message });
  frames.lost = bound !== undefined ? "what came after a message that is too big" : "what came after it broke RFC 6455";
}

/** The bounds that a message can hit, by the code of the error of `ws`. */
const TOO_BIG: Readonly<Record<string, string>> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: `a message of more than ${LARGEST_MESSAGE >> 20} MiB`,
  WS_ERR_TOO_MANY_BUFFERED_PARTS: `a message in more than ${FRAGMENTS} fragments`,
};

/** Makes the inflater of the messages of one side, if they may be compressed. Returns an error if an unknown extension changes them. */
function inflater(header: string | undefined, isServer: boolean): PerMessageDeflate | Error | undefined {
  if (header === undefined || header.trim() === "") return undefined;
  try {
    const { [PerMessageDeflate.extensionName]: parameters, ...others } = extension.parse(header);
    const [unknown] = Object.keys(others);
    if (unknown !== undefined) return new Error(`it is by the extension ${unknown}`);
    if (!parameters) return undefined;
    const deflate = new PerMessageDeflate({ isServer, maxPayload: LARGEST_MESSAGE });
    deflate.accept(parameters);
    return deflate;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

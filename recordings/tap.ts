import { extension, PerMessageDeflate, Receiver } from "ws";
import { base64 } from "../harness/deeds.ts";
import type { Side, WireEvent } from "../harness/transcript.ts";
import { gap } from "./recorded.ts";

/** The largest message that is read, in bytes: a line of a recording holds no more. */
const MOST = 8 << 20;

/** The fragments of a message that is read, at most. */
const FRAGMENTS = 1 << 16;

/** Bytes that may wait to be read, before no more are taken. */
const CROWDED = 4 << 20;

/** Reads along the messages of two peers over WebSocket, in the order in which they came. */
export interface Tap {
  push(from: Side, bytes: Buffer): void;
  /** One side has ended TCP. */
  end(from: Side): void;
  /** More waits than should: nothing more should come for now. */
  readonly crowded: boolean;
  /** Resolves once all that came is read. */
  idle(): Promise<void>;
  /** Frees its memory. */
  close(): void;
}

/** The surroundings of a tap. */
export interface TapOptions {
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

/** Makes a tap. Frames are read with `ws`, one piece after another, so that inflating one never lets a later one overtake it. */
export function tap({ extensions, clock, record, relieve }: TapOptions): Tap {
  const queue: Piece[] = [];
  let [waiting, at] = [0, 0];
  let working = false;
  let whenIdle: (() => void)[] = [];
  const sides = { client: listener("client"), server: listener("server") };

  function listener(from: Side) {
    const note = (event: object) => record({ ...event, at, from } as WireEvent);
    return reader(from, extensions, note);
  }

  function next(): void {
    const piece = queue.shift();
    working = piece !== undefined;
    if (!piece) {
      for (const resolve of whenIdle.splice(0)) resolve();
      return;
    }
    at = piece.at;
    if (!piece.bytes) {
      record({ at, from: piece.from, type: "end" });
      setImmediate(next);
      return;
    }
    const wasCrowded = waiting > CROWDED;
    waiting -= piece.bytes.length;
    sides[piece.from].read(piece.bytes, next);
    if (wasCrowded && waiting <= CROWDED) relieve();
  }

  const add = (piece: Piece) => {
    queue.push(piece);
    waiting += piece.bytes?.length ?? 0;
    if (!working) next();
  };

  return {
    push: (from, bytes) => add({ at: clock(), from, bytes }),
    end: (from) => add({ at: clock(), from }),
    get crowded() {
      return waiting > CROWDED;
    },
    idle: () =>
      new Promise((resolve) => {
        if (working) whenIdle = [...whenIdle, resolve];
        else resolve();
      }),
    close() {
      for (const side of Object.values(sides)) side.close();
    },
  };
}

/** Reads the frames of one side. */
interface SideReader {
  /** Calls `done` once all of these bytes are read. */
  read(bytes: Buffer, done: () => void): void;
  close(): void;
}

function reader(from: Side, extensions: string | undefined, note: (event: object) => void): SideReader {
  const missing = (what: string) => note(gap(from, 0, what));
  const isServer = from === "client";
  const inflate = inflater(extensions, isServer);
  let lost = inflate instanceof Error ? `what it sent: ${inflate.message}` : undefined;
  let closed = false;
  let told = false;
  const deflate = inflate instanceof PerMessageDeflate ? inflate : undefined;
  const frames = new Receiver({
    isServer,
    maxPayload: MOST,
    maxFragments: FRAGMENTS,
    extensions: deflate ? { [PerMessageDeflate.extensionName]: deflate } : {},
  });
  frames.on("message", (data: Buffer, isBinary: boolean) =>
    note(isBinary ? { type: "binary", data: base64(data) } : { type: "text", data: data.toString() }),
  );
  for (const type of ["ping", "pong"] as const) frames.on(type, (data: Buffer) => note({ type, data: base64(data) }));
  frames.on("conclude", (code: number, reason: Buffer) => {
    closed = true;
    note({ type: "close", data: reason.toString(), ...(code !== 1005 && { code }) });
  });
  const fail = ({ code, message }: NodeJS.ErrnoException) => {
    if (closed || lost !== undefined) return;
    const bound = TOO_BIG[code ?? ""];
    if (bound !== undefined) missing(bound);
    else note({ type: "violation", data: message });
    lost = bound !== undefined ? "what came after a message that is too big" : "what came after it broke RFC 6455";
  };
  frames.on("error", fail);
  return {
    read(bytes, done) {
      // No message follows a close frame (RFC 6455, 5.5.1).
      if (closed) return void setImmediate(done);
      if (lost === undefined)
        return void frames.write(bytes, (error) => {
          // The event of an error comes after this.
          if (error) fail(error);
          done();
        });
      if (!told) missing(lost);
      told = true;
      setImmediate(done);
    },
    close() {
      deflate?.cleanup();
      frames.destroy();
    },
  };
}

/** The bounds that a message can hit, by the code of the error of `ws`. */
const TOO_BIG: Readonly<Record<string, string>> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: `a message of more than ${MOST >> 20} MiB`,
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
    const deflate = new PerMessageDeflate({ isServer, maxPayload: MOST });
    deflate.accept(parameters);
    return deflate;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

import type { Socket } from "node:net";
import { reset } from "../harness/tcp.ts";
import type { Side, WireEvent } from "../harness/transcript.ts";
import { type Tap, tap } from "./tap.ts";

/** The time after which TCP asks if a silent peer is still there, in ms. */
const KEEP_ALIVE = 30_000;

/** Something that is open. It is told that there is room again, and that it is over. */
export interface Relayed {
  relieve(): void;
  /** Resolves once all that came is read. */
  idle(): Promise<void>;
  destroy(): void;
}

/** Two sockets of which a handshake made a WebSocket. */
interface Relaying {
  /** Those that are open. */
  readonly open: Set<Relayed>;
  readonly client: Socket;
  readonly server: Socket;
  /** The header `Sec-WebSocket-Extensions` of the server's answer. */
  readonly extensions: string | undefined;
  readonly clock: () => number;
  readonly note: (event: WireEvent) => void;
  /** Tells if more is recorded than can be written. */
  readonly crowded: () => boolean;
}

/** One direction of a connection that is relayed. */
interface Way {
  readonly from: Socket;
  readonly to: Socket;
  readonly side: Side;
}

/** Passes on bytes between two sockets, and has them read. */
export function relay({ open, client, server, extensions, clock, note, crowded }: Relaying): void {
  const tapped = tap({ extensions, clock, record: note, relieve: () => handle.relieve() });
  const isFull = () => tapped.crowded || crowded();
  const ways: readonly Way[] = [
    { from: client, to: server, side: "client" },
    { from: server, to: client, side: "server" },
  ];
  const handle: Relayed = {
    relieve() {
      for (const { from, to } of ways) if (from.isPaused() && !to.writableNeedDrain && !isFull()) from.resume();
    },
    idle: tapped.idle,
    destroy() {
      for (const { from } of ways) from.destroy();
    },
  };
  open.add(handle);
  let left = ways.length;
  for (const way of ways) {
    pass(way, tapped, isFull);
    way.to.on("drain", handle.relieve);
    way.from.on("close", async () => {
      left -= 1;
      if (left > 0) return;
      await tapped.idle();
      open.delete(handle);
      tapped.close();
    });
  }
}

/** Passes on what comes in one direction, and the end of it. Pauses while too much waits. */
function pass({ from, to, side }: Way, tapped: Tap, isFull: () => boolean): void {
  let over = false;
  const end = () => {
    if (!over) tapped.end(side);
    over = true;
  };
  from.setNoDelay(true);
  from.setKeepAlive(true, KEEP_ALIVE);
  from.on("data", (bytes: Buffer) => {
    const isFree = to.destroyed || to.write(bytes);
    tapped.push(side, bytes);
    if (!isFree || isFull()) from.pause();
  });
  from.on("end", () => {
    end();
    to.end();
  });
  from.on("error", () => {
    end();
    if (to.writableLength === 0) reset(to);
    else to.destroySoon();
  });
  from.on("close", () => {
    end();
    if (!to.writableEnded && !to.destroyed) to.end();
  });
}

import { CLOSE, closing, forever, frame, pour, TEXT } from "./bytes.ts";
import { DISCONNECTED, type Hostile, type Manners, tcp } from "./tcp.ts";

/** The exit codes if the server conforms, but may send more than the suite reads. The run is incomplete then. */
export const EITHER = [0, 1];

/** The properties of a response that this version does not know. */
export const UNKNOWN = '"command":"system/x/response","status":"success"';

/** Makes a server that greets, and then sends a frame without end between its answers. */
export function flood(exit: number | readonly number[], one: Buffer): Hostile {
  const more = ({ open }: Manners): Partial<Manners> => ({
    open(call) {
      open(call);
      pour(call.socket, forever(one));
    },
  });
  return tcp(exit, more);
}

/** Makes a server that greets, and sends many texts right behind. */
export function volley(exit: number | readonly number[], times: number, text: string): Hostile {
  const one = frame(TEXT, text);
  return tcp(exit, ({ open }) => ({
    open(call) {
      open(call);
      pour(call.socket, Array<Buffer>(times).fill(one));
    },
  }));
}

/** Makes a server whose greeting holds this as well, in its data and beside. */
export function greeting(exit: number | readonly number[], data: object, beside: object = {}): Hostile {
  return tcp(exit, ({ open }) => ({
    open: (call) =>
      open({ ...call, greeting: { ...call.greeting, ...beside, data: { ...call.greeting.data, ...data } } }),
  }));
}

/** Makes a server that answers every message with this. */
export function answer(exit: number | readonly number[], more: object): Hostile {
  return tcp(exit, () => ({
    message({ socket }) {
      socket.write(frame(TEXT, JSON.stringify({ ...DISCONNECTED, ...more })));
      socket.end(frame(CLOSE, closing(1000)));
    },
  }));
}

/** Makes a server that answers every handshake with this. */
export function refusal(exit: number | readonly number[], head: string): Hostile {
  return tcp(exit, () => ({ upgrade: ({ socket }) => void socket.end(`${head}Content-Length: 0\r\n\r\n`, "latin1") }));
}

/** Makes a server that greets, and sends each client one of these right behind. */
export function broken(exit: number | readonly number[], frames: readonly Buffer[]): Hostile {
  return tcp(exit, ({ open }) => ({
    open(call) {
      open(call);
      call.socket.write(frames[call.n % frames.length] ?? "");
    },
  }));
}

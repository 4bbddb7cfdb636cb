import { CLOSE, closing, drip, frame, ignore, TEXT } from "./bytes.ts";
import { type Hostile, tcp, verdict } from "./tcp.ts";

/** Hostile servers that make the suite wait, so that runs against several fit side by side. */
export const waiting: Readonly<Record<string, Hostile>> = {
  "silence after the handshake": tcp(1, () => ({ open() {}, message() {}, close() {} })),
  "frames of one byte a second": tcp(1, () => ({
    open: ({ socket, greeting }) => drip(socket, frame(TEXT, JSON.stringify(greeting))),
    message() {},
  })),
  "no client is heard after the first 20": tcp(1, ({ open, message, close }) => ({
    open: (call) => call.n < 20 && open(call),
    message: (call, text) => call.n < 20 && message(call, text),
    close: (call, payload) => call.n < 20 && close(call, payload),
  })),
  "nothing is read after the greeting": tcp(1, ({ open }) => ({
    open(call) {
      open(call);
      call.socket.pause();
    },
  })),
  "no TCP connection is heard after the first 20": tcp(1, ({ connect }) => ({
    connect: (socket, n) => (n < 20 ? connect(socket, n) : ignore(socket)),
  })),
  "TCP stays open after the close frames": tcp(
    1,
    () => ({
      message({ socket }, text) {
        socket.write(frame(TEXT, JSON.stringify(verdict(text))));
        socket.write(frame(CLOSE, closing(1000)));
      },
      close: ({ socket }, payload) => void socket.write(frame(CLOSE, payload)),
    }),
    { halfOpen: true },
  ),
  "silence upon the TCP connection": tcp(3, () => ({ connect: ignore })),
  "a handshake of one byte a second": tcp(3, () => ({ upgrade: ({ socket, head }) => drip(socket, `${head}\r\n`) })),
  "no TLS at a wss: url": tcp(3, undefined, { scheme: "wss" }),
  "silence at a wss: url": tcp(3, () => ({ connect: ignore }), { scheme: "wss" }),
  "the server dies half way": tcp(1, ({ connect, stop }) => ({
    connect: (socket, n) => (n < 400 ? connect(socket, n) : stop()),
  })),
};

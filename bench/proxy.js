import { connect, createServer } from "node:net";

/** Starts a TCP proxy in front of a port of this machine. It delays each byte by `ms` in each direction. */
export function delayProxy(port, ms) {
  const relay = (from, to) => {
    from.on("data", (bytes) => setTimeout(() => to.writable && to.write(bytes), ms));
    from.on("end", () => setTimeout(() => to.end(), ms));
    from.on("error", () => to.destroy());
  };
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const target = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    relay(client, target);
    relay(target, client);
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve({ port: server.address().port, close: () => server.close() }));
  });
}

// A server in plain JavaScript that conforms, below those that run as programs. Each hook changes one of its decisions.
import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const NUMBER = "(0|[1-9]\\d*)";
const VERSION = new RegExp(`^${NUMBER}\\.${NUMBER}\\.${NUMBER}$`);
const DISCONNECT = "system/disconnect/request";

/** Returns the parity of a client's version. */
export function parity(version) {
  const parts = VERSION.exec(version ?? "")?.slice(1);
  if (!parts) return "unknown";
  const differs = parts.findIndex((part, i) => part !== ["0", "1", "7"][i]);
  return ["match", "major_mismatch", "minor_mismatch", "patch_mismatch"][differs + 1];
}

/** Returns the command that a text names. */
export function commandIn(text) {
  try {
    const message = JSON.parse(text);
    return Array.isArray(message) ? undefined : message?.command;
  } catch {
    return undefined;
  }
}

/** Says the last words to a client, without a close frame. */
export const goodbye = (client, outcome = { status: "success" }) =>
  client.send(JSON.stringify({ command: "system/disconnected/response", ...outcome }));

export const greet = (client, versionParity) =>
  client.send(
    JSON.stringify({
      command: "system/version/response",
      status: "success",
      data: { tachyonVersion: "0.1.7", versionParity },
    }),
  );

const usual = {
  parity,
  commandIn,
  /** A client asks for a WebSocket; `proceed` gives it one. */
  admit: (proceed) => proceed(),
  /** A client has one; `serve` greets it and goes on with what it sends. */
  open: (_client, serve) => serve(),
  greet,
  /** A message came; `handle` does what is owed. */
  hear: (_client, handle) => handle(),
  farewell(client) {
    goodbye(client);
    client.close(1000);
  },
  refuse(client) {
    goodbye(client, { status: "failed", reason: "invalid_command" });
    client.close(1000);
  },
  /** A client broke RFC 6455. */
  failed() {},
};

/** Starts it at a port of this machine, 0 for any. Returns its HTTP server and its clients. Prints its url, unless told otherwise. */
export function start(hooks = {}, port = 0, listening = (at) => console.log(`ws://127.0.0.1:${at.port}`)) {
  const choices = { ...usual, ...hooks };
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 16 << 20 });
  const server = createServer((_, response) => response.writeHead(426).end());
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => {});
    const proceed = () => sockets.handleUpgrade(request, socket, head, (client) => talk(client, request, choices));
    choices.admit(proceed, request, socket);
  });
  server.listen(port, "127.0.0.1", () => listening(server.address()));
  return { server, clients: sockets.clients };
}

function talk(client, { url, socket }, choices) {
  const version = new URLSearchParams(url.split("?").slice(1).join("?")).get("tachyonVersion");
  let over = false;
  client.on("error", choices.failed);
  choices.open(client, () => {
    client.on("message", (data, binary) => {
      const text = String(data);
      choices.hear(client, () => handle(binary ? undefined : choices.commandIn(text)), text, socket);
    });
    choices.greet(client, choices.parity(version));
  });

  function handle(command) {
    if (over || client.readyState !== client.OPEN) return;
    over = command === DISCONNECT;
    if (over) choices.farewell(client, socket);
    else choices.refuse(client, socket);
  }
}

// A conforming server that never answers a malformed command, for what such silence costs; prints its url.
import { WebSocketServer } from "ws";

const server = new WebSocketServer({ host: "127.0.0.1", port: 0, maxPayload: 16 << 20 }, () =>
  console.log(`ws://127.0.0.1:${server.address().port}`),
);
const parts = (version) => /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/.exec(version ?? "")?.slice(1);

function parity(version) {
  const theirs = parts(version);
  if (!theirs) return "unknown";
  const differs = theirs.findIndex((part, i) => part !== ["0", "1", "7"][i]);
  return ["match", "major_mismatch", "minor_mismatch", "patch_mismatch"][differs + 1];
}

function command(data, binary) {
  try {
    const message = JSON.parse(data);
    return binary || Array.isArray(message) ? undefined : message?.command;
  } catch {
    return undefined;
  }
}

server.on("connection", (socket, { url }) => {
  const version = new URLSearchParams(url.split("?").slice(1).join("?")).get("tachyonVersion");
  const data = { tachyonVersion: "0.1.7", versionParity: parity(version) };
  let over = false;
  socket.on("error", () => {});
  socket.on("message", (message, binary) => {
    if (over || command(message, binary) !== "system/disconnect/request") return;
    over = true;
    socket.send('{"command":"system/disconnected/response","status":"success"}');
    socket.close(1000);
  });
  socket.send(JSON.stringify({ command: "system/version/response", status: "success", data }));
});

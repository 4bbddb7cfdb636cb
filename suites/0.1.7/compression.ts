import { constants, deflateRawSync } from "node:zlib";
import type { Connection } from "../../harness/connection.ts";
import { encode, OPCODE } from "../../harness/frame.ts";
import { isNothing } from "../../harness/nothing.ts";
import { isEnded, messages } from "../../harness/transcript.ts";
import { header } from "./heads.ts";
import { disconnect, disconnected, goodbyesOf, greeting, nameOf, scenario, statusOf } from "./protocol.ts";

const request = JSON.stringify(disconnect);

/** A command that a server may refuse by its name, and keep the connection. */
const unknown = { command: "conformance/unknown/request" };
const refused = "conformance/unknown/response";

/** The end of the payload of a compressed message, which is left out (RFC 7692, 7.2.1). */
const TAIL = 4;

const ENDED = "the connection was ended as an unknown command allows";

/** Each message is compressed with what those before it left behind, where the server does not forbid that. */
const several = [2, 3].map((count) =>
  scenario({
    id: `transport/extensions-deflate-${count}-messages`,
    title: `a client offers permessage-deflate, and compresses ${count} messages where the server accepts, a disconnect request the last`,
    given: count,
    tests: ["transport.extensions"],
    async run({ connect, check, skip }) {
      const client = await connect({ handshake: { deflate: true } });
      const others = isAccepted(client) ? count - 1 : 0;
      const came = await afterOthers(client, others);
      if (isNothing(came) && others > 0 && isNothing(await afterOthers(await connect({ name: "plain" }), others)))
        return skip(
          "transport.extensions",
          "without compression a request is not answered either: see malformed.usable",
        );
      check("transport.extensions", came, { title: `"success", or ${ENDED}`, enum: ["success", ENDED] });
    },
  }),
);

/** What permessage-deflate asks for where a server accepts it, part of the section "WebSocket transport". */
export const compressionCases = [
  scenario({
    id: "transport/extensions-deflate",
    title: "a client offers permessage-deflate, and compresses its disconnect request where the server accepts",
    tests: ["transport.extensions"],
    async run({ connect, check }) {
      const client = await connect({ handshake: { deflate: true } });
      if (!check("transport.extensions", await greeting(client))) return;
      client.send(disconnect);
      check("transport.extensions", statusOf(await disconnected(client)), { const: "success" });
    },
  }),

  ...several,

  scenario({
    id: "transport/extensions-deflate-in-fragments",
    title:
      "a client sends a compressed disconnect request in two fragments with a ping between, where the server accepts",
    tests: ["transport.extensions"],
    async run({ connect, check }) {
      const client = await connect({ handshake: { deflate: true } });
      if (isAccepted(client)) await client.write({ type: "text", data: request }, ...compressedInFragments(request));
      else client.send(disconnect);
      check("transport.extensions", statusOf(await disconnected(client)), { const: "success" });
    },
  }),
];

const isAccepted = (client: Connection) => header(client, "sec-websocket-extensions").includes("permessage-deflate");

/** Sends unknown commands, each once the one before is answered, then a request; gives what came of that, if it came to it. */
async function afterOthers(client: Connection, others: number): Promise<unknown> {
  const refusals = () =>
    messages(client.transcript, "server").filter(({ message }) => nameOf(message) === refused).length;
  let silent = false;
  for (let sent = 1; sent <= others; sent++) {
    client.send(unknown);
    const answered = () => refusals() >= sent || goodbyesOf(client).length > 0 || isEnded(client) || undefined;
    // A server that does not answer the first will hardly answer the second: one wait is enough.
    if (!silent) silent = isNothing(await client.wait("the answer to a malformed command", answered, { owed: false }));
    // What becomes of the first says nothing of those behind it.
    if (goodbyesOf(client, "failed").length > 0 || (sent === 1 && isEnded(client))) return ENDED;
  }
  client.send(disconnect);
  return statusOf(await disconnected(client));
}

/** The frames of a compressed message in two fragments with a ping between them, each as bytes. */
function compressedInFragments(text: string): Buffer[] {
  const payload = deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -TAIL);
  const half = payload.length >> 1;
  return [
    { opcode: OPCODE.text, payload: payload.subarray(0, half), final: false, reserved: 4 },
    { opcode: OPCODE.ping, payload: "between" },
    { opcode: OPCODE.continuation, payload: payload.subarray(half) },
  ].map(encode);
}

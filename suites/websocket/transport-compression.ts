import { constants, deflateRawSync, type ZlibOptions } from "node:zlib";
import type { Connection } from "../../harness/connection.ts";
import { encode, type Frame, OPCODE } from "../../harness/frame.ts";
import { isNothing } from "../../harness/nothing.ts";
import type { Case } from "../../harness/scenario.ts";
import { isEnded } from "../../harness/transcript.ts";
import { responseOf } from "../../harness/upgrade.ts";
import type { Dialect } from "./dialect.ts";
import { BIG, fate, fateOf } from "./fate.ts";
import { MALFORMED_ANSWER } from "./malformed-reaction.ts";
import { requestOfLength } from "./requests.ts";
import { slug } from "./words.ts";

/** The length of the end of a compressed message that is left out (RFC 7692, 7.2.1). */
const TAIL = 4;

const ENDED = "the connection was ended as an unknown command allows";

/** The cases of permessage-deflate, for a server that accepts it. Part of the section "WebSocket transport". */
export const compressionCases = (dialect: Dialect): readonly Case[] => [
  one(dialect),
  ...[2, 3].map((count) => several(dialect, count)),
  inFragments(dialect),
  ...inOther(dialect),
  ...fromManyBytes(dialect),
];

const one = ({ scenario, sign, request, answer, statusOf, words }: Dialect) =>
  scenario({
    id: "transport/extensions-deflate",
    title: `a client offers permessage-deflate, and compresses its ${words.request} where the server accepts`,
    tests: ["transport.extensions"],
    async run({ connect, check }) {
      const client = await connect({ handshake: { deflate: true } });
      if (!check("transport.extensions", await sign(client))) return;
      client.send(request);
      check("transport.extensions", statusOf(await answer(client)), { const: "success" });
    },
  });

/** Each message is compressed with the window that those before it left behind, unless the server forbids that. */
const several = (dialect: Dialect, count: number) =>
  dialect.scenario({
    id: `transport/extensions-deflate-${count}-messages`,
    title: `a client offers permessage-deflate, and compresses ${count} messages where the server accepts, a ${dialect.words.request} the last`,
    given: count,
    tests: ["transport.extensions"],
    async run({ connect, check, skip }) {
      const client = await connect({ handshake: { deflate: true } });
      const others = isAccepted(client) ? count - 1 : 0;
      const came = await afterOthers(dialect, client, others);
      if (isNothing(came) && others > 0) {
        const plain = await connect({ name: "plain" });
        if (isNothing(await afterOthers(dialect, plain, others)))
          return skip(
            "transport.extensions",
            "without compression a request is not answered either: see malformed.usable",
          );
      }
      check("transport.extensions", came, { title: `"success", or ${ENDED}`, enum: ["success", ENDED] });
    },
  });

const inFragments = ({ scenario, request, answer, statusOf, words }: Dialect) =>
  scenario({
    id: "transport/extensions-deflate-in-fragments",
    title: `a client sends a compressed ${words.request} in two fragments with a ping between, where the server accepts`,
    tests: ["transport.extensions"],
    async run({ connect, check }) {
      const text = JSON.stringify(request);
      const client = await connect({ handshake: { deflate: true } });
      if (isAccepted(client)) await client.write({ type: "text", data: text }, ...compressedInFragments(text));
      else client.send(request);
      check("transport.extensions", statusOf(await answer(client)), { const: "success" });
    },
  });

/** The length of a long request in bytes: no server finds it too big. */
const LONG_REQUEST = 3_900;

/** A form of a request that few clients choose if permessage-deflate is accepted: compressed in some way, or not at all. */
interface Form {
  readonly length?: number;
  readonly payload?: (text: string) => Uint8Array;
}

const FORMS: Readonly<Record<string, Form>> = {
  "that is not compressed": {},
  "compressed in a stored block": { payload: (text) => deflated(text, { level: 0 }) },
  "compressed with Huffman codes of its own": {
    length: LONG_REQUEST,
    payload: (text) => deflated(text, { strategy: constants.Z_HUFFMAN_ONLY }),
  },
  // Behind such a block stands the head of an empty one, of which the rest is left out (RFC 7692, 7.2.3.4).
  "compressed in a final block": { payload: (text) => Buffer.concat([deflateRawSync(text), Uint8Array.of(0)]) },
  // No match goes further back than one byte, so that every window is large enough.
  "compressed from 3900 bytes": {
    length: LONG_REQUEST,
    payload: (text) => deflated(text, { strategy: constants.Z_RLE }),
  },
};

/** Makes the frame of a text in some form. Compression is loaded only here. */
const frameOf = (text: string, { payload }: Form): Frame =>
  payload ? { opcode: OPCODE.text, reserved: 4, payload: payload(text) } : { opcode: OPCODE.text, payload: text };

const inOther = (dialect: Dialect) =>
  Object.entries(FORMS).map(([name, form]) => {
    const { request } = dialect;
    const text = form.length === undefined ? JSON.stringify(request) : requestOfLength(request, "message", form.length);
    return dialect.scenario({
      id: `transport/extensions-deflate-${slug(name.replace(/^(that is|compressed) /, ""))}`,
      title: `a client offers permessage-deflate, and sends a ${dialect.words.request} ${name}, where the server accepts`,
      given: text,
      tests: ["transport.extensions"],
      async run({ connect, check }) {
        const client = await connect({ handshake: { deflate: true } });
        if (isAccepted(client)) await client.write({ type: "text", data: text }, encode(frameOf(text, form)));
        else client.send(text);
        check("transport.extensions", dialect.statusOf(await dialect.answer(client)), { const: "success" });
      },
    });
  });

/** Lengths of requests in bytes: each fills a buffer of 16 or 64 KiB. */
const MANY_BYTES = [20_000, 70_000];

/** Any server may refuse a message so long: what becomes of it is judged where the same is carried out without compression. */
const fromManyBytes = (dialect: Dialect) =>
  MANY_BYTES.map((length) =>
    dialect.scenario({
      id: `transport/extensions-deflate-from-${length}-bytes`,
      title: `a client offers permessage-deflate, and sends a ${dialect.words.request} compressed from ${length} bytes, where the server accepts`,
      given: length,
      tests: ["transport.extensions"],
      async run({ connect, check, unasked }) {
        const client = await connect({ handshake: { deflate: true } });
        const text = requestOfLength(dialect.request, "message", length);
        // It is compressed little: a server may refuse what swells a thousandfold.
        const payload = deflated(text, { strategy: constants.Z_HUFFMAN_ONLY });
        const frame = encode({ opcode: OPCODE.text, reserved: 4, payload });
        if (isAccepted(client)) await client.write({ type: "text", data: text }, frame);
        else client.send(dialect.request);
        const came = await fate(dialect, client, false);
        if (came !== "success" && isAccepted(client)) {
          const plain = await connect({ name: "plain" });
          plain.send(text);
          if ((await fate(dialect, plain, false)) !== "success")
            return unasked("transport.extensions", "without compression a request so long is not carried out either");
        }
        check("transport.extensions", came, fateOf(dialect, BIG));
      },
    }),
  );

const isAccepted = (client: Connection) =>
  responseOf(client.transcript)?.headers.get("sec-websocket-extensions")?.includes("permessage-deflate") ?? false;

/** Sends unknown commands, each once the one before is answered, then a request. Returns the status of its answer, or `ENDED`. */
async function afterOthers(
  { unknown, answersTo, request, answer, answers, isGoodbye, statusOf }: Dialect,
  client: Connection,
  others: number,
): Promise<unknown> {
  let silent = false;
  for (let sent = 1; sent <= others; sent++) {
    client.send(unknown);
    const answered = () =>
      answersTo(client, unknown).length >= sent || answers(client).some(isGoodbye) || isEnded(client) || undefined;
    // A server that does not answer the first will hardly answer the second: one wait is enough.
    if (!silent) silent = isNothing(await client.wait(MALFORMED_ANSWER, answered, { owed: false }));
    // The fate of the first says nothing of those behind it.
    if (answers(client, "failed").some(isGoodbye) || (sent === 1 && isEnded(client))) return ENDED;
  }
  client.send(request);
  return statusOf(await answer(client));
}

/** A compressed message without the end that is left out. */
const deflated = (text: string, how: ZlibOptions = {}): Buffer =>
  deflateRawSync(text, { ...how, finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -TAIL);

/** The frames of a compressed message in two fragments with a ping between them, each as bytes. */
function compressedInFragments(text: string): Buffer[] {
  const payload = deflated(text);
  const half = payload.length >> 1;
  return [
    { opcode: OPCODE.text, payload: payload.subarray(0, half), final: false, reserved: 4 },
    { opcode: OPCODE.ping, payload: "between" },
    { opcode: OPCODE.continuation, payload: payload.subarray(half) },
  ].map(encode);
}

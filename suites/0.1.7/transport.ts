import { bytewise, encode, type Frame, OPCODE } from "../../harness/frame.ts";
import type { Context } from "../../harness/scenario.ts";
import type { RequirementId } from "../../schemas/0.1.7/requirements.ts";
import { compressionCases } from "./compression.ts";
import { EVERY_PLANE } from "./disconnect-inputs.ts";
import { handshakeCases } from "./handshake.ts";
import { slug } from "./ids.ts";
import { answerToPing } from "./ping.ts";
import {
  disconnect,
  disconnected,
  expectSuccess as expectSuccessOf,
  greeting,
  scenario,
  statusOf,
} from "./protocol.ts";
import { refusalCases } from "./refusals.ts";
import { violationCases } from "./violations.ts";

const request = JSON.stringify(disconnect);
const whole = encode({ opcode: OPCODE.text, payload: request });
const euro = Buffer.from(JSON.stringify({ ...disconnect, extra: "€" }));
const ping: Frame = { opcode: OPCODE.ping, payload: "a" };
const pong: Frame = { opcode: OPCODE.pong, payload: "b" };

/** The frames of one message in fragments, each as bytes; what is no text goes between them as it is. */
function message(...parts: readonly (string | Uint8Array | Frame)[]): Buffer[] {
  const isPart = (part: (typeof parts)[number]): part is string | Uint8Array =>
    typeof part === "string" || part instanceof Uint8Array;
  const [first, last] = [parts.findIndex(isPart), parts.findLastIndex(isPart)];
  const frames = parts.map((part, i) =>
    isPart(part) ? { opcode: i === first ? OPCODE.text : OPCODE.continuation, payload: part, final: i === last } : part,
  );
  return frames.map(encode);
}

const fragmented = Object.entries({
  "two fragments": message(request.slice(0, 9), request.slice(9)),
  "a fragment for each byte": message(...request),
  "an empty fragment first": message("", request),
  "empty fragments in the middle": message(request.slice(0, 9), "", "", request.slice(9)),
  "an empty fragment last": message(request, ""),
  "control frames between fragments": message(request.slice(0, 9), ping, request.slice(9, 19), pong, request.slice(19)),
  "a character cut at the border of two fragments": message(euro.subarray(0, -4), euro.subarray(-4)),
}).map(([name, frames]) =>
  scenario({
    id: `transport/fragmented-${slug(name)}`,
    title: `a client sends a disconnect request in fragments: ${name}`,
    given: frames.map((frame) => frame.toString("hex")),
    tests: ["transport.fragmentation"],
    run: (context) => expectSuccess(context, "transport.fragmentation", ...frames),
  }),
);

const segmented = Object.entries<readonly Uint8Array[]>({
  "each byte in a segment of its own": bytewise(whole),
  "the parts of a frame in three segments": [whole.subarray(0, 2), whole.subarray(2, 6), whole.subarray(6)],
  "a ping and a request in one segment": [Buffer.concat([encode(ping), whole])],
  "two fragments in one segment": [Buffer.concat(message(request.slice(0, 9), request.slice(9)))],
  "a frame and a half and then the rest": [Buffer.concat([encode(ping), whole.subarray(0, 10)]), whole.subarray(10)],
}).map(([name, segments]) =>
  scenario({
    id: `transport/segments-${slug(name)}`,
    title: `a client sends a disconnect request in TCP segments: ${name}`,
    given: segments.map((segment) => Buffer.from(segment).toString("hex")),
    tests: ["transport.segmentation"],
    run: (context) => expectSuccess(context, "transport.segmentation", ...segments),
  }),
);

const pings = Object.entries<string | Uint8Array>({
  "no payload": "",
  "1 byte": "a",
  "125 bytes": "x".repeat(125),
  "125 bytes that are no text": Uint8Array.from({ length: 125 }, (_, i) => 255 - i),
}).map(([name, payload]) =>
  scenario({
    id: `transport/ping-with-${slug(name)}`,
    title: `a client sends a ping with ${name}`,
    given: String(payload),
    tests: ["transport.ping"],
    async run({ connect, check }) {
      const client = await connect();
      check("transport.ping", await answerToPing(client, payload));
    },
  }),
);

const pongs = Object.entries({ "no payload": "", "125 bytes": "x".repeat(125) }).map(([name, payload]) =>
  scenario({
    id: `transport/pong-with-${slug(name)}`,
    title: `a client sends a pong with ${name} that nobody asked for, and then a disconnect request`,
    given: payload,
    tests: ["transport.ping"],
    run: (context) => expectSuccess(context, "transport.ping", encode({ opcode: OPCODE.pong, payload }), whole),
  }),
);

const closes = Object.entries<readonly [code?: number, reason?: string]>({
  "code 1000": [1000],
  "no code": [],
  "a reason of 1 byte": [1000, "x"],
  "a reason of 123 bytes": [1000, "x".repeat(123)],
  "a reason with umlauts": [1000, "tschüß"],
}).map(([name, [code, reason]]) =>
  scenario({
    id: `transport/close-with-${slug(name)}`,
    title: `a client that was greeted closes its connection with ${name}`,
    given: [code, reason],
    tests: ["transport.close"],
    async run({ connect, check }) {
      const client = await connect();
      await greeting(client);
      client.close(code, reason);
      check("transport.close", await client.closed(), {
        title: "a close frame, and the end of the TCP connection",
        type: "object",
        properties: { frame: { const: true } },
      });
    },
  }),
);

/** A masked frame whose key is zeros, so that its payload stands there as it is; of up to 125 bytes. */
function withKeyOfZeros(frame: Frame): Buffer {
  const bytes = encode({ ...frame, masked: false });
  return Buffer.concat([Uint8Array.of(bytes.readUInt8(0), bytes.readUInt8(1) | 0x80, 0, 0, 0, 0), bytes.subarray(2)]);
}

/** What some libraries take for less than text: noncharacters, and planes in which nothing stands yet. */
const unicode = Object.entries({
  "every plane": EVERY_PLANE,
  "the noncharacters of the first plane": String.fromCodePoint(
    ...Array.from({ length: 32 }, (_, i) => 0xfdd0 + i),
    0xfffe,
    0xffff,
  ),
  "the noncharacters of the other planes": Array.from({ length: 16 }, (_, i) =>
    String.fromCodePoint(((i + 1) << 16) + 0xfffe, ((i + 1) << 16) + 0xffff),
  ).join(""),
}).map(([name, extra]) =>
  scenario({
    id: `transport/unicode-${slug(name)}`,
    title: `a client sends a disconnect request with characters of Unicode in a further property: ${name}`,
    given: extra,
    tests: ["transport.unicode"],
    run: (context) => expectSuccessOf(context, "transport.unicode", { ...disconnect, extra }),
  }),
);

/** The cases of the section "WebSocket transport". */
export const transportCases = [
  ...handshakeCases,
  ...compressionCases,
  ...refusalCases,
  ...pings,
  ...pongs,

  scenario({
    id: "transport/ping-after-ping",
    title: "a client sends three pings, each when the one before is answered",
    tests: ["transport.ping"],
    async run({ connect, check }) {
      const client = await connect();
      for (const payload of ["first", "second", "third"]) {
        if (!check("transport.ping", await answerToPing(client, payload))) return;
      }
    },
  }),

  scenario({
    id: "transport/ping-between-fragments",
    title: "a client sends a ping between the fragments of a disconnect request, and the rest once it has the pong",
    tests: ["transport.ping", "transport.fragmentation"],
    async run({ connect, check }) {
      const client = await connect();
      const half = encode({ opcode: OPCODE.text, payload: request.slice(0, 9), final: false });
      await client.write({ type: "text", data: request }, half);
      if (!check("transport.ping", await answerToPing(client, "between"))) return;
      await client.write(undefined, encode({ opcode: OPCODE.continuation, payload: request.slice(9) }));
      check("transport.fragmentation", statusOf(await disconnected(client)), { const: "success" });
    },
  }),

  ...fragmented,

  scenario({
    id: "transport/segments-of-the-handshake",
    title: "a client sends its handshake with each byte in a TCP segment of its own",
    tests: ["transport.segmentation"],
    async run({ connect, check }) {
      const client = await connect({ handshake: { bytewise: true } });
      check("transport.segmentation", statusOf(await greeting(client)), { const: "success", title: "a greeting" });
    },
  }),

  ...segmented,
  ...unicode,

  scenario({
    id: "transport/masked-with-zeros",
    title: "a client masks its disconnect request with a key of zeros",
    tests: ["transport.masking"],
    run: (context) =>
      expectSuccess(context, "transport.masking", withKeyOfZeros({ opcode: OPCODE.text, payload: request })),
  }),

  ...closes,
  ...violationCases,
];

/** Sends a disconnect request in these TCP segments and judges that it is carried out. */
async function expectSuccess<Id extends RequirementId>(
  { connect, check }: Context<Id>,
  requirement: Id,
  ...segments: readonly Uint8Array[]
): Promise<void> {
  const client = await connect();
  await client.write({ type: "text", data: request }, ...segments);
  check(requirement, statusOf(await disconnected(client)), { const: "success" });
}

import { encode, OPCODE } from "../../harness/frame.ts";
import { isNothing } from "../../harness/nothing.ts";
import type { Case } from "../../harness/scenario.ts";
import type { Dialect, DialectWithSign, SharedId } from "./dialect.ts";
import { EVERY_PLANE, expectSuccess } from "./requests.ts";
import { besideBystander } from "./survival.ts";
import { compressionCases } from "./transport-compression.ts";
import { expectSuccessOfFrames, fragmentCases, outlives } from "./transport-fragments.ts";
import { handshakeCases } from "./transport-handshake.ts";
import { answerToPing, pingCases } from "./transport-pings.ts";
import { refusalCases } from "./transport-refusals.ts";
import { violationCases } from "./transport-violations.ts";
import { slug } from "./words.ts";

/** The cases of the section "WebSocket transport". */
export const transportCases = <Own extends string>(dialect: DialectWithSign<Own>): readonly Case[] => [
  ...handshakeCases(dialect),
  ...compressionCases(dialect),
  ...refusalCases(dialect),
  ...pingCases(dialect),
  ...fragmentCases(dialect),
  ...unicode(dialect),

  dialect.scenario({
    id: "transport/masked-with-zeros",
    title: `a client masks its ${dialect.words.request} with a key of zeros`,
    tests: ["transport.masking"],
    run: (context) =>
      expectSuccessOfFrames(dialect, context, "transport.masking", withKeyOfZeros(JSON.stringify(dialect.request))),
  }),

  ...closes(dialect),
  closeInFragments(dialect),
  keptOn(dialect),
  ...violationCases(dialect),
];

/** Characters that some libraries do not take for text: noncharacters, and planes in which nothing stands yet. */
const UNICODE = {
  "every plane": EVERY_PLANE,
  "the noncharacters of the first plane": String.fromCodePoint(
    ...Array.from({ length: 32 }, (_, i) => 0xfdd0 + i),
    0xfffe,
    0xffff,
  ),
  "the noncharacters of the other planes": Array.from({ length: 16 }, (_, i) =>
    String.fromCodePoint(((i + 1) << 16) + 0xfffe, ((i + 1) << 16) + 0xffff),
  ).join(""),
};

const unicode = (dialect: Dialect) =>
  Object.entries(UNICODE).map(([name, extra]) =>
    dialect.scenario({
      id: `transport/unicode-${slug(name)}`,
      title: `a client sends a ${dialect.words.request} with characters of Unicode in a further property: ${name}`,
      given: extra,
      tests: ["transport.unicode"],
      run: (context) => expectSuccess(dialect, context, "transport.unicode", { ...dialect.request, extra }),
    }),
  );

const closes = ({ scenario, sign, words }: Dialect) =>
  Object.entries<readonly [code?: number, reason?: string]>({
    "code 1000": [1000],
    "no code": [],
    "a reason of 1 byte": [1000, "x"],
    "a reason of 123 bytes": [1000, "x".repeat(123)],
    "a reason with umlauts": [1000, "tschüß"],
  }).map(([name, [code, reason]]) =>
    scenario({
      id: `transport/close-with-${slug(name)}`,
      title: `a client that was ${words.served} closes its connection with ${name}`,
      given: [code, reason],
      tests: ["transport.close"],
      async run({ connect, check }) {
        const client = await connect();
        await sign(client);
        client.close(code, reason);
        check("transport.close", await client.closed(), ANSWERED);
      },
    }),
  );

const ANSWERED = {
  title: "a close frame, and the end of the TCP connection",
  type: "object",
  properties: { frame: { const: true } },
};

/** A close frame may stand between the fragments of a message, as every control frame may (RFC 6455, 5.4). */
const closeInFragments = (dialect: Dialect) =>
  dialect.scenario({
    id: "transport/close-between-fragments",
    title: "a client closes its connection in the middle of a message in fragments",
    tests: ["transport.close", "transport.survives"],
    run: (context) =>
      besideBystander<SharedId>(dialect, context, "transport.survives", async (client) => {
        await dialect.sign(client);
        const half = JSON.stringify(dialect.request).slice(0, 9);
        const fragment = encode({ opcode: OPCODE.text, payload: half, final: false });
        await client.write({ type: "text", data: half }, fragment);
        client.close(1000);
        context.check("transport.close", await client.closed(), ANSWERED);
      }),
  });

/** A server may keep the connection of a client whose command it does not know. It is a connection like any other then. */
const keptOn = (dialect: Dialect) =>
  dialect.scenario({
    id: "transport/ping-and-close-behind-an-unknown-command",
    title: "a client sends an unknown command, and then a ping and a close frame where the connection lasts",
    tests: ["transport.ping", "transport.close"],
    async run({ connect, check, unasked }) {
      const client = await connect();
      if (!client.opened) return;
      await dialect.sign(client);
      client.send(dialect.unknown);
      const lasts = await outlives(dialect, client);
      const pong = lasts ? await answerToPing(client, "behind") : ENDED;
      // A goodbye may follow the answer.
      const isOver = !lasts || dialect.answers(client).some(dialect.isGoodbye);
      check("transport.ping", isOver ? ENDED : pong);
      if (isOver) return void check("transport.close", ENDED);
      if (isNothing(pong)) return unasked("transport.close", NO_PONG);
      client.close(1000);
      check("transport.close", await client.closed(), ANSWERED);
    },
  });

const ENDED = "the server ended the connection over an unknown command, as it may";
const NO_PONG = "nothing came to a ping before: see transport.ping";

/** The frame of a text masked with a key of zeros, so that the text stands there as it is. */
function withKeyOfZeros(text: string): Buffer {
  const frame = encode({ opcode: OPCODE.text, payload: text, masked: false });
  const [head, payload] = [frame.subarray(0, -text.length), frame.subarray(-text.length)];
  head.writeUInt8(head.readUInt8(1) | 0x80, 1);
  return Buffer.concat([head, Buffer.alloc(4), payload]);
}

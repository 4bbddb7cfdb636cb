import type { Connection } from "../../harness/connection.ts";
import { encode, OPCODE } from "../../harness/frame.ts";
import type { Nothing } from "../../harness/nothing.ts";
import { isBreach, isEnded } from "../../harness/transcript.ts";
import type { Dialect } from "./dialect.ts";
import { besideBystander, hasRoom, resetAll, withBystander } from "./survival.ts";
import { bytesOf, type FrameViolation, frameViolations } from "./transport-violation-inputs.ts";
import { hex, slug } from "./words.ts";

/** Clients that break RFC 6455 or end a connection in an unusual way, which harms nobody else. Part of "WebSocket transport". */
export const violationCases = (dialect: Dialect) => [
  ...closesByCode(dialect),
  ...broken(dialect),
  ...resets(dialect),
  vanishes(dialect),
  cutOff(dialect),
];

const broken = (dialect: Dialect) =>
  frameViolations(dialect).map((violation) =>
    dialect.scenario({
      id: `transport/violation-${slug(violation.name.replaceAll(",", ""))}`,
      title: `a client sends ${violation.name}`,
      given: JSON.stringify(violation.frames).slice(0, 1_000),
      tests: [...(violation.requirement ? [violation.requirement] : []), "transport.survives"],
      run: (context) =>
        besideBystander(
          dialect,
          context,
          "transport.survives",
          async (client) => {
            const end = await reaction(dialect, client, violation);
            if (!violation.requirement) return;
            const [carriedOut] = dialect.answers(client, "success");
            const expected = {
              const: "failed",
              title: "a close frame, or the end of the TCP connection, and nothing carried out",
            };
            context.check(violation.requirement, end, expected, carriedOut);
          },
          violation.handshake && { handshake: violation.handshake },
        ),
    }),
  );

/** The bytes that a client sends before it resets its connection, by where that cuts a message. */
function halves({ request, key }: Dialect): Record<string, Uint8Array> {
  const text = encode({ opcode: OPCODE.text, payload: JSON.stringify(request) });
  return {
    "after the first byte of a frame": text.subarray(0, 1),
    "in the middle of a payload": text.subarray(0, 20),
    "between two fragments": encode({ opcode: OPCODE.text, payload: `{"${key}":`, final: false }),
    "in the middle of a payload of 1 TiB": Buffer.from([0x81, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6]),
  };
}

const resets = (dialect: Dialect) =>
  Object.entries(halves(dialect)).map(([name, bytes]) =>
    dialect.scenario({
      id: `transport/reset-${slug(name)}`,
      title: `a client resets its connection ${name}`,
      given: hex(bytes),
      tests: ["transport.survives"],
      run: (context) =>
        besideBystander(dialect, context, "transport.survives", async (client) => {
          await client.write({ type: "violation", data: `half a message: ${hex(bytes)}` }, bytes);
          await resetAll(context, client);
        }),
    }),
  );

const vanishes = (dialect: Dialect) =>
  dialect.scenario({
    id: "transport/end-of-tcp-without-a-close-frame",
    title: `a client that was ${dialect.words.served} ends its TCP connection without a close frame`,
    tests: ["transport.survives"],
    run: (context) =>
      besideBystander(dialect, context, "transport.survives", async (client) => {
        await dialect.sign(client);
        await client.write({ type: "violation", data: "the end of TCP without a close frame" });
        client.hangUp();
      }),
  });

/** Finds a decoder that all clients share: bytes that are left in it stand before the next text. */
const cutOff = (dialect: Dialect) =>
  dialect.scenario({
    id: "transport/violation-a-text-cut-off-in-a-character-and-a-request-of-another",
    title: `a client sends a text that is cut off in a character, and at once another one sends a ${dialect.words.request}`,
    tests: ["transport.survives"],
    async run(context) {
      if (context.exclusive && !hasRoom(context, 2, "transport.survives")) return;
      const { request, answer, statusOf, words } = dialect;
      const both = await withBystander(context.connect);
      if (!both) return;
      const text = JSON.stringify(request);
      const half = { opcode: OPCODE.text, payload: Uint8Array.of(0x61, 0xe2, 0x82) };
      // Nothing that another case sends comes between them.
      await Promise.all([
        both.client.write({ type: "violation", data: "a text that is cut off in a character" }, encode(half)),
        both.bystander.write({ type: "text", data: text }, encode({ opcode: OPCODE.text, payload: text })),
      ]);
      const expected = { const: "success", title: `the ${words.request} of the bystander is carried out` };
      context.check("transport.survives", statusOf(await answer(both.bystander)), expected);
    },
  });

/** Every code that a client may send, but 1000, and with some of them a reason. */
const LEGAL: readonly (readonly [code: number, reason?: string])[] = [
  ...[1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999].map(
    (code) => [code] as const,
  ),
  [1001, "bye"],
  [3000, "tschüß"],
  [4999, "x".repeat(123)],
];

const closesByCode = (dialect: Dialect) =>
  LEGAL.map(([code, reason]) => {
    const words = `code ${code}${reason === undefined ? "" : ` and a reason of ${Buffer.byteLength(reason)} bytes`}`;
    return dialect.scenario({
      id: `transport/close-with-${slug(words)}`,
      title: `a client closes its connection with ${words}`,
      given: [code, reason],
      tests: ["transport.survives"],
      run: (context) =>
        besideBystander(dialect, context, "transport.survives", async (client) => {
          client.close(code, reason);
          await client.closed();
        }),
    });
  });

/**
 * Sends a violation with a request behind it as a fence. A server that carries out a request, be it the one in the violation or the one
 * behind it, did not fail the connection.
 */
async function reaction(
  { request, name, answers, words }: Dialect,
  client: Connection,
  violation: FrameViolation,
): Promise<string | Nothing> {
  const bytes = bytesOf(violation);
  const payload = Buffer.concat(violation.frames.map((frame) => Buffer.from((frame.payload ?? "") as Uint8Array)));
  const held = payload.includes(name) ? `, which holds ${name}` : "";
  const data = `${violation.name}${held} (${bytes.length} bytes: ${hex(bytes.subarray(0, 16))}…)`;
  await client.write({ type: "violation", data }, bytes);
  client.send(request);
  return client.wait("the failure of the connection", () => {
    if (answers(client, "success").length > 0) return `the connection did not fail: a ${words.request} was carried out`;
    return isEnded(client) || client.transcript.events.some(isBreach) ? "failed" : undefined;
  });
}

import type { Connection } from "../../harness/connection.ts";
import { encode, OPCODE } from "../../harness/frame.ts";
import type { Nothing } from "../../harness/nothing.ts";
import { isBreach, isEnded } from "../../harness/transcript.ts";
import { slug } from "./ids.ts";
import { DISCONNECT, disconnect, goodbyesOf, scenario } from "./protocol.ts";
import { besideBystander, resetAll } from "./survival.ts";
import { bytesOf, type Violation, violations } from "./violation-inputs.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const text = encode({ opcode: OPCODE.text, payload: JSON.stringify(disconnect) });

const broken = violations.map((violation) =>
  scenario({
    id: `transport/violation-${slug(violation.name.replaceAll(",", ""))}`,
    title: `a client sends ${violation.name}`,
    given: JSON.stringify(violation.frames).slice(0, 1_000),
    tests: [...(violation.requirement ? [violation.requirement] : []), "transport.survives"],
    run: (context) =>
      besideBystander(context, "transport.survives", async (client) => {
        const end = await reaction(client, violation);
        if (!violation.requirement) return;
        context.check(violation.requirement, end, {
          const: "failed",
          title: "a close frame, or the end of the TCP connection, and nothing carried out",
        });
      }),
  }),
);

const resets = Object.entries<Uint8Array>({
  "after the first byte of a frame": text.subarray(0, 1),
  "in the middle of a payload": text.subarray(0, 20),
  "between two fragments": encode({ opcode: OPCODE.text, payload: '{"command":', final: false }),
  "in the middle of a payload of 1 TiB": Buffer.from([0x81, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6]),
}).map(([name, bytes]) =>
  scenario({
    id: `transport/reset-${slug(name)}`,
    title: `a client resets its connection ${name}`,
    given: hex(bytes),
    tests: ["transport.survives"],
    run: (context) =>
      besideBystander(context, "transport.survives", async (client) => {
        await client.write({ type: "violation", data: `half a message: ${hex(bytes)}` }, bytes);
        await resetAll(context.connect, client);
      }),
  }),
);

/** Every code that a client may send, but 1000, and with some of them a reason. */
const LEGAL: readonly (readonly [code: number, reason?: string])[] = [
  ...[1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999].map(
    (code) => [code] as const,
  ),
  [1001, "bye"],
  [3000, "tschüß"],
  [4999, "x".repeat(123)],
];

const codes = LEGAL.map(([code, reason]) => {
  const words = `code ${code}${reason === undefined ? "" : ` and a reason of ${Buffer.byteLength(reason)} bytes`}`;
  return scenario({
    id: `transport/close-with-${words.replaceAll(" ", "-")}`,
    title: `a client closes its connection with ${words}`,
    given: [code, reason],
    tests: ["transport.survives"],
    run: (context) =>
      besideBystander(context, "transport.survives", async (client) => {
        client.close(code, reason);
        await client.closed();
      }),
  });
});

/** What a client sends that breaks RFC 6455, or ends a connection in an unusual way: harmful to nobody else. */
export const violationCases = [...codes, ...broken, ...resets];

/**
 * Sends a violation with a disconnect request behind it, which fences it: a server that carries out a request, be it the one
 * in the violation or the one behind it, did not fail the connection.
 */
async function reaction(client: Connection, violation: Violation): Promise<string | Nothing> {
  const bytes = bytesOf(violation);
  const payload = Buffer.concat(violation.frames.map((frame) => Buffer.from((frame.payload ?? "") as Uint8Array)));
  const held = payload.includes(DISCONNECT) ? `, which holds ${DISCONNECT}` : "";
  const words = `${violation.name}${held} (${bytes.length} bytes: ${hex(bytes.subarray(0, 16))}…)`;
  await client.write({ type: "violation", data: words }, bytes);
  client.send(disconnect);
  return client.wait("the failure of the connection", () => {
    if (goodbyesOf(client, "success").length > 0)
      return "the connection did not fail: a disconnect request was carried out";
    return isEnded(client) || client.transcript.events.some(isBreach) ? "failed" : undefined;
  });
}

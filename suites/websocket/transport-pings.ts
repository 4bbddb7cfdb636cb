import type { Connection } from "../../harness/connection.ts";
import { encode, OPCODE } from "../../harness/frame.ts";
import type { Nothing } from "../../harness/nothing.ts";
import type { WireEvent } from "../../harness/transcript.ts";
import type { Dialect } from "./dialect.ts";
import { expectSuccessOfFrames } from "./transport-fragments.ts";
import { slug } from "./words.ts";

/** The cases of pings and pongs, part of the section "WebSocket transport". */
export function pingCases(dialect: Dialect) {
  const text = JSON.stringify(dialect.request);
  return [
    ...pings(dialect),
    ...pongs(dialect),

    dialect.scenario({
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

    dialect.scenario({
      id: "transport/ping-between-fragments",
      title: `a client sends a ping between the fragments of a ${dialect.words.request}, and the rest once it has the pong`,
      tests: ["transport.ping", "transport.fragmentation"],
      async run({ connect, check }) {
        const client = await connect();
        const half = encode({ opcode: OPCODE.text, payload: text.slice(0, 9), final: false });
        await client.write({ type: "text", data: text }, half);
        if (!check("transport.ping", await answerToPing(client, "between"))) return;
        await client.write(undefined, encode({ opcode: OPCODE.continuation, payload: text.slice(9) }));
        check("transport.fragmentation", dialect.statusOf(await dialect.answer(client)), { const: "success" });
      },
    }),
  ];
}

const pings = ({ scenario }: Dialect) =>
  Object.entries<string | Uint8Array>({
    "no payload": "",
    "1 byte": "a",
    "125 bytes": "x".repeat(125),
    "125 bytes that are no text": Uint8Array.from({ length: 125 }, (_, i) => 255 - i),
    "125 bytes from 0": Uint8Array.from({ length: 125 }, (_, i) => i),
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

const pongs = (dialect: Dialect) =>
  Object.entries({ "no payload": "", "125 bytes": "x".repeat(125) }).map(([name, payload]) =>
    dialect.scenario({
      id: `transport/pong-with-${slug(name)}`,
      title: `a client sends a pong with ${name} that nobody asked for, and then a ${dialect.words.request}`,
      given: payload,
      tests: ["transport.ping"],
      run: (context) =>
        expectSuccessOfFrames(
          dialect,
          context,
          "transport.ping",
          encode({ opcode: OPCODE.pong, payload }),
          encode({ opcode: OPCODE.text, payload: JSON.stringify(dialect.request) }),
        ),
    }),
  );

/** Sends a ping, which only clients mask, and awaits the pong of the same payload. */
export async function answerToPing(
  client: Connection,
  payload: string | Uint8Array,
  masked = true,
): Promise<string | Nothing> {
  const data = Buffer.from(payload as Uint8Array).toString("base64");
  await client.write({ type: "ping", data }, encode({ opcode: OPCODE.ping, payload, masked }));
  const isPong = ({ from, type, ...event }: WireEvent) =>
    from === "server" && type === "pong" && "data" in event && event.data === data;
  return client.wait("a pong", () =>
    client.transcript.events.some(isPong) ? "a pong of the same payload" : undefined,
  );
}

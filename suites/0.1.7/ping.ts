import type { Connection } from "../../harness/connection.ts";
import { encode, OPCODE } from "../../harness/frame.ts";
import type { Nothing } from "../../harness/nothing.ts";

/** Sends a ping and awaits the pong of the same payload. */
export async function answerToPing(client: Connection, payload: string | Uint8Array): Promise<string | Nothing> {
  const data = Buffer.from(payload as Uint8Array).toString("base64");
  await client.write({ type: "ping", data }, encode({ opcode: OPCODE.ping, payload }));
  const isPong = ({ from, type, ...event }: Connection["transcript"]["events"][number]) =>
    from === "server" && type === "pong" && "data" in event && event.data === data;
  return client.wait("a pong", () =>
    client.transcript.events.some(isPong) ? "a pong of the same payload" : undefined,
  );
}

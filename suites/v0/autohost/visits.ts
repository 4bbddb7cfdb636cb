import type { Connection } from "../../../harness/connection.ts";
import { nothing } from "../../../harness/nothing.ts";
import type { Context } from "../../../harness/scenario.ts";
import { cameWith } from "../../../harness/upgrade.ts";
import type { AutohostRequirementId } from "../../../schemas/v0/autohost-requirements.ts";
import { slug } from "../../websocket/words.ts";
import { autohostCase as scenario } from "./talk.ts";

const STATUS = { kind: "event", name: "autohost/status" } as const;

/** The cases of the section "An autohost connects". */
export const arrivalCases = [
  scenario({
    id: "autohost/connects",
    title: "an autohost connects",
    tests: ["client.authorization", "client.subprotocol", "client.status"],
    async run({ peer, check }) {
      const client = await peer({ fresh: true });
      if (!client.opened) return;
      check("client.authorization", cameWith(client.transcript, "authorization"), {
        title: "Authorization: Bearer <access token>",
        type: "string",
        pattern: "^[Bb]earer +[\\w.~+/-]+=*$",
      });
      check("client.subprotocol", cameWith(client.transcript, "sec-websocket-protocol"), {
        title: "Sec-WebSocket-Protocol: v0.tachyon",
        type: "string",
        pattern: "(^|, *)v0(\\.(0|[1-9]\\d*))?\\.tachyon *(,|$)",
      });
      check("client.status", await client.next(STATUS));
    },
  }),
];

/** The ways in which a server ends a connection. */
const ENDS: Readonly<Record<string, (client: Connection) => void>> = {
  "closes with 1000": (client) => client.close(1000),
  "closes with 1001, since it goes away": (client) => client.close(1001, "the server is started again"),
  "closes with 1008 and a reason": (client) => client.close(1008, "conformance"),
  "closes without a code": (client) => client.close(),
  "resets the TCP connection": (client) => client.reset(),
};

/** The cases in which a connection ends. */
export const returnCases = Object.entries(ENDS).map(([what, end]) =>
  scenario({
    id: `returns/server-${slug(what)}`,
    title: `the server ${what}`,
    given: what,
    tests: ["client.reconnects", "client.status", ...(what.startsWith("closes") ? (["transport.close"] as const) : [])],
    async run({ peer, check }: Context<AutohostRequirementId>) {
      const client = await peer({ name: "first" });
      if (!client.opened) return;
      end(client);
      if (what.startsWith("closes"))
        check("transport.close", await client.closed(), {
          title: "a close frame that answers it",
          type: "object",
          properties: { frame: { const: true } },
        });
      const again = await peer({ name: "again", fresh: true });
      if (!check("client.reconnects", again.opened ? "it came again" : nothing(again.failure ?? ""))) return;
      check("client.status", await again.next(STATUS));
    },
  }),
);

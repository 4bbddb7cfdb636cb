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
const ENDS: Readonly<Record<string, { readonly end: (client: Connection) => void; readonly closes: boolean }>> = {
  "closes with 1000": { end: (client) => client.close(1000), closes: true },
  "closes with 1001, since it goes away": {
    end: (client) => client.close(1001, "the server is started again"),
    closes: true,
  },
  "closes with 1008 and a reason": { end: (client) => client.close(1008, "conformance"), closes: true },
  "closes without a code": { end: (client) => client.close(), closes: true },
  "resets the TCP connection": { end: (client) => client.reset(), closes: false },
};

/** The cases in which a connection ends. */
export const returnCases = Object.entries(ENDS).map(([what, { end, closes }]) =>
  scenario({
    id: `returns/server-${slug(what)}`,
    title: `the server ${what}`,
    given: what,
    tests: ["client.reconnects", "client.status", ...(closes ? (["transport.close"] as const) : [])],
    async run({ peer, check }: Context<AutohostRequirementId>) {
      const client = await peer({ name: "first" });
      if (!client.opened) return;
      end(client);
      if (closes)
        check("transport.close", await client.closed(), {
          title: "a close frame that answers it",
          type: "object",
          properties: { frame: { const: true } },
        });
      const again = await peer({ name: "again", fresh: true });
      if (!check("client.reconnects", again.opened ? "it came again" : nothing(again.failure?.code ?? ""))) return;
      check("client.status", await again.next(STATUS));
    },
  }),
);

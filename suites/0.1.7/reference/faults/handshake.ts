import { webSocketFaults } from "../../../websocket/faults.ts";
import { BAD_REQUEST } from "../../../websocket/hosting.ts";
import type { Faults } from "./fault.ts";

/** Faults of the handshake, as far as they concern what few clients send. */
export const handshakeFaults: Faults = {
  "refuses-what-browsers-send": {
    says: "Refuses a handshake with an Origin or a Cookie.",
    breaks: "transport.handshake",
    change: () => ({
      upgrade: ({ headers: { origin, cookie } }, tcp) =>
        (origin ?? cookie) === undefined ? tcp : tcp.end(BAD_REQUEST),
    }),
  },
  "keeps-white-space-around-header-values": webSocketFaults["keeps-white-space-around-header-values"],
  "resets-its-inflater": {
    says: "Accepts permessage-deflate, and reads each message as if none had been compressed before it.",
    breaks: "transport.extensions",
    change: ({ webSocket, malformed }) => ({
      webSocket: { ...webSocket, perMessageDeflate: { clientNoContextTakeover: true } },
      handshake(lines) {
        for (const [i, line] of lines.entries()) lines[i] = line.replace("; client_no_context_takeover", "");
      },
      malformed(client, text, binary) {
        if (!text.includes("conformance/unknown/request")) return malformed(client, text, binary);
        client.say({ command: "conformance/unknown/response", status: "failed", reason: "invalid_command" });
      },
    }),
  },
};

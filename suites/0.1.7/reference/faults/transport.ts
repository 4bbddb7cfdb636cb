import { encode, OPCODE } from "../../../../harness/frame.ts";
import { framesIn, isControl } from "../../../websocket/editing.ts";
import { editing, rewriting, webSocketFaults } from "../../../websocket/faults.ts";
import type { Client } from "../behaviour.ts";
import { dropAll, type Faults, type ReferenceFault } from "./fault.ts";
import { frameFaults } from "./frames.ts";
import { handshakeFaults } from "./handshake.ts";

/** A change that drops all connections, as if the server started again. */
const dying =
  (when: (die: () => void) => ReturnType<ReferenceFault["change"]>): ReferenceFault["change"] =>
  ({ everybody }) =>
    when(() => dropAll(everybody));

/** Faults of the section "WebSocket transport". */
export const transportFaults: Faults = {
  "wants-connection-upgrade-alone": {
    says: "Refuses a handshake whose Connection header is not just Upgrade.",
    breaks: "transport.handshake",
    change: () => ({
      upgrade: (request, tcp) =>
        /^upgrade$/i.test(request.headers.connection ?? "") ? tcp : tcp.end("HTTP/1.1 400 Bad Request\r\n\r\n"),
    }),
  },
  "wants-upgrade-last-in-connection": {
    says: "Refuses a handshake whose Connection header names something behind Upgrade.",
    breaks: "transport.handshake",
    change: () => ({
      upgrade: (request, tcp) =>
        /upgrade$/i.test(request.headers.connection ?? "") ? tcp : tcp.end("HTTP/1.1 400 Bad Request\r\n\r\n"),
    }),
  },
  "forgets-the-upgrade-header": {
    says: "Answers a handshake with 200 where the client does not write Upgrade as browsers do.",
    breaks: "transport.handshake",
    change: () => ({
      upgrade: (request, tcp) =>
        request.headers.upgrade === "websocket" && request.rawHeaders.includes("Upgrade")
          ? tcp
          : tcp.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    }),
  },
  "miscalculates-the-accept-key": {
    says: "Answers every handshake with a wrong Sec-WebSocket-Accept.",
    breaks: "transport.handshake",
    change: () => ({
      handshake(lines) {
        for (const [i, line] of lines.entries())
          if (/^sec-websocket-accept/i.test(line)) lines[i] = "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=";
      },
    }),
  },
  "leaves-plain-http-hanging": {
    says: "Does not answer HTTP requests that ask for no WebSocket.",
    breaks: "transport.http",
    change: () => ({ http() {} }),
  },
  "selects-a-subprotocol-of-its-own": {
    says: "Selects a subprotocol that the client did not offer, where it offered others.",
    breaks: "transport.subprotocol",
    change: () => ({ webSocket: { handleProtocols: () => "tachyon" } }),
  },
  "selects-a-subprotocol-unasked": {
    says: "Selects a subprotocol though the client offered none.",
    breaks: "transport.subprotocol",
    change: () => ({ handshake: (lines) => void lines.push("Sec-WebSocket-Protocol: tachyon") }),
  },
  "pretends-to-compress": {
    says: "Accepts permessage-deflate where it is offered, and cannot read what is compressed.",
    breaks: "transport.extensions",
    also: ["termination.announced"],
    change: () => ({
      handshake(lines, { headers }) {
        if (headers["sec-websocket-extensions"]?.includes("permessage-deflate"))
          lines.push("Sec-WebSocket-Extensions: permessage-deflate");
      },
    }),
  },
  "compresses-unasked": {
    says: "Negotiates permessage-deflate though the client did not offer it.",
    breaks: "transport.extensions",
    change: () => ({
      handshake(lines, { headers }) {
        if (!headers["sec-websocket-extensions"]?.includes("permessage-deflate"))
          lines.push("Sec-WebSocket-Extensions: permessage-deflate");
      },
    }),
  },
  "has-room-for-1-kib-of-compressed-text": webSocketFaults["has-room-for-1-kib-of-compressed-text"],
  "does-not-inflate-final-blocks": webSocketFaults["does-not-inflate-final-blocks"],
  "ignores-pings": webSocketFaults["ignores-pings"],
  "forgets-what-a-ping-holds": {
    says: "Answers every ping with a pong without a payload.",
    breaks: "transport.ping",
    change: editing(() => (frame) => (frame.opcode === OPCODE.ping ? { ...frame, payload: "" } : frame)),
  },
  "does-not-join-fragments": {
    says: "Takes the first fragment of a message for all of it.",
    breaks: "transport.fragmentation",
    change: editing(() => (frame) => {
      if (frame.opcode === OPCODE.continuation) return undefined;
      return frame.opcode === OPCODE.text ? { ...frame, final: true } : frame;
    }),
  },
  "allows-two-fragments": webSocketFaults["allows-two-fragments"],
  "loses-fragments-to-another-client": webSocketFaults["loses-fragments-to-another-client"],
  "ignores-empty-fragments": {
    says: "Leaves aside fragments that hold nothing, the last ones too.",
    breaks: "transport.fragmentation",
    change: editing(
      () => (frame) => (frame.opcode === OPCODE.continuation && frame.payload.length === 0 ? undefined : frame),
    ),
  },
  "reads-one-frame-per-segment": webSocketFaults["reads-one-frame-per-segment"],
  "reads-whole-frames-only": {
    says: "Throws away a frame that does not come in one TCP segment.",
    breaks: "transport.segmentation",
    change: rewriting(() => (bytes) => Buffer.concat(framesIn(bytes).map(encode))),
  },
  "reads-the-handshake-in-one-go": {
    says: "Drops a connection whose handshake does not come in one TCP segment.",
    breaks: "transport.segmentation",
    change: () => ({
      connection: (tcp) => void tcp.once("data", (bytes) => bytes.includes("\r\n\r\n") || tcp.destroy()),
    }),
  },
  "waits-a-moment-for-a-frame": webSocketFaults["waits-a-moment-for-a-frame"],
  "ignores-close-frames": webSocketFaults["ignores-close-frames"],
  "drops-all-over-an-empty-connection": webSocketFaults["drops-all-over-an-empty-connection"],
  "dies-of-bad-frames": {
    says: "Drops all connections, as if it started again, when a client breaks the WebSocket protocol.",
    breaks: "transport.survives",
    change: dying((die) => ({ violated: die })),
  },
  "dies-of-resets": {
    says: "Drops all connections, as if it started again, when a connection is reset.",
    breaks: "transport.survives",
    change: dying((die) => ({ gone: (_, code) => void (code === 1006 && die()), unreadable: die })),
  },
  "dies-of-ends-without-a-close-frame": {
    says: "Drops all connections, as if it started again, when a client ends its TCP connection without a close frame.",
    breaks: "transport.survives",
    change: dying((die) => {
      const violators = new Set<Client>(); // Their connections are ended for that.
      return {
        violated: (client) => void violators.add(client),
        gone(client, code) {
          const { headers, socket } = client.request;
          // A client whose subprotocol was not selected leaves so, too.
          const isAlien = violators.has(client) || headers["sec-websocket-protocol"] !== undefined;
          if (code === 1006 && socket.readableEnded && !isAlien) die();
        },
      };
    }),
  },
  "dies-of-close-codes": {
    says: "Drops all connections, as if it started again, when a client closes with a code other than 1000.",
    breaks: "transport.survives",
    change: dying((die) => ({ gone: (_, code) => void ([1000, 1005, 1006].includes(code) || die()) })),
  },
  "dies-of-long-lengths": {
    says: "Drops all connections, as if it started again, when the length of a frame takes more bytes than it needs.",
    breaks: "transport.survives",
    change: (normal) => {
      const die = () => dropAll(normal.everybody);
      return editing(() => (frame) => {
        if (frame.lengthBytes === 8 && frame.payload.length < 65_536) die();
        return frame;
      })(normal);
    },
  },
  "dies-of-odd-requests": {
    says: "Drops all connections, as if it started again, when it cannot make sense of a handshake.",
    breaks: "transport.survives",
    change: dying((die) => ({
      unreadable: die,
      upgrade({ method, url = "", headers }, tcp) {
        const odd =
          (headers.origin !== undefined && headers.origin !== `http://${headers.host}`) ||
          !headers["sec-websocket-key"] ||
          headers["sec-websocket-version"] !== "13" ||
          !/^[\w.:]+$/.test(headers.host ?? "");
        if (odd || method !== "GET" || !/^\/(?!\/)[^%?]*(\?([^%]|%[0-9a-f]{2}){0,2000})?$/i.test(url)) die();
        return tcp;
      },
    })),
  },
  "upgrades-anything": webSocketFaults["upgrades-anything"],
  "reads-frames-without-a-mask": webSocketFaults["reads-frames-without-a-mask"],
  "ignores-reserved-bits": webSocketFaults["ignores-reserved-bits"],
  "ignores-reserved-opcodes": {
    says: "Leaves frames with reserved opcodes aside.",
    breaks: "transport.reserved",
    change: editing(() => (frame) => ([0, 1, 2, 8, 9, 10].includes(frame.opcode) ? frame : undefined)),
  },
  "does-not-check-utf8": webSocketFaults["does-not-check-utf8"],
  "accepts-long-control-frames": webSocketFaults["accepts-long-control-frames"],
  "joins-control-frames": {
    says: "Accepts control frames in fragments.",
    breaks: "transport.control-frames",
    change: editing(() => {
      let open = false;
      return (frame) => {
        const continues = open && frame.opcode === OPCODE.continuation;
        if (isControl(frame) || continues) open = !frame.final;
        if (continues) return undefined;
        return isControl(frame) ? { ...frame, final: true } : frame;
      };
    }),
  },
  ...handshakeFaults,
  ...frameFaults,
};

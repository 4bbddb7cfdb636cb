import { encode, type Frame, OPCODE } from "../../../../harness/frame.ts";
import { edited, framesIn, isControl, type WholeFrame } from "../../../websocket/editing.ts";
import { editing, rewriting } from "../../../websocket/faults.ts";
import { type Behaviour, refusal } from "../behaviour.ts";
import { commandIn, dropAll, type Faults, refusing } from "./fault.ts";

/** Tells if a segment begins with a short frame whose masking key is zeros. */
const hasKeyOfZeros = (bytes: Buffer) =>
  bytes.length > 6 && bytes.readUInt8(1) > 0x80 && bytes.readUInt8(1) < 0x80 + 126 && bytes.readUInt32BE(2) === 0;

/** A change that edits each frame of a client, and knows if a message in fragments is open. */
const knowingIfOpen = (edit: (frame: WholeFrame, open: boolean) => Frame | undefined) =>
  editing(() => {
    let open = false;
    return (frame) => {
      if (!isControl(frame)) open = !frame.final;
      return edit(frame, open);
    };
  });

/** Answers an unknown request by its name, and lives on with the client. */
const livingOn =
  ({ malformed }: Behaviour): Behaviour["malformed"] =>
  (client, text, binary) => {
    const command = binary ? undefined : commandIn(text);
    if (!command || !/^conformance\/.*\/request$/.test(command)) return malformed(client, text, binary);
    client.say({ ...refusal, command: command.replace(/request$/, "response") });
  };

/** Faults in reading frames, as far as they concern what few clients send. */
export const frameFaults: Faults = {
  "takes-pongs-for-messages": {
    says: "Takes a pong for a message where none is in fragments.",
    breaks: "transport.ping",
    change: knowingIfOpen((frame, open) =>
      frame.opcode === OPCODE.pong && !open ? { ...frame, opcode: OPCODE.text } : frame,
    ),
  },
  "takes-a-key-of-zeros-for-none": {
    says: "Takes a frame for unmasked whose masking key is zeros.",
    breaks: "transport.masking",
    change: rewriting(() => (bytes) => {
      if (!hasKeyOfZeros(bytes)) return bytes;
      return Buffer.concat([Uint8Array.of(bytes.readUInt8(0), bytes.readUInt8(1) & 0x7f), bytes.subarray(6)]);
    }),
  },
  "leaves-compressed-fragments-aside": {
    says: "Accepts permessage-deflate, and leaves a compressed message in fragments aside.",
    breaks: "transport.extensions",
    change: (normal) => ({
      ...editing(() => {
        let aside = false;
        return (frame) => {
          if (isControl(frame)) return frame;
          if (frame.opcode !== OPCODE.continuation) aside = (frame.reserved & 4) > 0 && !frame.final;
          return aside ? undefined : frame;
        };
      })(normal),
      webSocket: { ...normal.webSocket, perMessageDeflate: true },
    }),
  },
  "takes-fragments-for-the-next-message-too": {
    says: "Lives on with a client that sends an unknown command, and takes its fragments for the beginning of the next message, too.",
    breaks: "transport.fragmentation",
    change: (normal) => ({
      ...editing(() => {
        let parts: Uint8Array[] = [];
        let left: Uint8Array[] = [];
        return (frame) => {
          if (isControl(frame)) return frame;
          const isFirst = frame.opcode !== OPCODE.continuation;
          const payload = isFirst ? Buffer.concat([...left, frame.payload]) : frame.payload;
          parts = isFirst ? [frame.payload] : [...parts, frame.payload];
          left = frame.final && !isFirst ? parts : [];
          return { ...frame, payload };
        };
      })(normal),
      malformed: livingOn(normal),
    }),
  },
  "reads-nothing-behind-an-unknown-command-in-a-segment": {
    says: "Lives on with a client that sends an unknown command, and leaves aside what stands behind that in the same TCP segment.",
    breaks: "transport.segmentation",
    change: (normal) => ({
      ...rewriting(() => (bytes) => {
        const unknown = framesIn(bytes).findIndex(({ payload }) => String(payload).includes("conformance/unknown"));
        return unknown < 0
          ? bytes
          : Buffer.concat(
              framesIn(bytes)
                .slice(0, unknown + 1)
                .map(encode),
            );
      })(normal),
      malformed: livingOn(normal),
    }),
  },
  "ignores-pings-behind-an-unknown-command": {
    says: "Lives on with a client that sends an unknown command, and answers no ping of it any more.",
    breaks: "transport.ping",
    change: (normal) => ({
      ...editing(() => {
        let unknown = false;
        return (frame) => {
          if (frame.opcode === OPCODE.text) unknown ||= String(frame.payload).includes("conformance/");
          return unknown && frame.opcode === OPCODE.ping ? undefined : frame;
        };
      })(normal),
      malformed: livingOn(normal),
    }),
  },
  "ignores-what-is-not-compressed": {
    says: "Accepts permessage-deflate where it is offered, and leaves a message aside there that is not compressed.",
    breaks: "transport.extensions",
    change: ({ webSocket }) => ({
      upgrade: ({ headers }, tcp) =>
        headers["sec-websocket-extensions"]
          ? edited(tcp, (it) => (it.opcode === OPCODE.text && (it.reserved & 4) === 0 ? undefined : it))
          : tcp,
      webSocket: { ...webSocket, perMessageDeflate: true },
    }),
  },
  "ignores-close-frames-with-a-reason": {
    says: "Does not answer a close frame that holds a reason.",
    breaks: "transport.close",
    change: editing(() => (frame) => (frame.opcode === OPCODE.close && frame.payload.length > 2 ? undefined : frame)),
  },
  "ignores-close-frames-between-fragments": {
    says: "Does not answer a close frame in the middle of a message in fragments.",
    breaks: "transport.close",
    change: knowingIfOpen((frame, open) => (frame.opcode === OPCODE.close && open ? undefined : frame)),
  },
  "allows-64-fragments": {
    says: "Ends the connection over a message in more than 64 fragments.",
    breaks: "transport.fragmentation",
    change: ({ webSocket }) => ({ webSocket: { ...webSocket, maxFragments: 64 } }),
  },
  "ignores-pings-of-other-versions": {
    says: "Does not answer pings of clients of another version.",
    breaks: "transport.ping",
    change: () => ({
      upgrade: ({ url = "" }, tcp) =>
        url.includes("=0.1.7") ? tcp : edited(tcp, (it) => (it.opcode === OPCODE.ping ? undefined : it)),
    }),
  },
  "dies-of-bad-compression": {
    says: "Accepts permessage-deflate, and drops all connections when a message cannot be inflated.",
    breaks: "transport.survives",
    change: ({ everybody, webSocket }) => ({
      webSocket: { ...webSocket, perMessageDeflate: true },
      violated: ({ request }) => request.headers["sec-websocket-extensions"] && dropAll(everybody),
    }),
  },
  "ignores-the-fin-of-control-frames": {
    says: "Reads a control frame as if it were whole, whatever it says.",
    breaks: "transport.control-frames",
    change: editing(() => (frame) => (isControl(frame) ? { ...frame, final: true } : frame)),
  },
  "refuses-noncharacters": {
    says: "Refuses a text with noncharacters of Unicode in it.",
    breaks: "transport.unicode",
    change: refusing((text) => /\p{Noncharacter_Code_Point}/u.test(text)),
  },
  "knows-few-planes": {
    says: "Refuses a request with characters of planes of Unicode in which nothing stands yet.",
    breaks: "transport.unicode",
    also: ["disconnect.extra-properties"],
    change: refusing((text) => commandIn(text) !== undefined && /[\u{40000}-\u{dfffd}]/u.test(text)),
  },
};

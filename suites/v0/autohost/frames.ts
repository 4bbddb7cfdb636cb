import { encode, OPCODE } from "../../../harness/frame.ts";
import { isNothing } from "../../../harness/nothing.ts";
import { heard } from "../../../harness/transcript.ts";
import { EVERY_PLANE } from "../../websocket/requests.ts";
import { answerToPing } from "../../websocket/transport-pings.ts";
import { asSent, slug } from "../../websocket/words.ts";
import { responseTo } from "../dialect.ts";
import { judgeRefusal, malformedTexts } from "../malformed.ts";
import { afterAll, SUBSCRIBE, SUBSCRIPTION, autohostCase as scenario, subscribe } from "./talk.ts";

const PINGS: Readonly<Record<string, string>> = { "no payload": "", "1 byte": "a", "125 bytes": "x".repeat(125) };

const pings = Object.entries(PINGS).map(([name, payload]) =>
  scenario({
    id: `transport/ping-with-${slug(name)}`,
    title: `the server sends a ping with ${name}`,
    given: payload,
    tests: ["transport.ping"],
    async run({ peer, check }) {
      check("transport.ping", await answerToPing(await peer(), payload, false));
    },
  }),
);

/** The ways to cut a message into the payloads of its frames. */
const CUTS: Readonly<Record<string, (text: string) => readonly string[]>> = {
  "two fragments": (text) => [text.slice(0, 9), text.slice(9)],
  "a fragment for each byte": (text) => [...text],
  "empty fragments at both ends": (text) => ["", text, ""],
};

const fragmented = Object.entries(CUTS).map(([name, cut]) =>
  scenario({
    id: `transport/fragmented-${slug(name)}`,
    title: `the server sends ${SUBSCRIBE} in fragments: ${name}`,
    given: cut("0123456789"),
    tests: ["transport.fragmentation"],
    async run({ peer, check }) {
      const client = await peer();
      const id = `fragmented, ${name}`.slice(0, 36);
      const text = JSON.stringify(subscribe(id));
      const parts = cut(text);
      const frames = parts.map((payload, i) =>
        encode({
          opcode: i === 0 ? OPCODE.text : OPCODE.continuation,
          payload,
          final: i === parts.length - 1,
          masked: false,
        }),
      );
      await client.write({ type: "text", data: text }, Buffer.concat(frames));
      check("transport.fragmentation", await responseTo(client, id, SUBSCRIBE));
    },
  }),
);

/** The cases of RFC 6455 that an autohost has to get right. */
export const frameCases = [
  ...pings,
  ...fragmented,

  scenario({
    id: "transport/every-plane-of-unicode",
    title: `the server sends ${SUBSCRIBE} with a further property that holds characters of every plane`,
    tests: ["transport.unicode"],
    async run({ peer, check }) {
      const client = await peer();
      client.send({ ...subscribe("unicode"), data: { ...SUBSCRIPTION, extra: EVERY_PLANE } });
      check("transport.unicode", await responseTo(client, "unicode", SUBSCRIBE));
    },
  }),
];

/** Each ends a connection, and the client may take its time to come again. */
const SOME = ["a word", "empty", "cut off", "null", "an array", "no type", "no messageId", "a number as commandId"];

const texts = Object.entries(malformedTexts(subscribe("malformed"))).filter(([name]) => SOME.includes(name));

/** The cases of malformed messages that a server sends. */
export const malformedToAutohostCases = [
  ...texts.map(([name, text]) =>
    scenario({
      id: `malformed/${slug(name)}`,
      title: `the server sends ${asSent(text)}`,
      given: text,
      tests: ["malformed.closed", "malformed.code", "malformed.reason"],
      async run({ peer, ...context }) {
        const client = await peer();
        client.send(text);
        await judgeRefusal(client, context);
      },
    }),
  ),

  scenario({
    id: "malformed/binary",
    title: `the server sends ${SUBSCRIBE} in a binary message`,
    tests: ["malformed.binary"],
    async run({ peer, check }) {
      const client = await peer();
      client.send(Buffer.from(JSON.stringify(subscribe("binary"))));
      const after = await afterAll(client);
      const carriedOut = heard(client).some(({ messageId, status }) => messageId === "binary" && status === "success");
      const fate = isNothing(after) ? "not carried out, and the connection is over" : "not carried out";
      check("malformed.binary", carriedOut ? "carried out" : fate, {
        title: "not carried out",
        not: { const: "carried out" },
      });
    },
  }),
];

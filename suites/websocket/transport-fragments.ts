import type { Connection } from "../../harness/connection.ts";
import { bytewise, encode, type Frame, OPCODE } from "../../harness/frame.ts";
import type { Context } from "../../harness/scenario.ts";
import { isEnded, type Message } from "../../harness/transcript.ts";
import type { Dialect } from "./dialect.ts";
import { MALFORMED_ANSWER } from "./malformed-reaction.ts";
import { requestOfLength } from "./requests.ts";
import { hex, slug } from "./words.ts";

const ping: Frame = { opcode: OPCODE.ping, payload: "a" };
const pong: Frame = { opcode: OPCODE.pong, payload: "b" };

/** The cases of messages in fragments and in TCP segments, part of the section "WebSocket transport". */
export const fragmentCases = (dialect: Dialect) => [
  ...fragmented(dialect),
  ...afterFragments(dialect),
  ofTwoClients(dialect),

  dialect.scenario({
    id: "transport/segments-of-the-handshake",
    title: "a client sends its handshake with each byte in a TCP segment of its own",
    tests: ["transport.segmentation"],
    async run({ connect, check }) {
      const { sign, statusOf, words } = dialect;
      const client = await connect({ handshake: { bytewise: true } });
      check("transport.segmentation", statusOf(await sign(client)), { const: "success", title: `a ${words.sign}` });
    },
  }),

  ...segmented(dialect),
  twoInOneSegment(dialect),
  withAPause(dialect),
];

/** The request in fragments, each as the bytes of its frame, by how it is cut. */
function fragmentsOf({ request }: Dialect): Record<string, readonly Uint8Array[]> {
  const text = JSON.stringify(request);
  const euro = Buffer.from(JSON.stringify({ ...request, extra: "€" }));
  return {
    "two fragments": message(text.slice(0, 9), text.slice(9)),
    "a fragment for each byte": message(...text),
    "an empty fragment first": message("", text),
    "empty fragments in the middle": message(text.slice(0, 9), "", "", text.slice(9)),
    "an empty fragment last": message(text, ""),
    "control frames between fragments": message(text.slice(0, 9), ping, text.slice(9, 19), pong, text.slice(19)),
    "100 fragments": [Buffer.concat(message(...partsOf(requestOfLength(request, "message", 200), 2)))],
    "fragments of 200 bytes": message(...partsOf(requestOfLength(request, "message", 800), 200)),
    "a character cut at the border of two fragments": message(euro.subarray(0, -4), euro.subarray(-4)),
  };
}

const fragmented = (dialect: Dialect) =>
  Object.entries(fragmentsOf(dialect)).map(([name, frames]) =>
    dialect.scenario({
      id: `transport/fragmented-${slug(name)}`,
      title: `a client sends a ${dialect.words.request} in fragments: ${name}`,
      given: frames.map(hex),
      tests: ["transport.fragmentation"],
      run: (context) => expectSuccessOfFrames(dialect, context, "transport.fragmentation", ...frames),
    }),
  );

/** A text in parts of so many characters. */
const partsOf = (text: string, length: number) => text.match(new RegExp(`.{1,${length}}`, "g")) ?? [];

const inTwo = (it: Message) => {
  const text = JSON.stringify(it);
  return message(text.slice(0, 9), text.slice(9));
};

const NEITHER = "no request is carried out behind the same command in one frame either";

/** The ways in which the message behind one in fragments comes, with its frames if they are several. */
const seconds = ({ leave }: Dialect): Record<string, readonly [how: string, frames?: readonly Uint8Array[]]> => ({
  whole: ["in one frame"],
  fragmented: ["in two fragments, too", inTwo(leave)],
});

/** Cases of a message behind one in fragments, of which nothing may be left. */
const afterFragments = (dialect: Dialect) =>
  Object.entries(seconds(dialect)).map(([name, [how, second]]) => {
    const { unknown } = dialect;
    const text = JSON.stringify(unknown);
    const frames = inTwo(unknown);
    return dialect.scenario({
      id: `transport/fragmented-and-then-${name}`,
      title: `a client sends an unknown command in two fragments, and then a request to leave ${how}`,
      given: [...frames, ...(second ?? [])].map(hex),
      tests: ["transport.fragmentation"],
      async run({ connect, check }) {
        const whole = await connect({ name: "in one frame" });
        const client = await connect({ name: "in fragments" });
        if (!whole.opened || !client.opened) return;
        whole.send(unknown);
        await client.write({ type: "text", data: text }, ...frames);
        const last = await Promise.all([whole, client].map((it) => outlives(dialect, it)));
        const isCarriedOut = !last.includes(false) && (await leaves(dialect, whole)) === "success";
        const left = isCarriedOut ? await leaves(dialect, client, second) : NEITHER;
        check("transport.fragmentation", left, {
          title: `${dialect.words.goodbye} success, as behind the same command in one frame`,
          enum: ["success", NEITHER],
        });
      },
    });
  });

/** Fragments of one client stand between those of another: each client has its own message. */
const ofTwoClients = ({ answer, request, scenario, statusOf, words }: Dialect) =>
  scenario({
    id: "transport/fragmented-around-another-client",
    title: `a client sends a ${words.request} in two fragments, and between them another one does`,
    given: inTwo(request).map(hex),
    tests: ["transport.fragmentation"],
    async run({ connect, check }) {
      const [first, second] = inTwo(request) as [Buffer, Buffer];
      const sent = { type: "text", data: JSON.stringify(request) } as const;
      const around = await connect({ name: "around" });
      await around.write(sent, first);
      const between = await connect({ name: "between" });
      if (!around.opened || !between.opened) return;
      await between.write(sent, first, second);
      if (!check("transport.fragmentation", statusOf(await answer(between)), { const: "success" })) return;
      await around.write(undefined, second);
      check("transport.fragmentation", statusOf(await answer(around)), { const: "success" });
    },
  });

/** Waits for the answer to an unknown command, if there is one. Tells if the connection lasts. */
export async function outlives(
  { answers, answersTo, isGoodbye, unknown }: Dialect,
  client: Connection,
): Promise<boolean> {
  const answered = () => answersTo(client, unknown)[0] ?? (isEnded(client) || undefined);
  await client.wait(MALFORMED_ANSWER, answered, { owed: false });
  return !isEnded(client) && !answers(client).some(isGoodbye);
}

/** Makes a client ask to leave. Resolves to the status of the answer, or why there is none. */
async function leaves(
  { goodbye, leave, statusOf }: Dialect,
  client: Connection,
  frames?: readonly Uint8Array[],
): Promise<unknown> {
  if (frames) await client.write({ type: "text", data: JSON.stringify(leave) }, ...frames);
  else client.send(leave);
  return statusOf(await goodbye(client));
}

/** The bytes of a head with a length of 16 bits and a mask. */
const HEAD_BYTES = 8;

/** The request in TCP segments, by how it is cut. */
function segmentsOf({ request }: Dialect): Record<string, readonly Uint8Array[]> {
  const text = JSON.stringify(request);
  const whole = encode({ opcode: OPCODE.text, payload: text });
  const long = encode({ opcode: OPCODE.text, payload: requestOfLength(request, "message", 300) });
  return {
    "each byte in a segment of its own": bytewise(whole),
    "the parts of a frame in three segments": [whole.subarray(0, 2), whole.subarray(2, 6), whole.subarray(6)],
    "each byte of the head of a long frame in a segment of its own": [
      ...bytewise(long.subarray(0, HEAD_BYTES)),
      long.subarray(HEAD_BYTES),
    ],
    "a ping and a request in one segment": [Buffer.concat([encode(ping), whole])],
    "two fragments in one segment": [Buffer.concat(message(text.slice(0, 9), text.slice(9)))],
    "a frame and a half and then the rest": [Buffer.concat([encode(ping), whole.subarray(0, 10)]), whole.subarray(10)],
  };
}

const segmented = (dialect: Dialect) =>
  Object.entries(segmentsOf(dialect)).map(([name, segments]) =>
    dialect.scenario({
      id: `transport/segments-${slug(name)}`,
      title: `a client sends a ${dialect.words.request} in TCP segments: ${name}`,
      given: segments.map(hex),
      tests: ["transport.segmentation"],
      run: (context) => expectSuccessOfFrames(dialect, context, "transport.segmentation", ...segments),
    }),
  );

/** Sends the frames of a request in these TCP segments and judges that it is carried out. */
export async function expectSuccessOfFrames<Id extends string>(
  { request, answer, statusOf }: Dialect,
  { connect, check }: Context<Id>,
  requirement: Id,
  ...segments: readonly Uint8Array[]
): Promise<void> {
  const client = await connect();
  await client.write({ type: "text", data: JSON.stringify(request) }, ...segments);
  check(requirement, statusOf(await answer(client)), { const: "success" });
}

/** The frames of one message in fragments, each as bytes, with the control frames that are given between them. */
function message(...parts: readonly (string | Uint8Array | Frame)[]): Buffer[] {
  const isPart = (part: (typeof parts)[number]): part is string | Uint8Array =>
    typeof part === "string" || part instanceof Uint8Array;
  const [first, last] = [parts.findIndex(isPart), parts.findLastIndex(isPart)];
  const frames = parts.map((part, i) =>
    isPart(part) ? { opcode: i === first ? OPCODE.text : OPCODE.continuation, payload: part, final: i === last } : part,
  );
  return frames.map(encode);
}

/** A request behind an unknown command in the same segment is read as one that comes later, where the connection lasts. */
const twoInOneSegment = (dialect: Dialect) =>
  dialect.scenario({
    id: "transport/segments-an-unknown-command-and-a-request-in-one-segment",
    title: "a client sends an unknown command and a request to leave in one TCP segment",
    tests: ["transport.segmentation"],
    async run({ connect, check }) {
      const { goodbye, leave, statusOf, unknown, words } = dialect;
      const client = await connect({ name: "in one segment" });
      if (!client.opened) return;
      client.send(unknown, leave);
      const left = statusOf(await goodbye(client));
      const judge = (came: unknown) =>
        check("transport.segmentation", came, {
          title: `${words.goodbye} success, as where the request comes later`,
          enum: ["success", NEITHER_LATER],
        });
      // Only a failure needs the control: a server that ignores unknown commands makes it wait.
      if (left === "success") return void judge(left);
      const apart = await connect({ name: "in two segments" });
      if (!apart.opened) return;
      apart.send(unknown);
      const isCarriedOut = (await outlives(dialect, apart)) && (await leaves(dialect, apart)) === "success";
      judge(isCarriedOut ? left : NEITHER_LATER);
    },
  });

const NEITHER_LATER = "no request is carried out either that comes later than the same command";

/** The time for which the rest of a frame stays away where a segment was lost, in ms. */
const PAUSE = 500;

const DISMISSED = "the server said goodbye before, as it may at any moment";

/** The number of texts that a client has sent. */
const textsOf = ({ transcript }: Connection): number =>
  transcript.events.filter(({ from, type }) => from === "client" && type === "text").length;

/** A frame of which the network loses a part: that comes again a moment later. */
const withAPause = (dialect: Dialect) =>
  dialect.scenario({
    id: "transport/segments-with-a-pause-in-a-frame",
    title: `a client sends a ${dialect.words.request} in two TCP segments, ${PAUSE} ms apart`,
    tests: ["transport.segmentation"],
    waits: true,
    async run({ connect, check }) {
      const { answer, answers, isGoodbye, request, sign, statusOf } = dialect;
      const text = JSON.stringify(request);
      const frame = encode({ opcode: OPCODE.text, payload: text });
      const client = await connect();
      await sign(client);
      const before = textsOf(client);
      await client.write(
        { type: "text", data: text },
        frame.subarray(0, HEAD_BYTES),
        PAUSE,
        frame.subarray(HEAD_BYTES),
      );
      // The rest is not sent where the connection is over.
      const isDismissed = textsOf(client) === before && answers(client).some(isGoodbye);
      const came = isDismissed ? DISMISSED : statusOf(await answer(client));
      check("transport.segmentation", came, { title: "success", enum: ["success", DISMISSED] });
    },
  });

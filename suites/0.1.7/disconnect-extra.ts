import { ended } from "../../harness/ending.ts";
import { isNothing } from "../../harness/nothing.ts";
import type { ConnectOptions } from "../../harness/scenario.ts";
import { fate, fateOf, mayIgnore } from "../websocket/fate.ts";
import {
  expectSuccess,
  filling,
  lengths,
  rareNumbers,
  rareProperties,
  requestOfLength,
  requestWith,
} from "../websocket/requests.ts";
import { answerToPing } from "../websocket/transport-pings.ts";
import { spaced } from "../websocket/words.ts";
import { dialect } from "./dialect.ts";
import { disconnect, greeting, scenario } from "./protocol.ts";

/** Further properties of a disconnect request. It is valid with any of them. */
const extras: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "a-number": { extra: 1 },
  "an-object": { extra: { nested: ["a", null] } },
  null: { extra: null },
  true: { extra: true },
  false: { extra: false },
  "an-empty-array": { extra: [] },
  "an-array-of-text": { extra: ["a"] },
  "an-empty-text": { extra: "" },
  "an-empty-name": { "": 1 },
  "arrays-20-deep": { extra: JSON.parse("[".repeat(20) + "]".repeat(20)) },
  data: { data: {} },
  "data-that-is-null": { data: null },
  "data-that-is-an-array": { data: [] },
  "data-that-is-a-text": { data: "a" },
  "data-that-is-a-number": { data: 1 },
  "data-that-is-true": { data: true },
  "a-reason": { reason: "conformance" },
  status: { status: "failed" },
  "a-status-of-success": { status: "success" },
  "a-message-id": { messageId: "7c6f4f4e" },
  "a-message-id-that-is-a-number": { messageId: 7 },
  "a-message-id-that-is-an-object": { messageId: {} },
  "a-message-id-that-is-an-array": { messageId: [] },
  // An object that stands for a connection has methods of these names.
  "names-of-a-connection": Object.fromEntries(["send", "close", "on", "emit", "socket"].map((name) => [name, 1])),
  "a-type": { type: "request" },
  "a-name-with-a-dot": { "extra.a": 1 },
  "a-name-with-a-dollar": { $extra: 1 },
  "a-non-ascii-name": { größe: "ü" },
  "a-text-with-quotes": { extra: 'a "b" c' },
  "a-text-with-a-backslash-at-its-end": { extra: "C:\\" },
  "a-long-text": { extra: "x".repeat(4_000) },
  // Where the length of a frame begins to take two bytes more.
  ...Object.fromEntries([125, 126].map((length) => [`${length}-bytes-in-all`, filling(disconnect, length)])),
  "100-properties": Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`property${i}`, i])),
};

const extended = Object.entries(extras).map(([name, extra]) =>
  scenario({
    id: `disconnect/extra-${name}`,
    title: `a client sends a disconnect request with further properties: ${spaced(name)}`,
    given: extra,
    tests: ["disconnect.extra-properties"],
    run: (context) => expectSuccess(dialect, context, "disconnect.extra-properties", { ...disconnect, ...extra }),
  }),
);

const numbered = Object.entries(rareNumbers).map(([name, number]) =>
  scenario({
    id: `disconnect/extra-number-${name}`,
    title: `a client sends a disconnect request with a further number: ${spaced(name)}`,
    given: number,
    tests: ["disconnect.extra-properties"],
    run: (context) =>
      expectSuccess(dialect, context, "disconnect.extra-properties", requestWith(disconnect, `"extra":${number}`)),
  }),
);

/** A property as it is written, or in words where that would not read well. */
const shown = (name: string, property: string) => (property.length < 50 ? property : spaced(name));

const besideBystander = Object.entries(rareProperties).map(([name, property]) =>
  scenario({
    id: `disconnect/extra-${name}`,
    title: `a client sends a disconnect request with a further property, while another is connected: ${shown(name, property)}`,
    given: property,
    tests: ["disconnect.extra-properties", "disconnect.isolated"],
    async run(context) {
      const { connect, check } = context;
      const bystander = await connect({ name: "bystander" });
      await expectSuccess(dialect, context, "disconnect.extra-properties", requestWith(disconnect, property));
      await answerToPing(bystander, "still there?");
      const end = ended(bystander.transcript);
      const lost = end ? "the bystander's connection ended" : "connected";
      check("disconnect.isolated", lost, { const: "connected" }, end);
    },
  }),
);

const LONG_REQUESTS = {
  message: (length: number) => `of ${length} bytes`,
  text: (length: number) => `with a text of ${length} bytes in a further property`,
};

/** The length of the longest request, in bytes. */
const LONGEST_REQUEST = Math.max(...lengths.map(([, length]) => length));

const long = lengths.map(([of, length]) =>
  scenario({
    id: `disconnect/extra-${of}-of-${length}-bytes`,
    title: `a client that was greeted sends a disconnect request ${LONG_REQUESTS[of](length)}`,
    given: { of, length },
    tests: ["disconnect.extra-properties"],
    async run({ connect, check }) {
      const text = requestOfLength(disconnect, of, length);
      const fateFor = async (request: string, options?: ConnectOptions) => {
        const client = await connect(options);
        const greeted = await greeting(client); // It may be lost where a server refuses a message by a reset.
        client.send(request);
        // A client that is not greeted may get no answer at all, so one wait is enough.
        return fate(dialect, client, mayIgnore(request.length) && !isNothing(greeted));
      };
      const its = await fateFor(text);
      const isSure = its === "success" || isNothing(its) || 2 * length > LONGEST_REQUEST;
      // A limit on lengths lets no longer request through. If the same request is carried out now, an answer was lost.
      const isLimit =
        isSure ||
        (await fateFor(text, { name: "as long" })) !== its ||
        (await fateFor(requestOfLength(disconnect, of, 2 * length), { name: "twice as long" })) !== "success";
      const came = isLimit ? its : `${its}, though one twice as long is carried out`;
      check("disconnect.extra-properties", came, fateOf(dialect, text.length));
    },
  }),
);

/** Disconnect requests with further properties, part of the section "Disconnect". */
export const extraCases = [...extended, ...numbered, ...besideBystander, ...long];

import { isEnded } from "../../harness/transcript.ts";
import { extras, lengths, numbers, rare, requestOfLength, requestWith } from "./disconnect-inputs.ts";
import { fate, fateOf, mayIgnore } from "./fate.ts";
import { words } from "./ids.ts";
import { answerToPing } from "./ping.ts";
import { disconnect, expectSuccess, greeting, scenario } from "./protocol.ts";

const extended = Object.entries(extras).map(([name, extra]) =>
  scenario({
    id: `disconnect/extra-${name}`,
    title: `a client sends a disconnect request with further properties: ${words(name)}`,
    given: extra,
    tests: ["disconnect.extra-properties"],
    run: (context) => expectSuccess(context, "disconnect.extra-properties", { ...disconnect, ...extra }),
  }),
);

const numbered = Object.entries(numbers).map(([name, number]) =>
  scenario({
    id: `disconnect/extra-number-${name}`,
    title: `a client sends a disconnect request with a further number: ${words(name)}`,
    given: number,
    tests: ["disconnect.extra-properties"],
    run: (context) => expectSuccess(context, "disconnect.extra-properties", requestWith(`"extra":${number}`)),
  }),
);

/** A property as it is written, or what it is where that would not read well. */
const shown = (name: string, property: string) => (property.length < 50 ? property : words(name));

const upsetting = Object.entries(rare).map(([name, property]) =>
  scenario({
    id: `disconnect/extra-${name}`,
    title: `a client sends a disconnect request with a further property, while another is connected: ${shown(name, property)}`,
    given: property,
    tests: ["disconnect.extra-properties", "disconnect.isolated"],
    async run(context) {
      const { connect, check } = context;
      const bystander = await connect({ name: "bystander" });
      await expectSuccess(context, "disconnect.extra-properties", requestWith(property));
      await answerToPing(bystander, "still there?");
      const lost = isEnded(bystander) ? "the bystander's connection ended" : "connected";
      check("disconnect.isolated", lost, { const: "connected" });
    },
  }),
);

const LONG = {
  message: (length: number) => `of ${length} bytes`,
  text: (length: number) => `with a text of ${length} bytes in a further property`,
};

const long = lengths.map(([of, length]) =>
  scenario({
    id: `disconnect/extra-${of}-of-${length}-bytes`,
    title: `a client that was greeted sends a disconnect request ${LONG[of](length)}`,
    given: { of, length },
    tests: ["disconnect.extra-properties"],
    async run({ connect, check }) {
      const client = await connect();
      await greeting(client); // What a server says before it refuses a message by a reset may be lost.
      const text = requestOfLength(of, length);
      client.send(text);
      check("disconnect.extra-properties", await fate(client, mayIgnore(text.length)), fateOf(text.length));
    },
  }),
);

/** Disconnect requests with further properties, part of the section "Disconnect". */
export const extraCases = [...extended, ...numbered, ...upsetting, ...long];

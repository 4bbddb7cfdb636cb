import { describe } from "../../harness/expect.ts";
import { isEnded } from "../../harness/transcript.ts";
import { extras, lengths, numbers, rare, requestOfLength, requestWith } from "./disconnect-inputs.ts";
import { fate, fateOf } from "./fate.ts";
import { answerToPing } from "./ping.ts";
import { disconnect, expectSuccess, greeting, scenario } from "./protocol.ts";

const words = (name: string) => name.replaceAll("-", " ");

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

const upsetting = Object.entries(rare).map(([name, property]) =>
  scenario({
    id: `disconnect/extra-${name}`,
    title: `a client sends a disconnect request with a further property ${words(name)}, while another is connected`,
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

const long = lengths.map(({ power, of, lengths: some }) =>
  scenario({
    id: `disconnect/extra-length-2-${power}-of-the-${of}`,
    title: `clients send disconnect requests in which the ${of} is about 2^${power} bytes long: ${some.join(", ")}`,
    given: { of, some },
    tests: ["disconnect.extra-properties"],
    async run({ connect, check }) {
      const fates = some.map(async (length) => {
        const client = await connect({ name: `${length} bytes` });
        await greeting(client); // What a server says before it refuses a message by a reset may be lost.
        const text = requestOfLength(of, length);
        client.send(text);
        const expected = fateOf(text.length);
        const title = `of ${length} bytes: ${describe(expected)}`;
        check("disconnect.extra-properties", await fate(client), { ...expected, title });
      });
      await Promise.all(fates);
    },
  }),
);

/** Disconnect requests with further properties, part of the section "Disconnect". */
export const extraCases = [...extended, ...numbered, ...upsetting, ...long];

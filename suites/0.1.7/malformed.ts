import type { Outgoing } from "../../harness/connection.ts";
import { isNothing } from "../../harness/nothing.ts";
import type { Context } from "../../harness/scenario.ts";
import { messages, show } from "../../harness/transcript.ts";
import type { RequirementId } from "../../schemas/0.1.7/requirements.ts";
import { fate, REFUSAL } from "./fate.ts";
import { words } from "./ids.ts";
import { deep, groups, refusable, unspecified, unwatched } from "./malformed-inputs.ts";
import { GREETING, greeting, greetingsOf, scenario } from "./protocol.ts";
import { fenced, patiently, type Reaction, refusalsOf } from "./reaction.ts";
import { besideBystander, judgeSurvival, together } from "./survival.ts";

const malformed = Object.entries(groups).flatMap(([group, inputs]) =>
  inputs.map(({ name, text, near }) =>
    scenario({
      id: `malformed/${group}-${name}`,
      title: `a client sends ${quote(text)}`,
      given: { text, near },
      tests: ["malformed.rejected", "malformed.answered", "malformed.reason", "malformed.usable", "malformed.survives"],
      async run(context) {
        const reaction = await amongOthers(context, text);
        if (!reaction || !judgeRejected(context, reaction)) return;
        judgeAnswer(context, reaction, text);
        judgeUsable(context, reaction);
      },
    }),
  ),
);

const unobserved = Object.entries(unwatched).flatMap(([group, inputs]) =>
  inputs.map(({ name, text }) =>
    scenario({
      id: `malformed/${group}-${name}`,
      title: `a client sends ${quote(text)}`,
      given: text,
      tests: ["malformed.rejected", "malformed.answered", "malformed.reason", "malformed.usable"],
      async run(context) {
        const reaction = await alone(context, text);
        if (!judgeRejected(context, reaction)) return;
        judgeAnswer(context, reaction, text);
        context.check("malformed.usable", reaction.afterwards, USABLE);
      },
    }),
  ),
);

const open = Object.entries(unspecified).map(([name, input]) =>
  scenario({
    id: `malformed/unspecified-${name}`,
    title: `a client sends a disconnect request: ${words(name)}`,
    given: String(input),
    tests: ["malformed.unspecified", "malformed.usable", "malformed.survives"],
    async run(context) {
      const reaction = await amongOthers(context, input);
      if (!reaction) return;
      context.report("malformed.unspecified", `${words(name)}: ${told(reaction)}`);
      judgeUsable(context, reaction);
    },
  }),
);

const doubtful = Object.entries(refusable).map(([name, text]) =>
  scenario({
    id: `malformed/unspecified-${name}`,
    title: `a client sends a disconnect request: ${words(name)}`,
    given: text,
    tests: ["malformed.unspecified", "malformed.usable"],
    async run(context) {
      const reaction = await alone(context, text);
      context.report("malformed.unspecified", `${words(name)}: ${told(reaction)}`);
      context.check("malformed.usable", reaction.afterwards, USABLE);
    },
  }),
);

const nested = Object.entries(deep).map(([name, text]) =>
  scenario({
    id: `malformed/deep-${name}`,
    title: `a client that was greeted sends ${words(name)}, nested 100,000 deep`,
    given: text,
    tests: ["malformed.rejected", "malformed.usable", "malformed.survives"],
    run: (context) =>
      besideBystander<RequirementId>(context, "malformed.survives", async (client) => {
        await greeting(client);
        client.send(text());
        const became = await fate(client);
        const success = became === "success" ? became : "no success";
        if (context.check("malformed.rejected", success, { const: "no success" }))
          context.check("malformed.usable", became, REFUSAL);
      }),
  }),
);

/** The cases of the section "Malformed commands". */
export const malformedCases = [
  ...malformed,
  ...unobserved,
  ...open,
  ...doubtful,
  ...nested,

  scenario({
    id: "malformed/before-the-greeting",
    title: "a client sends a malformed command as soon as it has read the 101",
    tests: ["version.greeting", "version.first"],
    async run({ connect, check }) {
      const client = await connect();
      client.send({ command: "conformance/unknown/request" });
      const greeted = await greeting(client);
      if (!check("version.greeting", greeted)) return;
      const [first] = messages(client.transcript, "server");
      check("version.first", first?.message.command, { const: GREETING });
    },
  }),
];

/** Sends a malformed command while a bystander is connected; judges that the bystander and a newcomer are served on. */
async function amongOthers(context: Context<"malformed.survives">, input: Outgoing): Promise<Reaction | undefined> {
  const { connect } = context;
  const [bystander, client] = (await together(connect, "bystander", "client")) ?? [];
  if (!bystander || !client) return undefined;
  const owed = () => Math.max(1, greetingsOf(bystander));
  const reaction =
    (await fenced(client, input, owed)) ??
    (await patiently(await connect({ name: "client, with patience" }), input, owed));
  await judgeSurvival(context, "malformed.survives", bystander);
  return reaction;
}

/** Sends a malformed command while nobody else is there to be harmed. */
async function alone({ connect }: Context, input: Outgoing): Promise<Reaction> {
  const owed = () => 1;
  return (
    (await fenced(await connect({ name: "client" }), input, owed)) ??
    patiently(await connect({ name: "client, with patience" }), input, owed)
  );
}

/** What became of a command of which the protocol leaves that open. */
function told({ success, refusal }: Reaction): string {
  if (success) return "carried out";
  return isNothing(refusal) ? "ignored" : `refused with ${show(refusal)}`;
}

const judgeRejected = ({ check }: Context<"malformed.rejected">, { success }: Reaction): boolean =>
  check("malformed.rejected", success ?? "no success", { const: "no success" });

function judgeAnswer(
  { check }: Context<"malformed.answered" | "malformed.reason">,
  { refusal }: Reaction,
  text: string,
): void {
  const refusals = refusalsOf(text).map((response) => `${response} failed`);
  if (check("malformed.answered", refusal, { title: refusals.join(" or ") }))
    check("malformed.reason", refusal.reason, { const: "invalid_command" });
}

const USABLE = { title: "a disconnect request is answered, or system/disconnected/response failed came" };

/** Judges what shows that a connection still works, or was ended as it must be. */
function judgeUsable({ check }: Context<"malformed.usable">, { afterwards }: Reaction): void {
  check("malformed.usable", afterwards, USABLE);
}

/** A text as a title can hold it, with what cannot be seen as escapes. */
function quote(text: string): string {
  const all = JSON.stringify(text).replaceAll(
    /(?! )[\p{Z}\p{C}]/gu,
    (it) => `\\u${it.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return all.length > 80 ? `${all.slice(0, 80)}… (${text.length} characters)` : all;
}

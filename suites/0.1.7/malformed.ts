import type { Outgoing } from "../../harness/connection.ts";
import { isNothing } from "../../harness/nothing.ts";
import type { Context } from "../../harness/scenario.ts";
import { messages, show } from "../../harness/transcript.ts";
import { fate, REFUSAL } from "./fate.ts";
import { deep, groups, unspecified } from "./malformed-inputs.ts";
import { GREETING, greeting, greetingsOf, scenario } from "./protocol.ts";
import { fenced, patiently, type Reaction, refusalsOf } from "./reaction.ts";
import { besideBystander, judgeSurvival, type Survival, together } from "./survival.ts";

const NO_CONTROL =
  "a bystander's exact request is not carried out either: see disconnect.answered and disconnect.success";

const malformed = Object.entries(groups).flatMap(([group, inputs]) =>
  inputs.map(({ name, text, near }) =>
    scenario({
      id: `malformed/${group}-${name}`,
      title: `a client sends ${quote(text)}`,
      given: { text, near },
      tests: ["malformed.rejected", "malformed.answered", "malformed.reason", "malformed.usable", "malformed.survives"],
      async run(context) {
        const { check, skip } = context;
        const reaction = await amongOthers(context, text);
        if (!reaction) return;
        if (near && !reaction.control) skip("malformed.rejected", NO_CONTROL);
        else if (!check("malformed.rejected", reaction.success ?? "no success", { const: "no success" })) return;
        const refusals = refusalsOf(text).map((response) => `${response} failed`);
        if (check("malformed.answered", reaction.refusal, { title: refusals.join(" or ") })) {
          check("malformed.reason", reaction.refusal.reason, { const: "invalid_command" });
        }
        judgeUsable(context, reaction);
      },
    }),
  ),
);

const open = Object.entries(unspecified).map(([name, input]) =>
  scenario({
    id: `malformed/unspecified-${name}`,
    title: `a client sends a disconnect request: ${name.replaceAll("-", " ")}`,
    given: String(input),
    tests: ["malformed.unspecified", "malformed.usable", "malformed.survives"],
    async run(context) {
      const reaction = await amongOthers(context, input);
      if (!reaction) return;
      const { success, refusal } = reaction;
      const what = success ? "carried out" : isNothing(refusal) ? "ignored" : `refused with ${show(refusal)}`;
      context.report("malformed.unspecified", `${name.replaceAll("-", " ")}: ${what}`);
      judgeUsable(context, reaction);
    },
  }),
);

const nested = Object.entries(deep).map(([name, text]) =>
  scenario({
    id: `malformed/deep-${name}`,
    title: `a client that was greeted sends ${name.replaceAll("-", " ")}, nested 100,000 deep`,
    given: text,
    tests: ["malformed.usable", "malformed.survives"],
    run: (context) =>
      besideBystander<"malformed.usable" | "malformed.survives">(context, "malformed.survives", async (client) => {
        await greeting(client);
        client.send(text());
        context.check("malformed.usable", await fate(client), REFUSAL);
      }),
  }),
);

/** The cases of the section "Malformed commands". */
export const malformedCases = [
  ...malformed,
  ...open,
  ...nested,

  scenario({
    id: "malformed/before-the-greeting",
    title: "a client sends a malformed command as soon as it has read the 101",
    tests: ["version.greeting", "version.first"],
    async run({ connect, check, skip }) {
      const [bystander, client] = await Promise.all([connect({ name: "bystander" }), connect({ name: "client" })]);
      client.send({ command: "conformance/unknown/request" });
      const [greeted, control] = await Promise.all([greeting(client), greeting(bystander)]);
      if (isNothing(greeted) && isNothing(control))
        return skip("version.greeting", "who says nothing is not greeted either");
      if (!check("version.greeting", greeted)) return;
      const [first] = messages(client.transcript, "server");
      check("version.first", first?.message.command, { const: GREETING });
    },
  }),
];

/** Sends a malformed command while a bystander is connected; judges that the bystander and a newcomer are served on. */
async function amongOthers(
  context: Context<"malformed.survives">,
  input: Outgoing,
): Promise<(Reaction & Survival) | undefined> {
  const { connect } = context;
  const [bystander, client] = (await together(connect, "bystander", "client")) ?? [];
  if (!bystander || !client) return undefined;
  const owed = () => Math.max(1, greetingsOf(bystander));
  const reaction =
    (await fenced(client, input, owed)) ??
    (await patiently(await connect({ name: "client, with patience" }), input, owed));
  return { ...reaction, ...(await judgeSurvival(context, "malformed.survives", bystander)) };
}

/** A connection that does not work afterwards says something only where a request works without a malformed command. */
function judgeUsable(
  { check, skip }: Context<"malformed.usable">,
  { afterwards, control, harmed }: Reaction & Survival,
): void {
  if (isNothing(afterwards) && !control && !harmed) skip("malformed.usable", NO_CONTROL);
  else
    check("malformed.usable", afterwards, {
      title: "a disconnect request is answered, or system/disconnected/response failed came",
    });
}

/** A text as a title can hold it. */
function quote(text: string): string {
  const all = JSON.stringify(text);
  return all.length > 80 ? `${all.slice(0, 80)}… (${text.length} characters)` : all;
}

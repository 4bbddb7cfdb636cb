import type { Outgoing } from "../../harness/connection.ts";
import { isNothing } from "../../harness/nothing.ts";
import type { Context } from "../../harness/scenario.ts";
import { messages, show } from "../../harness/transcript.ts";
import { groups, unspecified } from "./malformed-inputs.ts";
import { GREETING, greeting, greetingsOf, scenario } from "./protocol.ts";
import { fenced, patiently, type Reaction, refusalsOf } from "./reaction.ts";
import { judgeSurvival, together } from "./survival.ts";

const malformed = Object.entries(groups).flatMap(([group, inputs]) =>
  inputs.map(({ name, text, near }) =>
    scenario({
      id: `malformed/${group}-${name}`,
      title: `a client sends ${quote(text)}`,
      given: { text, near },
      tests: ["malformed.rejected", "malformed.answered", "malformed.reason", "malformed.usable", "malformed.survives"],
      async run(context) {
        const { check } = context;
        const reaction = await amongOthers(context, text);
        if (!reaction) return;
        if (!check("malformed.rejected", reaction.success ?? "no success", { const: "no success" })) return;
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

/** The cases of the section "Malformed commands". */
export const malformedCases = [
  ...malformed,
  ...open,

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

/** Judges what shows that a connection still works, or was ended as it must be. */
function judgeUsable({ check }: Context<"malformed.usable">, { afterwards }: Reaction): void {
  check("malformed.usable", afterwards, {
    title: "a disconnect request is answered, or system/disconnected/response failed came",
  });
}

/** A text as a title can hold it. */
function quote(text: string): string {
  const all = JSON.stringify(text);
  return all.length > 80 ? `${all.slice(0, 80)}… (${text.length} characters)` : all;
}

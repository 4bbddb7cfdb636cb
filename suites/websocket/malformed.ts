import type { Outgoing } from "../../harness/connection.ts";
import { isNothing } from "../../harness/nothing.ts";
import type { Case, Context } from "../../harness/scenario.ts";
import { show } from "../../harness/transcript.ts";
import { fate, refusalFate } from "./fate.ts";
import { deepTexts, malformedGroups, refusableTexts, unspecifiedInputs, unwatchedGroups } from "./malformed-inputs.ts";
import type { Means, SharedId } from "./means.ts";
import { fenced, patiently, type Reaction } from "./reaction.ts";
import { besideBystander, judgeSurvival, together } from "./survival.ts";
import { spaced } from "./words.ts";

/** The cases of the section "Malformed commands". */
export const malformedCases = (means: Means): readonly Case[] => [
  ...watched(means),
  ...unwatched(means),
  ...unspecified(means),
  ...refusable(means),
  ...deep(means),
];

const watched = (means: Means) =>
  Object.entries(malformedGroups(means)).flatMap(([group, inputs]) =>
    inputs.map(({ name, text, near }) =>
      means.scenario({
        id: `malformed/${group}-${name}`,
        title: `a client sends ${quote(text)}`,
        given: { text, near },
        tests: [
          "malformed.rejected",
          "malformed.answered",
          "malformed.reason",
          "malformed.usable",
          "malformed.survives",
        ],
        async run(context) {
          const reaction = await amongOthers(means, context, text);
          if (!reaction || !judgeRejected(context, reaction)) return;
          judgeAnswer(means, context, reaction, text);
          judgeUsable(means, context, reaction);
        },
      }),
    ),
  );

const unwatched = (means: Means) =>
  Object.entries(unwatchedGroups(means)).flatMap(([group, inputs]) =>
    inputs.map(({ name, text }) =>
      means.scenario({
        id: `malformed/${group}-${name}`,
        title: `a client sends ${quote(text)}`,
        given: text,
        tests: ["malformed.rejected", "malformed.answered", "malformed.reason", "malformed.usable"],
        async run(context) {
          const reaction = await alone(means, context, text);
          if (!judgeRejected(context, reaction)) return;
          judgeAnswer(means, context, reaction, text);
          judgeUsable(means, context, reaction);
        },
      }),
    ),
  );

const unspecified = (means: Means) =>
  Object.entries(unspecifiedInputs(means)).map(([name, input]) =>
    means.scenario({
      id: `malformed/unspecified-${name}`,
      title: `a client sends a ${means.words.request}: ${spaced(name)}`,
      given: String(input),
      tests: ["malformed.unspecified", "malformed.usable", "malformed.survives"],
      async run(context) {
        const reaction = await amongOthers(means, context, input);
        if (!reaction) return;
        context.report("malformed.unspecified", `${spaced(name)}: ${toldOf(reaction)}`);
        judgeUsable(means, context, reaction);
      },
    }),
  );

const refusable = (means: Means) =>
  Object.entries(refusableTexts(means)).map(([name, text]) =>
    means.scenario({
      id: `malformed/unspecified-${name}`,
      title: `a client sends a ${means.words.request}: ${spaced(name)}`,
      given: text,
      tests: ["malformed.unspecified", "malformed.usable"],
      async run(context) {
        const reaction = await alone(means, context, text);
        context.report("malformed.unspecified", `${spaced(name)}: ${toldOf(reaction)}`);
        judgeUsable(means, context, reaction);
      },
    }),
  );

const deep = (means: Means) =>
  Object.entries(deepTexts).map(([name, text]) =>
    means.scenario({
      id: `malformed/deep-${name}`,
      title: `a client that was ${means.words.served} sends ${spaced(name)}, nested 100,000 deep`,
      given: text,
      tests: ["malformed.rejected", "malformed.usable", "malformed.survives"],
      run: (context) =>
        besideBystander<SharedId>(means, context, "malformed.survives", async (client) => {
          await means.sign(client);
          client.send(text());
          const became = await fate(means, client);
          const success = became === "success" ? became : "no success";
          if (context.check("malformed.rejected", success, { const: "no success" }))
            context.check("malformed.usable", became, refusalFate(means));
        }),
    }),
  );

/** Sends a malformed command while a bystander is connected; judges that the bystander and a newcomer are served on. */
async function amongOthers(
  means: Means,
  context: Context<"malformed.survives">,
  input: Outgoing,
): Promise<Reaction | undefined> {
  const { connect } = context;
  const [bystander, client] = (await together(connect, "bystander", "client")) ?? [];
  if (!bystander || !client) return undefined;
  const reaction =
    (await fenced(means, client, input, bystander)) ??
    (await patiently(means, await connect({ name: "client, with patience" }), input, bystander));
  await judgeSurvival(means, context, "malformed.survives", bystander);
  return reaction;
}

/** Sends a malformed command while nobody else is there to be harmed. */
async function alone(means: Means, { connect }: Context, input: Outgoing): Promise<Reaction> {
  return (
    (await fenced(means, await connect({ name: "client" }), input)) ??
    patiently(means, await connect({ name: "client, with patience" }), input)
  );
}

/** Says what became of a command of which the protocol leaves that open. */
function toldOf({ success, refusal }: Reaction): string {
  if (success) return "carried out";
  return isNothing(refusal) ? "ignored" : `refused with ${show(refusal)}`;
}

const judgeRejected = ({ check }: Context<"malformed.rejected">, { success }: Reaction): boolean =>
  check("malformed.rejected", success ?? "no success", { const: "no success" });

function judgeAnswer(
  { refusalsOf, reasonOf, invalid }: Means,
  { check }: Context<"malformed.answered" | "malformed.reason">,
  { refusal }: Reaction,
  text: string,
): void {
  const refusals = refusalsOf(text).map((response) => `${response} failed`);
  if (check("malformed.answered", refusal, { title: refusals.join(" or ") }))
    check("malformed.reason", reasonOf(refusal), { const: invalid });
}

/** Judges that a connection still works, or was ended as it must be. */
function judgeUsable({ words }: Means, { check }: Context<"malformed.usable">, { afterwards }: Reaction): void {
  check("malformed.usable", afterwards, {
    title: `a ${words.request} is answered, or ${words.goodbye} failed came`,
  });
}

/** A text as a title can hold it, with what cannot be seen as escapes. */
function quote(text: string): string {
  const all = JSON.stringify(text).replaceAll(
    /(?! )[\p{Z}\p{C}]/gu,
    (it) => `\\u${it.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return all.length > 80 ? `${all.slice(0, 80)}… (${text.length} characters)` : all;
}

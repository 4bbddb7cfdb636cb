import type { Connection } from "../../harness/connection.ts";
import type { Outgoing } from "../../harness/deeds.ts";
import { ended } from "../../harness/ending.ts";
import { isNothing } from "../../harness/nothing.ts";
import type { Case, ConnectOptions, Context } from "../../harness/scenario.ts";
import { show } from "../../harness/words.ts";
import type { MalformedDialect, MalformedId } from "./dialect.ts";
import { fate, refusalFate } from "./fate.ts";
import { deepTexts, malformedGroups, refusableTexts, unspecifiedInputs, unwatchedGroups } from "./malformed-inputs.ts";
import { type Reaction, reactTo } from "./malformed-reaction.ts";
import { ACTING, besideBystander, judgeSurvival, withBystander } from "./survival.ts";
import { answerToPing } from "./transport-pings.ts";
import { asSent, sayLost, slug, spaced } from "./words.ts";

/** The cases of the section "Malformed commands". */
export const malformedCases = (dialect: MalformedDialect): readonly Case[] => [
  ...watched(dialect),
  ...unwatched(dialect),
  ...unspecified(dialect),
  ...refusable(dialect),
  ...deep(dialect),
  ...inARow(dialect),
  oneByOne(dialect),
];

const watched = (dialect: MalformedDialect) =>
  Object.entries(malformedGroups(dialect)).flatMap(([group, inputs]) =>
    inputs.map(({ name, text, near }) =>
      dialect.scenario({
        id: `malformed/${group}-${name}`,
        title: `a client sends ${asSent(text)}`,
        given: { text, near },
        tests: [
          "malformed.rejected",
          "malformed.answered",
          "malformed.reason",
          "malformed.usable",
          "malformed.survives",
        ],
        async run(context) {
          const reaction = await amongOthers(dialect, context, text);
          if (!reaction || !judgeRejected(context, reaction)) return;
          judgeAnswer(dialect, context, reaction, text);
          judgeUsable(dialect, context, reaction);
        },
      }),
    ),
  );

const unwatched = (dialect: MalformedDialect) =>
  Object.entries(unwatchedGroups(dialect)).flatMap(([group, inputs]) =>
    inputs.map(({ name, text }) =>
      dialect.scenario({
        id: `malformed/${group}-${name}`,
        title: `a client sends ${asSent(text)}`,
        given: text,
        tests: ["malformed.rejected", "malformed.answered", "malformed.reason", "malformed.usable"],
        async run(context) {
          const reaction = await alone(dialect, context, text);
          if (!judgeRejected(context, reaction)) return;
          judgeAnswer(dialect, context, reaction, text);
          judgeUsable(dialect, context, reaction);
        },
      }),
    ),
  );

const unspecified = (dialect: MalformedDialect) =>
  Object.entries(unspecifiedInputs(dialect)).map(([name, input]) =>
    dialect.scenario({
      id: `malformed/unspecified-${name}`,
      title: `a client sends a ${dialect.words.request}: ${spaced(name)}`,
      given: String(input),
      tests: ["malformed.unspecified", "malformed.usable", "malformed.survives"],
      async run(context) {
        const reaction = await amongOthers(dialect, context, input);
        if (!reaction) return;
        context.report("malformed.unspecified", `${spaced(name)}: ${toldOf(reaction)}`);
        judgeUsable(dialect, context, reaction);
      },
    }),
  );

const refusable = (dialect: MalformedDialect) =>
  Object.entries(refusableTexts(dialect)).map(([name, text]) =>
    dialect.scenario({
      id: `malformed/unspecified-${name}`,
      title: `a client sends a ${dialect.words.request}: ${spaced(name)}`,
      given: text,
      tests: ["malformed.unspecified", "malformed.usable"],
      async run(context) {
        const reaction = await alone(dialect, context, text);
        context.report("malformed.unspecified", `${spaced(name)}: ${toldOf(reaction)}`);
        judgeUsable(dialect, context, reaction);
      },
    }),
  );

const deep = (dialect: MalformedDialect) =>
  Object.entries(deepTexts).map(([name, text]) =>
    dialect.scenario({
      id: `malformed/deep-${name}`,
      title: `a client that was ${dialect.words.served} sends ${spaced(name)}, nested 100,000 deep`,
      given: text,
      tests: ["malformed.rejected", "malformed.usable", "malformed.survives"],
      run: (context) =>
        besideBystander<MalformedId>(dialect, context, "malformed.survives", async (client) => {
          await dialect.sign(client);
          client.send(text());
          const became = await fate(dialect, client);
          const success = became === "success" ? became : "no success";
          if (context.check("malformed.rejected", success, NO_SUCCESS))
            context.check("malformed.usable", became, refusalFate(dialect), ended(client.transcript));
        }),
    }),
  );

/** Malformed commands that one client sends one after another, by what they are: of several kinds, and unknown ones. */
const rowsOf = ({ unknown }: MalformedDialect): Readonly<Record<string, readonly string[]>> => {
  const text = JSON.stringify(unknown);
  return { several: [text, "{}", "banana", "[]", '""'], "five unknown": Array<string>(5).fill(text) };
};

/** The expectation that nothing was carried out. */
const NO_SUCCESS = { const: "no success", title: "no success" } as const;

/** A server may go on serving a connection after a malformed command, so a second command is of no other kind. */
const inARow = (dialect: MalformedDialect): readonly Case[] =>
  Object.entries(rowsOf(dialect)).map(([name, texts]) =>
    dialect.scenario({
      id: `malformed/${slug(name)}-of-one-client`,
      title: `a client sends ${name} malformed commands, and then a ${dialect.words.request}, while its connection lasts`,
      given: texts,
      tests: ["malformed.usable"],
      async run(context) {
        const client = await context.connect(ACTING);
        client.send(...texts, dialect.request);
        await judgeLast(dialect, context, client);
      },
    }),
  );

/** The number of unknown commands: more than a server may bear from one client before it stops serving it. */
const DOZEN = 12;

/** Sends one unknown command after another, each once the one before was read. So no end of TCP can hide a goodbye. */
const oneByOne = (dialect: MalformedDialect): Case =>
  dialect.scenario({
    id: "malformed/twelve-unknown-of-one-client-one-by-one",
    title: `a client sends ${DOZEN} unknown commands, each with a ping, whose pong it awaits, and then a ${dialect.words.request}, while its connection lasts`,
    given: dialect.unknown,
    tests: ["malformed.usable"],
    async run(context) {
      const client = await context.connect(ACTING);
      for (let sent = 0; sent < DOZEN; sent++) {
        client.send(dialect.unknown);
        if (isNothing(await answerToPing(client, `${sent}`))) break;
      }
      client.send(dialect.request);
      await judgeLast(dialect, context, client);
    },
  });

/** Judges what became of a connection on which several commands were sent, with a request as the last. */
async function judgeLast(dialect: MalformedDialect, context: Context<"malformed.usable">, client: Connection) {
  const afterwards = await dialect.answer(client);
  if (isNothing(afterwards) && dialect.mayBeLost(client.transcript))
    return sayLost(context, "malformed.usable", client.transcript);
  judgeUsable(dialect, context, { afterwards });
}

/** The client that sends a command once more, without a fence. */
const PATIENT = { ...ACTING, name: "client, the command alone" };

/**
 * Sends a malformed command while a bystander is connected. Judges that the bystander and a newcomer are still served. `how` is the way in
 * which the client connects.
 */
export async function amongOthers(
  dialect: MalformedDialect,
  context: Context<"malformed.survives">,
  input: Outgoing,
  how: ConnectOptions = {},
): Promise<Reaction | undefined> {
  const { connect } = context;
  const both = await withBystander(connect, how);
  if (!both) return undefined;
  const { bystander, client } = both;
  const reaction = await reactTo(dialect, client, () => connect({ ...how, ...PATIENT }), input, bystander);
  await judgeSurvival(dialect, context, "malformed.survives", bystander);
  return reaction;
}

/** Sends a malformed command while nobody else is there to be harmed. */
const alone = async (dialect: MalformedDialect, { connect }: Context, input: Outgoing): Promise<Reaction> =>
  reactTo(dialect, await connect(ACTING), () => connect(PATIENT), input);

/** Says the fate of a command that the protocol leaves open. */
function toldOf({ success, refusal }: Reaction): string {
  if (success) return "carried out";
  return isNothing(refusal) ? "ignored" : `refused with ${show(refusal)}`;
}

/** Judges that a command was not carried out. */
export const judgeRejected = ({ check }: Context<"malformed.rejected">, { success }: Reaction): boolean =>
  check("malformed.rejected", success ?? "no success", NO_SUCCESS);

function judgeAnswer(
  { refusalsOf, reasonOf, invalid }: MalformedDialect,
  { check }: Context<"malformed.answered" | "malformed.reason">,
  { refusal }: Reaction,
  text: string,
): void {
  const refusals = refusalsOf(text).map((response) => `${response} failed`);
  if (check("malformed.answered", refusal, { title: refusals.join(" or ") }))
    check("malformed.reason", reasonOf(refusal), { const: invalid }, refusal);
}

/** Judges that a connection still works, or was ended as it must be. */
export function judgeUsable(
  { words }: MalformedDialect,
  { check }: Context<"malformed.usable">,
  { afterwards }: Pick<Reaction, "afterwards">,
): void {
  check("malformed.usable", afterwards, {
    title: `a ${words.request} is answered, or ${words.goodbye} failed came`,
  });
}

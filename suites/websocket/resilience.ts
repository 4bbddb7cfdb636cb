import type { Connection } from "../../harness/connection.ts";
import { ended } from "../../harness/ending.ts";
import { isNothing, type Nothing, nothing } from "../../harness/nothing.ts";
import type { Case } from "../../harness/scenario.ts";
import { isEnded, type Message, messages } from "../../harness/transcript.ts";
import type { Dialect, SharedId } from "./dialect.ts";
import { anyFate, fate } from "./fate.ts";
import { deepTexts } from "./malformed-inputs.ts";
import { requestWith } from "./requests.ts";
import { churnCase } from "./resilience-churn.ts";
import { ACTING, besideBystander, hasRoom, judgeSurvival, resetAll, times } from "./survival.ts";
import { slug } from "./words.ts";

/** The cases of the section "Resilience". They put load on a server, one after another, and stop when they know. */
export const resilienceCases = (dialect: Dialect): readonly Case[] => [
  concurrent(dialect),
  churnCase(dialect),
  idle(dialect),
  halfOpen(dialect),
  noEcho(dialect),
  abrupt(dialect),
  flood(dialect),
  ...large(dialect),
  ...deep(dialect),
];

const CLIENTS_AT_ONCE = 100;

const concurrent = ({ scenario, sign, leave, goodbye, statusOf, words }: Dialect) => {
  const successes = (answers: readonly (Message | Nothing)[]) =>
    answers.filter((answer) => statusOf(answer) === "success").length;
  return scenario({
    id: "resilience/concurrent",
    title: `${CLIENTS_AT_ONCE} clients connect at once, and each asks to be disconnected`,
    tests: ["resilience.concurrent"],
    async run(context) {
      const { connect, check, room, exclusive } = context;
      if (exclusive && !hasRoom(context, CLIENTS_AT_ONCE, "resilience.concurrent")) return;
      const clients = await Promise.all(times(Math.min(CLIENTS_AT_ONCE, room), () => connect()));
      const served = successes(await Promise.all(clients.map(sign)));
      const limit = nothing(
        `${served} ${words.sign}s: the target accepts at most ${room} connections at the same time`,
      );
      const came = room < CLIENTS_AT_ONCE ? limit : served;
      const expected = { const: CLIENTS_AT_ONCE, title: `${CLIENTS_AT_ONCE} ${words.sign}s` };
      if (!check("resilience.concurrent", came, expected) && room < CLIENTS_AT_ONCE) return;
      for (const client of clients) client.send(leave);
      const left = successes(await Promise.all(clients.map(goodbye)));
      check("resilience.concurrent", left, {
        const: CLIENTS_AT_ONCE,
        title: `${CLIENTS_AT_ONCE} answers to a disconnect request`,
      });
    },
  });
};

/** Clients that are connected, or half so, while another one comes. */
const IDLE_CLIENTS = 50;
const HALF_OPEN = 20;
const NO_ECHO = 20;

const idle = ({ scenario, sign }: Dialect) =>
  scenario({
    id: "resilience/idle",
    title: `a client connects while ${IDLE_CLIENTS} others are connected and say nothing`,
    tests: ["resilience.idle"],
    async run(context) {
      const { connect, check } = context;
      if (!hasRoom(context, IDLE_CLIENTS + 1, "resilience.idle")) return;
      await Promise.all(times(IDLE_CLIENTS, () => connect({ name: "idle" })));
      check("resilience.idle", await sign(await connect({ name: "newcomer" })));
    },
  });

const halfOpen = ({ scenario, sign }: Dialect) =>
  scenario({
    id: "resilience/half-open",
    title: `a client connects while ${HALF_OPEN} others have sent half of their handshake`,
    tests: ["resilience.half-open"],
    async run(context) {
      const { connect, check } = context;
      if (!hasRoom(context, HALF_OPEN + 1, "resilience.half-open")) return;
      await Promise.all(times(HALF_OPEN, () => connect({ name: "half", handshake: { half: true } })));
      check("resilience.half-open", await sign(await connect({ name: "newcomer" })));
    },
  });

const noEcho = ({ scenario, sign, leave }: Dialect) =>
  scenario({
    id: "resilience/no-echo",
    title: `a client connects while ${NO_ECHO} others, who asked to be disconnected, do not answer the server's close frame`,
    tests: ["resilience.no-echo"],
    async run(context) {
      const { connect, check } = context;
      if (!hasRoom(context, NO_ECHO + 1, "resilience.no-echo")) return;
      const clients = await Promise.all(times(NO_ECHO, () => connect({ name: "ignores the close frame" })));
      for (const client of clients) {
        client.ignore();
        client.send(leave);
      }
      check("resilience.no-echo", await sign(await connect({ name: "newcomer" })));
    },
  });

/** Clients that reset their connections: in the handshake, when they are served, half way through a message. */
const RESET = { half: 5, served: 5, speaking: 5 } as const;
const RESETS = RESET.half + RESET.served + RESET.speaking;

const abrupt = (dialect: Dialect) =>
  dialect.scenario({
    id: "resilience/abrupt",
    title: `${RESETS} clients reset their connections: in the handshake, when they are ${dialect.words.served}, half way through a message`,
    tests: ["resilience.abrupt"],
    async run(context) {
      const { connect } = context;
      // Beside them a bystander and a newcomer.
      if (!hasRoom(context, RESETS + 2, "resilience.abrupt")) return;
      const bystander = await connect({ name: "bystander" });
      const half = await Promise.all(times(RESET.half, () => connect({ name: "half", handshake: { half: true } })));
      const clients = await Promise.all(times(RESET.served + RESET.speaking, () => connect(ACTING)));
      await Promise.all(clients.map(dialect.sign));
      const part = Buffer.from([0x81, 0xa7, 1, 2, 3, 4, 0x7a]);
      for (const client of clients.slice(RESET.served))
        await client.write({ type: "violation", data: "half a frame" }, part);
      await resetAll(context, ...half, ...clients);
      await judgeSurvival(dialect, context, "resilience.abrupt", bystander);
    },
  });

const FLOOD = 1_000;

const flood = (dialect: Dialect) =>
  dialect.scenario({
    id: "resilience/flood",
    title: "a client sends 1,000 malformed commands in one go, and another connects meanwhile",
    tests: ["resilience.flood"],
    floods: true,
    async run(context) {
      const { connect, check, exclusive } = context;
      if (exclusive && !hasRoom(context, 3, "resilience.flood")) return;
      await besideBystander(dialect, context, "resilience.flood", async (client) => {
        const { request, sign, answer, answers, mayBeLost, words } = dialect;
        client.send(...times(FLOOD, () => "flood"));
        const newcomer = await connect({ name: "meanwhile" });
        check("resilience.flood", await sign(newcomer), { title: `a ${words.sign} for who comes meanwhile` });
        await quiet(client);
        const carriedOut = answers(client, "success").length;
        check("resilience.flood", carriedOut, { const: 0, title: "none of them carried out" });
        client.send(request);
        const answered = await answer(client);
        check("resilience.flood", mayBeLost(client.transcript) ? "lost" : answered, {
          title: "an answer to a request behind them, or the end of the connection before it",
        });
      });
    },
  });

/** Waits until a flood is answered, the connection is over, or no more answers come. */
async function quiet(client: Connection): Promise<void> {
  const seen = () => messages(client.transcript, "server").length;
  const done = () => seen() > FLOOD || isEnded(client) || undefined;
  for (let before = -1; before < seen(); ) {
    before = seen();
    if (!isNothing(await client.wait("the answers to a flood", done, { owed: false }))) return;
  }
}

const large = (dialect: Dialect) =>
  Object.entries({ "64 KiB": 64 << 10, "1 MiB": 1 << 20, "8 MiB": 8 << 20 }).map(([name, bytes]) =>
    sized(dialect, "resilience.large", `large-${slug(name)}`, `${name} of an extra property`, () =>
      JSON.stringify("x".repeat(bytes)),
    ),
  );

const deep = (dialect: Dialect) =>
  Object.entries({
    "arrays nested 100,000 deep": deepTexts.arrays,
    "objects nested 100,000 deep": deepTexts.objects,
    "an object with 100,000 keys": () => `{${times(100_000, (i) => `"key${i}":${i}`).join()}}`,
    "a number of 1 MB": () => "7".repeat(1_000_000),
  }).map(([name, value]) =>
    sized(
      dialect,
      "resilience.deep",
      name.replaceAll(",", "").replaceAll(" ", "-"),
      `${name} in an extra property`,
      value,
    ),
  );

/** A case that sends a request with an extra property that only a text can hold. */
const sized = (
  dialect: Dialect,
  requirement: "resilience.large" | "resilience.deep",
  id: string,
  title: string,
  value: () => string,
) =>
  dialect.scenario({
    id: `resilience/${id}`,
    title: `a client that was ${dialect.words.served} sends a ${dialect.words.request} with ${title}`,
    given: value,
    tests: [requirement],
    run: (context) =>
      besideBystander<SharedId>(dialect, context, requirement, async (client) => {
        await dialect.sign(client);
        client.send(requestWith(dialect.request, `"extra":${value()}`));
        context.check(requirement, await fate(dialect, client), anyFate(dialect), ended(client.transcript));
      }),
  });

import type { Connection } from "../../harness/connection.ts";
import { isNothing, nothing } from "../../harness/nothing.ts";
import type { Context } from "../../harness/scenario.ts";
import { isEnded, messages } from "../../harness/transcript.ts";
import type { RequirementId } from "../../schemas/0.1.7/requirements.ts";
import { mayBeLost } from "./facts.ts";
import { ANY_FATE, fate } from "./fate.ts";
import { DISCONNECT, disconnect, disconnected, GREETING, goodbyesOf, greeting, nameOf, scenario } from "./protocol.ts";
import { besideBystander, judgeSurvival, resetAll } from "./survival.ts";

const times = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i));

const large = Object.entries({
  "64 KiB": 64 << 10,
  "1 MiB": 1 << 20,
  "8 MiB": 8 << 20,
}).map(([name, bytes]) =>
  sized("resilience.large", `large-${name.replace(" ", "-").toLowerCase()}`, `${name} of an extra property`, () =>
    JSON.stringify("x".repeat(bytes)),
  ),
);

const deep = Object.entries({
  "arrays nested 100,000 deep": () => "[".repeat(100_000) + "]".repeat(100_000),
  "objects nested 100,000 deep": () => ['{"a":'.repeat(100_000), "1", "}".repeat(100_000)].join(""),
  "an object with 100,000 keys": () => JSON.stringify(Object.fromEntries(times(100_000, (i) => [`key${i}`, i]))),
  "a number of 1 MB": () => "7".repeat(1_000_000),
}).map(([name, value]) =>
  sized("resilience.deep", name.replaceAll(",", "").replaceAll(" ", "-"), `${name} in an extra property`, value),
);

/** The cases of the section "Resilience". They put load on a server, one after another, and stop when they know. */
export const resilienceCases = [
  scenario({
    id: "resilience/concurrent",
    title: "100 clients connect at once, and each asks to be disconnected",
    tests: ["resilience.concurrent"],
    async run({ connect, check, room }) {
      const clients = await Promise.all(times(Math.min(100, room), () => connect()));
      const greetings = await Promise.all(clients.map(greeting));
      const greeted = successes(greetings);
      const limit = nothing(`${greeted} greetings: the target accepts at most ${room} connections at the same time`);
      const came = room < 100 ? limit : greeted;
      if (!check("resilience.concurrent", came, { const: 100, title: "100 greetings" }) && room < 100) return;
      for (const client of clients) client.send(disconnect);
      const goodbyes = await Promise.all(clients.map(disconnected));
      check("resilience.concurrent", successes(goodbyes), { const: 100, title: "100 answers to a disconnect request" });
    },
  }),

  scenario({
    id: "resilience/churn",
    title: "300 clients connect one after another, 10 at a time, and leave when they are greeted",
    tests: ["resilience.churn", "resilience.churn-speed"],
    async run({ connect, check, skip, room }) {
      if (room < AT_A_TIME) {
        skip("resilience.churn", beyond(room, AT_A_TIME));
        return skip("resilience.churn-speed", beyond(room, AT_A_TIME));
      }
      const once = await churn(connect);
      if (once.needs > ENOUGH) {
        const slow = `it would take ${Math.round(once.needs / 1_000)} s: a greeting takes ${Math.round(once.first)} ms`;
        skip("resilience.churn", slow);
        return skip("resilience.churn-speed", slow);
      }
      if (!check("resilience.churn", once.greeted, { const: CLIENTS, title: `${CLIENTS} greetings` }))
        return skip("resilience.churn-speed", "not all were greeted: see resilience.churn");
      // What slowed the last tenth down may have been another program: what is slow once is measured again.
      const last = once.last > SLOWER * once.first ? Math.min(once.last, (await churn(connect)).last) : once.last;
      check("resilience.churn-speed", Math.round((last / once.first) * 100) / 100, {
        title: `the median of the last tenth at most ${SLOWER} times that of the first`,
        type: "number",
        maximum: SLOWER,
      });
    },
  }),

  scenario({
    id: "resilience/idle",
    title: "a client connects while 50 others are connected and say nothing",
    tests: ["resilience.idle"],
    async run({ connect, check, skip, room }) {
      if (room < 51) return skip("resilience.idle", beyond(room, 51));
      await Promise.all(times(50, () => connect({ name: "idle" })));
      check("resilience.idle", await greeting(await connect({ name: "newcomer" })));
    },
  }),

  scenario({
    id: "resilience/half-open",
    title: "a client connects while 20 others have sent half of their handshake",
    tests: ["resilience.half-open"],
    async run({ connect, check, skip, room }) {
      if (room < 21) return skip("resilience.half-open", beyond(room, 21));
      await Promise.all(times(20, () => connect({ name: "half", handshake: { half: true } })));
      check("resilience.half-open", await greeting(await connect({ name: "newcomer" })));
    },
  }),

  scenario({
    id: "resilience/no-echo",
    title: "a client connects while 20 others, who asked to be disconnected, do not answer the server's close frame",
    tests: ["resilience.no-echo"],
    async run({ connect, check, skip, room }) {
      if (room < 21) return skip("resilience.no-echo", beyond(room, 21));
      const clients = await Promise.all(times(20, () => connect({ name: "ignores the close frame" })));
      for (const client of clients) {
        client.ignore();
        client.send(disconnect);
      }
      check("resilience.no-echo", await greeting(await connect({ name: "newcomer" })));
    },
  }),

  scenario({
    id: "resilience/abrupt",
    title: "15 clients reset their connections: in the handshake, when they are greeted, half way through a message",
    tests: ["resilience.abrupt"],
    async run(context) {
      const { connect, skip, room } = context;
      if (room < 17) return skip("resilience.abrupt", beyond(room, 17));
      const bystander = await connect({ name: "bystander" });
      const half = await Promise.all(times(5, () => connect({ name: "half", handshake: { half: true } })));
      const clients = await Promise.all(times(10, () => connect({ name: "client" })));
      await Promise.all(clients.map(greeting));
      const part = Buffer.from([0x81, 0xa7, 1, 2, 3, 4, 0x7a]);
      for (const client of clients.slice(5)) await client.write({ type: "violation", data: "half a frame" }, part);
      await resetAll(connect, ...half, ...clients);
      await judgeSurvival(context, "resilience.abrupt", bystander);
    },
  }),

  scenario({
    id: "resilience/flood",
    title: "a client sends 1,000 malformed commands in one go, and another connects meanwhile",
    tests: ["resilience.flood"],
    run: (context) =>
      besideBystander(context, "resilience.flood", async (client) => {
        const { connect, check } = context;
        client.send(...times(FLOOD, () => "flood"));
        const newcomer = await connect({ name: "meanwhile" });
        check("resilience.flood", await greeting(newcomer), { title: "a greeting for who comes meanwhile" });
        await quiet(client);
        const carriedOut = goodbyesOf(client, "success").length;
        check("resilience.flood", carriedOut, { const: 0, title: "none of them carried out" });
        client.send(disconnect);
        const answer = await disconnected(client);
        check("resilience.flood", mayBeLost(client.transcript) ? "lost" : answer, {
          title: "an answer to a request behind them, or disconnected failed before",
        });
      }),
  }),

  ...large,
  ...deep,
];

const FLOOD = 1_000;
const CLIENTS = 300;
const AT_A_TIME = 10;
const SLOWER = 5;
/** A case need not take longer than this, in ms. */
const ENOUGH = 10_000;

/** Why a case that wants so many connections is not for a target that accepts fewer. */
const beyond = (room: number, wanted: number) =>
  `it takes ${wanted} connections at the same time, and the target accepts at most ${room}`;

const successes = (answers: readonly unknown[]) =>
  answers.filter((answer) => (answer as { status?: unknown }).status === "success").length;

/** Waits until a flood is answered, the connection is over, or no more answers come. */
async function quiet(client: Connection): Promise<void> {
  const seen = () => messages(client.transcript, "server").length;
  const done = () => seen() > FLOOD || isEnded(client) || undefined;
  for (let before = -1; before < seen(); ) {
    before = seen();
    if (!isNothing(await client.wait("the answers to a flood", done, { owed: false }))) return;
  }
}

/**
 * How many of `CLIENTS` were greeted; how long greetings took at first and at last: the medians of a tenth, in ms; and how long all
 * of them need by the first ones, in ms. Where that is more than enough, it ends with those.
 */
async function churn(
  connect: Context["connect"],
): Promise<{ greeted: number; first: number; last: number; needs: number }> {
  const greeted: Connection[] = [];
  let left = CLIENTS;
  let failed = false;
  let needs = 0;
  const worker = async () => {
    while (left-- > 0 && !failed && needs <= ENOUGH) {
      const client = await connect();
      if (isNothing(await greeting(client))) failed = true;
      else greeted.push(client);
      if (greeted.length === AT_A_TIME) needs = (median(greeted.map(greetedAfter)) * CLIENTS) / AT_A_TIME;
      client.close(1000);
    }
  };
  await Promise.all(times(AT_A_TIME, worker));
  // By their transcripts, so that a recording gives the same.
  const took = greeted
    .toSorted((a, b) => (a.transcript.events[0]?.at ?? 0) - (b.transcript.events[0]?.at ?? 0))
    .map(greetedAfter);
  return {
    greeted: took.length,
    first: median(took.slice(0, CLIENTS / 10)),
    last: median(took.slice(-CLIENTS / 10)),
    needs,
  };
}

/** How long after the beginning of its handshake a client was greeted, in ms. */
function greetedAfter({ transcript }: Connection): number {
  const [place] = messages(transcript, "server").filter(({ message }) => nameOf(message) === GREETING);
  return (transcript.events[place?.index ?? 0]?.at ?? 0) - (transcript.events[0]?.at ?? 0);
}

const median = (some: readonly number[]) => some.toSorted((a, b) => a - b)[some.length >> 1] ?? Number.NaN;

/** A case that sends a disconnect request with an extra property that only a text can hold. */
function sized(requirement: "resilience.large" | "resilience.deep", id: string, title: string, value: () => string) {
  return scenario({
    id: `resilience/${id}`,
    title: `a client that was greeted sends a disconnect request with ${title}`,
    given: value,
    tests: [requirement],
    run: (context) =>
      besideBystander<RequirementId>(context, requirement, async (client) => {
        await greeting(client);
        client.send(`{"command":"${DISCONNECT}","extra":${value()}}`);
        context.check(requirement, await fate(client), ANY_FATE);
      }),
  });
}

import type { Connection } from "../../harness/connection.ts";
import { isNothing } from "../../harness/nothing.ts";
import type { Context } from "../../harness/scenario.ts";
import { heard, isEnded, isObject } from "../../harness/transcript.ts";
import { version } from "../../schemas/0.1.7/index.ts";
import { answerToPing } from "../websocket/transport-pings.ts";
import { besideOneOfItsVersion } from "./other-versions.ts";
import {
  asksToLogIn,
  DISCONNECTED,
  disconnect,
  disconnected,
  GREETING,
  greeting,
  NO_LOGIN,
  NO_VERSION,
  nameOf,
  scenario,
  statusOf,
  successfulGreetingsOf,
} from "./protocol.ts";
import { parityCases } from "./version-parity.ts";

/** The cases of the section "Version: the greeting". */
export const versionCases = [
  scenario({
    id: "version/greeting",
    title: "a client connects and says nothing until it is greeted, then asks to be disconnected",
    tests: [
      "version.greeting",
      "version.first",
      "version.no-login",
      "version.success",
      "version.current",
      "version.once",
    ],
    async run({ connect, check, skip }) {
      const client = await connect();
      const greeted = await greeting(client);
      if (!check("version.greeting", greeted)) return;
      check("version.first", heard(client)[0]?.command, { const: GREETING });
      if (!check("version.no-login", asksToLogIn(client, greeted) ? greeted : NO_LOGIN, { const: NO_LOGIN })) return;
      if (!check("version.success", greeted.status, { const: "success" })) return;
      if (isObject(greeted.data) && "tachyonVersion" in greeted.data)
        check("version.current", greeted.data, {
          title: `data.tachyonVersion ${JSON.stringify(version)}`,
          type: "object",
          properties: { tachyonVersion: { const: version } },
        });
      else skip("version.current", NO_VERSION);

      client.send(disconnect);
      if (isNothing(await disconnected(client)))
        return skip("version.once", "no fence: disconnect.answered was not kept");
      const before = heard(client).slice(
        0,
        heard(client).findIndex((message) => nameOf(message) === DISCONNECTED),
      );
      const greetings = before.filter((message) => nameOf(message) === GREETING);
      check("version.once", greetings.length, { const: 1, title: `one ${GREETING}` }, greetings[1]);
    },
  }),

  scenario({
    id: "version/talks-at-once",
    title: "a client sends a disconnect request as soon as it has read the 101",
    tests: ["version.greeting", "version.first"],
    async run({ connect, check }) {
      const client = await connect();
      client.send(disconnect);
      if (!check("version.greeting", await greeting(client))) return;
      check("version.first", heard(client)[0]?.command, { const: GREETING });
    },
  }),

  scenario({
    id: "version/no-login",
    title: "a client without credentials connects",
    tests: ["version.greeting", "version.no-login"],
    async run({ connect, check }) {
      const [member, stranger] = await Promise.all([
        connect({ name: "as configured" }),
        connect({ name: "without credentials", anonymous: true }),
      ]);
      const greeted = await greeting(member);
      if (!check("version.greeting", greeted)) return;
      const alone = await greeting(stranger);
      check("version.no-login", isNothing(alone) || !asksToLogIn(stranger, alone) ? statusOf(alone) : alone, {
        const: greeted.status,
        title: "a greeting as with credentials, and no demand to log in",
      });
    },
  }),

  scenario({
    id: "version/idle",
    title: "a client that was greeted says nothing for one timeout",
    tests: ["version.once", "transport.ping", "disconnect.answered"],
    waits: true,
    async run(context) {
      const { connect, check, skip, idle } = context;
      const client = await connect();
      if (isNothing(await greeting(client))) return skip("version.once", "not greeted at all: see version.greeting");
      await client.quiet(idle);
      // A rule judges if a server that ends the connection says so, as on every connection.
      const greetings = successfulGreetingsOf(client);
      check("version.once", greetings.length, { const: 1, title: `one ${GREETING}` }, greetings[1]);
      await judgeAwake(context, client);
    },
  }),

  ...parityCases,
  besideOneOfItsVersion,
];

const ENDED = "the server ended the connection before";

/** Judges that a client is heard when it speaks after a silence, unless the server ended its connection. */
async function judgeAwake(
  { check }: Pick<Context<"transport.ping" | "disconnect.answered">, "check">,
  client: Connection,
): Promise<void> {
  const pong = await answerToPing(client, "awake");
  client.send(disconnect);
  const answered = await disconnected(client);
  const isOver = isNothing(pong) && isEnded(client);
  check("transport.ping", isOver ? ENDED : pong);
  check("disconnect.answered", isOver ? ENDED : answered);
}

/** A case of the section "Malformed commands" that tests the greeting. */
export const malformedFirst = scenario({
  id: "malformed/before-the-greeting",
  title: "a client sends a malformed command as soon as it has read the 101",
  tests: ["version.greeting", "version.first"],
  async run({ connect, check }) {
    const client = await connect();
    client.send({ command: "conformance/unknown/request" });
    if (!check("version.greeting", await greeting(client))) return;
    check("version.first", heard(client)[0]?.command, { const: GREETING });
  },
});

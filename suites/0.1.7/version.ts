import { isNothing } from "../../harness/nothing.ts";
import { messages } from "../../harness/transcript.ts";
import { version } from "../../schemas/0.1.7/index.ts";
import { parityCases } from "./parity.ts";
import { disconnect, disconnected, GREETING, greeting, nameOf, scenario, statusOf } from "./protocol.ts";

/** The cases of the section "Version: the greeting". */
export const versionCases = [
  scenario({
    id: "version/greeting",
    title: "a client connects and says nothing until it is greeted, then asks to be disconnected",
    tests: ["version.greeting", "version.first", "version.success", "version.current", "version.once"],
    async run({ connect, check, skip }) {
      const client = await connect();
      const greeted = await greeting(client);
      if (!check("version.greeting", greeted)) return;
      const [first] = messages(client.transcript, "server");
      check("version.first", first?.message.command, { const: GREETING });
      if (!check("version.success", greeted.status, { const: "success" })) return;
      check("version.current", greeted.data, {
        title: `data.tachyonVersion ${JSON.stringify(version)}`,
        type: "object",
        properties: { tachyonVersion: { const: version } },
      });

      client.send(disconnect);
      if (isNothing(await disconnected(client)))
        return skip("version.once", "no fence: disconnect.answered was not kept");
      const greetings = messages(client.transcript, "server").filter(({ message }) => nameOf(message) === GREETING);
      check("version.once", greetings.length, { const: 1, title: `one ${GREETING}` });
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
      const [first] = messages(client.transcript, "server");
      check("version.first", first?.message.command, { const: GREETING });
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
      check("version.no-login", statusOf(await greeting(stranger)), {
        const: greeted.status,
        title: "a greeting as with credentials",
      });
    },
  }),

  ...parityCases,
];

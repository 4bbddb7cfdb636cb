import { isNothing } from "../../harness/nothing.ts";
import { amongOthers, judgeRejected, judgeUsable } from "../websocket/malformed.ts";
import { answerToPing } from "../websocket/transport-pings.ts";
import { spaced } from "../websocket/words.ts";
import { dialect } from "./dialect.ts";
import { disconnect, disconnected, greeting, queryOf, scenario } from "./protocol.ts";
import { other } from "./version-parity-inputs.ts";

// A server may keep clients of its own version in another way than others.

/** The queries of clients that are not of the version of the server. */
const clients = {
  "of-another-version": queryOf(other),
  "without-a-version": "",
  "whose-version-cannot-be-read": queryOf("banana"),
};

/** Cases of the section "Malformed commands" with clients of other versions. */
export const malformedByOthers = Object.entries(clients).map(([name, query]) =>
  scenario({
    id: `malformed/by-a-client-${name}`,
    title: `a client ${spaced(name)} sends "hello"`,
    given: query,
    tests: ["malformed.rejected", "malformed.usable", "malformed.survives"],
    async run(context) {
      const reaction = await amongOthers(dialect, context, "hello", { query });
      if (reaction && judgeRejected(context, reaction)) judgeUsable(dialect, context, reaction);
    },
  }),
);

/** A case of the section "WebSocket transport" with a client of another version. */
export const pingOfAnother = scenario({
  id: "transport/ping-of-another-version",
  title: `a client of version ${other} sends a ping`,
  given: queryOf(other),
  tests: ["transport.ping"],
  async run({ connect, check }) {
    const client = await connect({ query: queryOf(other) });
    if (!client.opened) return;
    await greeting(client);
    const pong = await answerToPing(client, "other");
    const isRefused = isNothing(pong) && dialect.answers(client, "failed").some(dialect.isGoodbye);
    check("transport.ping", isRefused ? "the server told it that its connection is over, as it may" : pong);
  },
});

/** A case of the section "Version" with two clients of one other version. */
export const besideOneOfItsVersion = scenario({
  id: "version/usable-beside-another-of-its-version",
  title: `a client of version ${other} asks to be disconnected when another one of that version has come`,
  tests: ["version.greeting", "parity.usable"],
  async run({ connect, check }) {
    const client = await connect({ query: queryOf(other) });
    if (!check("version.greeting", await greeting(client))) return;
    const another = await connect({ name: "another", query: queryOf(other) });
    if (!check("version.greeting", await greeting(another))) return;
    client.send(disconnect);
    check("parity.usable", await disconnected(client));
  },
});

import type { Connection } from "../../harness/connection.ts";
import { isNothing } from "../../harness/nothing.ts";
import type { ConnectOptions } from "../../harness/scenario.ts";
import { heard, isEnded } from "../../harness/transcript.ts";
import { judgeSurvival, withBystander } from "../websocket/survival.ts";
import { dataOf, isLacking, LACKS, ONE_USER, propertyOf, SELF, selfOf, UNTOLD } from "./answers.ts";
import { call, DISCONNECT, dialect, STATS, statusOf } from "./dialect.ts";
import { scenario } from "./protocol.ts";
import { userCases } from "./users.ts";

/** The fate of one of two connections of a user, in place of a response: a server may end it. */
const ENDED_INSTEAD = "no connection";

/** The cases of a client that asks to be disconnected. */
const disconnects = [
  scenario({
    id: "sessions/disconnect",
    title: `a client sends ${DISCONNECT} with a reason`,
    tests: ["disconnect.answered", "disconnect.closes", "disconnect.code"],
    async run({ connect, check }) {
      const client = await connect();
      const response = await call(client, DISCONNECT, "leave", { reason: "bye" });
      if (!check("disconnect.answered", propertyOf(response, "status"), { const: "success" })) return;
      const ending = await client.closed();
      if (!check("disconnect.closes", ending)) return;
      check("disconnect.code", isNothing(ending) ? ending : (ending.code ?? "none"), { const: 1000 });
    },
  }),

  scenario({
    id: "sessions/disconnect-without-a-reason",
    title: `a client sends ${DISCONNECT} without a reason`,
    tests: ["disconnect.reason"],
    async run({ connect, check }) {
      check("disconnect.reason", propertyOf(await call(await connect(), DISCONNECT, "leave"), "status"), {
        const: "success",
      });
    },
  }),
];

/** The cases of the section "Sessions, system, user". */
export const sessionCases = [
  scenario({
    id: "sessions/self",
    title: "a client connects and says nothing",
    tests: ["self.sent", "self.first"],
    async run({ connect, check }) {
      const client = await connect();
      if (!check("self.sent", await selfOf(client))) return;
      check("self.first", heard(client)[0]?.commandId, { const: SELF });
    },
  }),

  scenario({
    id: "sessions/self-before-answers",
    title: `a client sends ${STATS} as soon as it is connected`,
    tests: ["self.first"],
    async run({ connect, check, unasked }) {
      const client = await connect();
      await call(client, STATS, "at-once");
      if (isNothing(await selfOf(client))) return unasked("self.first", UNTOLD);
      check("self.first", heard(client)[0]?.commandId, { const: SELF }, heard(client)[0]);
    },
  }),

  scenario({
    id: "sessions/identity",
    title: "a user connects twice, the second time together with another user",
    tests: ["self.identity"],
    async run({ connect, check, users, unasked }) {
      const client = await connect({ name: "first" });
      const first = propertyOf(await selfOf(client), "userId");
      client.close(1000); // A user may have one connection.
      await client.closed();
      const come = async (options: ConnectOptions) => propertyOf(await selfOf(await connect(options)), "userId");
      const [again, other] = await Promise.all([
        come({ name: "again", as: client }),
        ...(users < 2 ? [] : [come({ name: "other", user: 1 })]),
      ]);
      if ([first, again, ...(users < 2 ? [] : [other])].some(isNothing)) return unasked("self.identity", UNTOLD);
      check("self.identity", again, { const: first, title: "the same userId as before" });
      if (users < 2) return;
      check("self.identity", other, { title: "another userId", type: "string", not: { const: first } });
    },
  }),

  scenario({
    id: "sessions/statistics",
    title: `all users of the suite connect, and one sends ${STATS}`,
    tests: ["stats.count"],
    async run({ connect, check, users, room, unasked }) {
      const most = Math.min(users, room);
      const clients = await Promise.all(
        Array.from({ length: most }, (_, user) => connect({ name: `user ${user + 1}`, user })),
      );
      await Promise.all(clients.slice(1).map(dialect.sign));
      const response = await call(clients[0] as Connection, STATS, "count");
      if (isLacking(response)) return unasked("stats.count", LACKS);
      const expected = { title: `an integer, at least ${most}`, type: "integer", minimum: most };
      check("stats.count", propertyOf(dataOf(response), "userCount"), expected);
    },
  }),

  ...disconnects,

  scenario({
    id: "sessions/disconnect-and-again",
    title: `a client sends ${DISCONNECT}, and the same user connects again`,
    tests: ["disconnect.again"],
    async run({ connect, check }) {
      const client = await connect({ name: "leaves" });
      await call(client, DISCONNECT, "leave", { reason: "I come again" });
      await client.closed();
      const again = await connect({ name: "comes again", as: client });
      check("disconnect.again", statusOf(await dialect.sign(again)), { const: "success" });
    },
  }),

  scenario({
    id: "sessions/disconnect-beside-another",
    title: `a client sends ${DISCONNECT} while another connection is open, of the same user if the server allows two`,
    tests: ["disconnect.answered", "disconnect.isolated"],
    async run(context) {
      const { connect, check, exclusive, room, unasked } = context;
      if (exclusive && room < 2) return unasked("disconnect.isolated", "a user has one connection at a time");
      const both = await withBystander(connect);
      if (!both) return;
      const response = await call(both.client, DISCONNECT, "leave", { reason: "the other one stays" });
      if (!check("disconnect.answered", propertyOf(response, "status"), { const: "success" })) return;
      await both.client.closed();
      await judgeSurvival(dialect, context, "disconnect.isolated", both.bystander, both.client);
    },
  }),

  scenario({
    id: "sessions/second-connection",
    title: "a user connects a second time",
    tests: ["second.connection", "request.answered"],
    async run({ connect, check, report }) {
      const first = await connect({ name: "first" });
      await dialect.sign(first);
      const second = await connect({ name: "second", as: first });
      // Their ids tell the connections apart.
      const ofSecond = await call(second, STATS, "of-the-second");
      const ofFirst = await call(first, STATS, "of-the-first");
      const stays = (client: Connection) => client.opened && !isEnded(client);
      const which = [stays(first) ? ["the first"] : [], stays(second) ? ["the second"] : []].flat();
      report("second.connection", `stays: ${which.join(" and ") || "none"}`);
      check("request.answered", isNothing(ofFirst) && !stays(first) ? ENDED_INSTEAD : ofFirst);
      check("request.answered", isNothing(ofSecond) && !stays(second) ? ENDED_INSTEAD : ofSecond);
    },
  }),

  scenario({
    id: "sessions/second-connection-beside-another",
    title: "a user connects a second time while another user is connected",
    tests: ["request.answered"],
    async run({ connect, check, users, unasked }) {
      if (users < 2) return unasked("request.answered", ONE_USER);
      const other = await connect({ name: "other", user: 1 });
      if (!check("request.answered", await dialect.sign(other))) return;
      const first = await connect({ name: "first" });
      await dialect.sign(first);
      const second = await connect({ name: "second", acts: true, as: first });
      await call(second, STATS, "of-the-second");
      const title = "the other user is served on";
      check("request.answered", await call(other, STATS, "of-the-other"), { title });
    },
  }),

  ...userCases,
];

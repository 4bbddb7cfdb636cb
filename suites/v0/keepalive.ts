import type { Connection } from "../../harness/connection.ts";
import { isNothing } from "../../harness/nothing.ts";
import { call, STATS } from "./dialect.ts";
import { scenario } from "./protocol.ts";

/** The longest time between two pings, and a little more, in ms. */
const LONGEST_GAP = 10_500;

const pingsOf = ({ transcript }: Connection) =>
  transcript.events.filter(({ from, type }) => from === "server" && type === "ping");

/** The cases of the section "Keep-alive". They mostly wait. */
export const keepaliveCases = [
  scenario({
    id: "keepalive/ping",
    title: "a client says nothing until a ping comes, for 10 s at most",
    tests: ["ping.interval", "ping.random"],
    waits: true,
    async run({ connect, check, report }) {
      const client = await connect();
      const pings = (count: number) =>
        client.wait("a ping", () => pingsOf(client)[count - 1], { exactly: LONGEST_GAP });
      const first = await pings(1);
      if (!check("ping.interval", first) || isNothing(first)) return;
      // The first comes in time also where pings are too far apart, if the client comes just before it.
      const second = await pings(2);
      if (!check("ping.interval", second) || isNothing(second)) return;
      report("ping.random", `a ping after ${Math.round((second.at - first.at) / 100) / 10} s`);
    },
  }),

  scenario({
    id: "keepalive/request-behind-a-silence",
    title: `a client sends ${STATS}, says nothing for one timeout, and sends it again`,
    tests: ["request.answered"],
    waits: true,
    async run({ connect, check, idle }) {
      const client = await connect();
      if (!check("request.answered", await call(client, STATS, "before-a-silence"))) return;
      await client.quiet(idle);
      check("request.answered", await call(client, STATS, "behind-a-silence"));
    },
  }),
];

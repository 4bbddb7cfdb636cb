import { writeFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { isNothing } from "../../harness/nothing.ts";
import { type Scenario, scenarios } from "../../harness/scenario.ts";
import { disconnect, disconnected, statusOf } from "../../suites/0.1.7/protocol.ts";
import observed from "../../suites/0.1.7/sets/observed.json" with { type: "json" };
import { cases } from "../helpers.ts";
import { observe } from "./observing.ts";

const FILE = "suites/0.1.7/sets/observed.json";

test("of each case stands in a file what it was seen to send and to expect", async () => {
  const now = await observe(cases);
  if (process.env.UPDATE_DIGESTS) writeFileSync(FILE, `${JSON.stringify(now, undefined, 2)}\n`);
  const known: Readonly<Record<string, string>> = process.env.UPDATE_DIGESTS ? now : observed;
  const changed = cases.map(({ id }) => id).filter((id) => now[id] !== known[id]);
  if (changed.length === 0 && Object.keys(known).length === cases.length) return;
  throw new Error(`${FILE} is not current, as of ${changed.slice(0, 20).join(", ")}. Make it anew: npm run digests`);
}, 300_000);

const scenario = scenarios<string>();
const ID = "disconnect/example";
const one: Scenario<string> = {
  id: ID,
  title: "a client asks",
  tests: ["disconnect.success"],
  async run({ connect, check }) {
    const client = await connect();
    client.send(disconnect);
    check("disconnect.success", statusOf(await disconnected(client)), { const: "success" });
  },
};
const observedOf = async (run: Scenario<string>["run"]) => (await observe([scenario({ ...one, run })]))[ID];

test("names and layout of the code of a case change nothing", async () => {
  const again = await observedOf(async (context) => {
    const somebody = await context.connect();
    somebody.send(disconnect);
    const answer = await disconnected(somebody);
    const status = isNothing(answer) ? answer : answer.status;
    context.check("disconnect.success", status, { const: "success" });
  });
  expect(again).toBe(await observedOf(one.run));
});

test("what a case sends, what it expects and how it judges changes its digest", async () => {
  const statusOfNothing = (_: unknown) => "success";
  const changes: Scenario<string>["run"][] = [
    one.run,
    async ({ connect, check }) => {
      const client = await connect();
      client.send(disconnect);
      check("disconnect.success", statusOfNothing(await disconnected(client)), { const: "success" });
    },
    async ({ connect, check }) => {
      const client = await connect();
      client.send({ ...disconnect, further: 1 });
      check("disconnect.success", statusOf(await disconnected(client)), { const: "success" });
    },
    async ({ connect, check }) => {
      const client = await connect();
      client.send(disconnect);
      check("disconnect.success", statusOf(await disconnected(client)), { enum: ["success", "failed"] });
    },
    async ({ connect, check }) => {
      const client = await connect({ name: "somebody" });
      client.send(disconnect);
      check("disconnect.success", statusOf(await disconnected(client)), { const: "success" });
    },
  ];
  const digests: unknown[] = [];
  for (const run of changes) digests.push(await observedOf(run));
  expect(new Set(digests).size).toBe(changes.length);
});

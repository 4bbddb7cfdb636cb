import { writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { expect, test } from "@jest/globals";
import { isNothing } from "../../harness/nothing.ts";
import { casesIn } from "../../harness/protocol.ts";
import { type Scenario, scenarios } from "../../harness/scenario.ts";
import { disconnect, disconnected, statusOf } from "../../suites/0.1.7/protocol.ts";
import { byTurns } from "../turns.ts";
import { OBSERVED } from "./observed.ts";
import { type Observed, observe } from "./observing.ts";

test.each(OBSERVED)(
  "of each case stands in a file what it was seen to send and to expect",
  async (of) => {
    const { version, suites } = of.protocol;
    const file = `suites/${version}/sets/observed.json`;
    // Those that are made from schemas are all in their rows.
    const cases = casesIn({ suites: suites.filter(({ swept }) => !swept) });
    if (process.env.UPDATE_DIGESTS)
      return writeFileSync(file, `${JSON.stringify(await observe(cases, of), undefined, 2)}\n`);
    const known: Readonly<Record<string, string>> = JSON.parse(await readFile(file, "utf8"));
    const now = { ...known, ...(await observe(byTurns(cases, 16), of)) };
    const ids = new Set(cases.map(({ id }) => id));
    const changed = [...new Set([...Object.keys(now), ...ids])].filter((id) => !ids.has(id) || now[id] !== known[id]);
    if (changed.length === 0) return;
    throw new Error(`${file} is not current, as of ${changed.slice(0, 20).join(", ")}. Make it anew: npm run digests`);
  },
  300_000,
);

const [first] = OBSERVED as readonly [Observed, ...Observed[]];
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
const observedOf = async (run: Scenario<string>["run"]) => (await observe([scenario({ ...one, run })], first))[ID];

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

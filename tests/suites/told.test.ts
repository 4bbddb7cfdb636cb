import { afterEach, expect, test } from "@jest/globals";
import { isBroken } from "../../harness/catalogue.ts";
import type { CaseResult } from "../../harness/execute.ts";
import { brokenBy, byDefault, runAgainst } from "../helpers.ts";
import { misjudged } from "../servers/misjudged/index.ts";
import { isObject } from "../servers/tachyon.ts";
import { byTurns } from "../turns.ts";

/** The timeout of a test, in ms. It is longer than a run may take, so that a late run is reported, too. */
const PATIENCE = 90_000;

/** The silence of the client that shall be left alone, in ms, with servers that do not mind it. */
const MOMENT = 100;

let close: () => Promise<void> = async () => {};
afterEach(() => close());

test.each(byTurns(Object.entries(misjudged), 60))(
  "of a server that %s is told what is right",
  async (_, { start, told = [], oneOf = [], also = [], noObjects, share = 1, options, headers = {} }) => {
    const server = await start();
    close = server.close;
    const some = byDefault.filter((_, i) => i % share === 0);
    const target = { url: new URL(server.url), headers };
    const run = await runAgainst(server.url, some, { target, idle: MOMENT, ...options });

    const broken = brokenBy(run);
    expect(broken.filter((id) => ![...oneOf, ...also].some((it) => it === id))).toEqual(told.toSorted());
    expect(oneOf.length === 0 || oneOf.some((it) => broken.includes(it))).toBe(true);
    expect(run.stop).toBeUndefined();
    expect(run.results.filter(({ verdict }) => verdict === "error").map(({ case: { id } }) => id)).toEqual([]);
    const innocent = run.results.filter((result) => noObjects && isBroken(result) && !saidNoObject(result));
    expect(innocent.map(({ case: { id } }) => id)).toEqual([]);
  },
  PATIENCE,
);

/** Tells if some text of the client is no JSON object. */
const saidNoObject = ({ connections }: CaseResult) =>
  connections.some(({ events }) =>
    events.some((it) => it.from === "client" && it.type === "text" && !isObject(it.data)),
  );

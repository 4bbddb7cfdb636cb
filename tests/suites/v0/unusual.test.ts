import { afterEach, expect, test } from "@jest/globals";
import { run } from "../../../harness/runner.ts";
import { usersOf } from "../../../harness/target.ts";
import { DEFAULTS } from "../../../running/defaults.ts";
import { own } from "../../../schemas/v0/index.ts";
import { protocolBy } from "../../../suites/v0/index.ts";
import { BARE_USERS } from "../../servers/v0/bare.ts";
import { unusualV0 } from "../../servers/v0/unusual.ts";
import { byTurns } from "../../turns.ts";

const protocol = protocolBy(own);
const cases = protocol.suites.filter(({ load, name }) => !load || name === "social").flatMap((suite) => suite.cases);

/** Each server has its turn once in so many days. */
const DAYS = 24;

let close: () => Promise<void> = async () => {};
afterEach(() => close());

test.each(byTurns(Object.entries(unusualV0), DAYS))(
  "nothing is wrong with a server of v0 that %s",
  async (_, unusual) => {
    const { start, warns, ca } = unusual;
    const server = await start();
    close = server.close;
    const target = { url: new URL(server.url), headers: {}, ca, ...usersOf({ users: BARE_USERS }) };
    const { results, stop } = await run(protocol, cases, { ...DEFAULTS, target, strict: warns.length === 0 });
    const wrong = results.flatMap(({ case: { id }, checks }) =>
      checks
        .filter(({ verdict, unasked, requirement, see }) => {
          if (verdict === "skip") return !(unasked || warns.some((it) => it === see));
          return !(
            verdict === "pass" ||
            verdict === "info" ||
            (verdict === "warn" && warns.some((it) => it === requirement))
          );
        })
        .map(({ requirement, verdict, actual }) => ({ id, requirement, verdict, actual })),
    );
    expect(wrong).toEqual([]);
    expect(results.filter(({ unstable, unconfirmed }) => unstable || unconfirmed).map((it) => it.case.id)).toEqual([]);
    expect(stop).toBeUndefined();
  },
);

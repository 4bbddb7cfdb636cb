import type { Connection } from "../../harness/connection.ts";
import { isNothing } from "../../harness/nothing.ts";
import type { Context } from "../../harness/scenario.ts";
import { messages } from "../../harness/transcript.ts";
import type { Dialect } from "./dialect.ts";
import { hasRoom, times } from "./survival.ts";

const CLIENTS = 300;
const AT_A_TIME = 10;
/** The last tenth may take so many times as long as the first. */
const LAST_TENTH = 5;
const TENTH = CLIENTS / 10;
/** A case need not take longer than this, in ms. */
const TIME_TO_CHURN = 10_000;

/** Clients that come and go, part of the section "Resilience". */
export const churnCase = (dialect: Dialect) =>
  dialect.scenario({
    id: "resilience/churn",
    title: `${CLIENTS} clients connect one after another, ${AT_A_TIME} at a time, and leave when they are ${dialect.words.served}`,
    tests: ["resilience.churn", "resilience.churn-speed"],
    async run(context) {
      const { connect, check, skip } = context;
      const { words } = dialect;
      if (!hasRoom(context, AT_A_TIME, "resilience.churn", "resilience.churn-speed")) return;
      const once = await churn(dialect, connect);
      if (once.needs > TIME_TO_CHURN && !once.failed) {
        const each = Math.round((once.needs * AT_A_TIME) / CLIENTS);
        const slow = `it would take ${Math.round(once.needs / 1_000)} s: a ${words.sign} takes ${each} ms`;
        skip("resilience.churn", slow);
        return skip("resilience.churn-speed", slow);
      }
      if (!check("resilience.churn", once.served, { const: CLIENTS, title: `${CLIENTS} ${words.sign}s` }))
        return skip("resilience.churn-speed", `not all were ${words.served}: see resilience.churn`);
      // Another program may have slowed down the last tenth, so a slow one is measured again.
      const last =
        once.last > LAST_TENTH * once.first ? Math.min(once.last, (await churn(dialect, connect)).last) : once.last;
      check("resilience.churn-speed", Math.round((last / once.first) * 100) / 100, {
        title: `the median of the last tenth at most ${LAST_TENTH} times that of the first ones`,
        type: "number",
        maximum: LAST_TENTH,
      });
    },
  });

/** The clients that were served, and the times of that in ms. */
interface Churn {
  readonly served: number;
  /** One was not served, so no more came. */
  readonly failed: boolean;
  /** The median of the fastest tenth of the first half, if so many came. A busy machine delays the very first clients, too. */
  readonly first: number;
  /** The median of the last tenth. */
  readonly last: number;
  /** The time that all clients need, as the second ones suggest: the first may be late by chance. If it is too much, no more come. */
  readonly needs: number;
}

/** Makes `CLIENTS` connect and leave, and measures how long it takes until they are served. */
async function churn(dialect: Dialect, connect: Context["connect"]): Promise<Churn> {
  const served: Connection[] = [];
  let left = CLIENTS;
  let failed = false;
  let needs = 0;
  const worker = async () => {
    while (left-- > 0 && !failed && needs <= TIME_TO_CHURN) {
      const client = await connect();
      if (isNothing(await dialect.sign(client))) failed = true;
      else served.push(client);
      if (served.length === 2 * AT_A_TIME)
        needs = (median(served.slice(AT_A_TIME).map((it) => servedAfter(dialect, it))) * CLIENTS) / AT_A_TIME;
      client.close(1000);
    }
  };
  await Promise.all(times(AT_A_TIME, worker));
  // By their transcripts, so that a recording gives the same.
  const tookMs = served
    .toSorted((a, b) => (a.transcript.events[0]?.at ?? 0) - (b.transcript.events[0]?.at ?? 0))
    .map((client) => servedAfter(dialect, client));
  return {
    served: tookMs.length,
    failed,
    first: Math.min(...times(5, (i) => median(tookMs.slice(i * TENTH, (i + 1) * TENTH)))),
    last: median(tookMs.slice(-TENTH)),
    needs,
  };
}

/** The time from the beginning of its handshake until a client was served, in ms. */
function servedAfter({ isSign }: Dialect, { transcript }: Connection): number {
  const sign = messages(transcript, "server").find(({ message }) => isSign(message));
  return (transcript.events[sign?.index ?? 0]?.at ?? 0) - (transcript.events[0]?.at ?? 0);
}

const median = (some: readonly number[]) => some.toSorted((a, b) => a - b)[some.length >> 1] ?? Number.NaN;

import { afterEach, test } from "@jest/globals";
import { unusualSlow } from "../servers/unusual-slow.ts";
import { byTurns } from "../turns.ts";
import { expectNothingWrong } from "./conforming.ts";

/** The timeout of a test, in ms. It is longer than a run may take, so that a late run is reported, too. */
const PATIENCE = 60_000;

let close: () => Promise<void> = async () => {};
afterEach(() => close());

test.each(byTurns(Object.entries(unusualSlow), 30))(
  "nothing is wrong with a server that %s",
  async (_, server) => {
    const running = await server.start();
    close = running.close;
    await expectNothingWrong(running.url, server);
  },
  PATIENCE,
);

import { afterEach, test } from "@jest/globals";
import { unusual } from "../servers/unusual.ts";
import { byTurns } from "../turns.ts";
import { expectNothingWrong } from "./conforming.ts";

let close: () => Promise<void> = async () => {};
afterEach(() => close());

test.each(byTurns(Object.entries(unusual), 60))("nothing is wrong with a server that %s", async (_, server) => {
  const running = await server.start();
  close = running.close;
  await expectNothingWrong(running.url, server);
});

import { afterEach, jest } from "@jest/globals";
import { connect } from "../../harness/connect.ts";
import type { Connection } from "../../harness/connection.ts";
import { isNothing, whyNothing } from "../../harness/nothing.ts";
import { type Recorder, recorder } from "../../harness/recorder.ts";
import { share } from "../../harness/shared.ts";
import { protocol } from "../../suites/0.1.7/index.ts";
import { type Handlers, webSocketServer } from "../servers/websocket.ts";

/** Functions that end what a test has opened. */
export const closing: (() => unknown)[] = [];
afterEach(async () => {
  jest.useRealTimers();
  for (const close of closing.splice(0)) await close();
});

/** Makes a recorder on a clock that the test sets, and counts its calls of `idle` and `stop`. */
export function one(shared = share(1_000)) {
  const called = { idle: 0, stop: 0 };
  const log = recorder(
    shared,
    () => void called.idle++,
    () => void called.stop++,
  );
  return { log, called, shared };
}

/** Returns why nothing was found; what was found where something was. */
export const words = (found: unknown) => (isNothing(found) ? whyNothing(found) : found);

/** Returns the last event of a recorder. */
export const last = ({ events }: Recorder) => events.at(-1);

/** Connects to a server that does this with each client. */
export async function to(handlers: Partial<Handlers>, timeout = 2_000): Promise<Connection> {
  const server = await webSocketServer({ open() {}, message() {}, ...handlers });
  const shared = share(timeout);
  closing.push(() => shared.sockets.forEach((destroy) => void destroy()), server.close);
  return connect(new URL(server.url), { headers: {}, idle() {}, protocol }, shared);
}

import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Protocol, RunningServer } from "../harness/protocol.ts";

/** The parts of a running server that a thread can tell of. */
export type Told = Omit<RunningServer, "close" | "notes">;

/** Starts the reference server of a protocol version in a thread of its own, so that it takes no time from the client. */
export async function serveApart({ version }: Pick<Protocol, "version">): Promise<RunningServer> {
  const thread = new Worker(new URL("./server-thread.js", import.meta.url), { workerData: version });
  const [server]: Told[] = await once(thread, "message");
  return {
    ...(server as Told),
    async close() {
      thread.postMessage("close");
      await once(thread, "exit");
    },
  };
}

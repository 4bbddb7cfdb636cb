import { parentPort, workerData } from "node:worker_threads";
import { protocolOf } from "../suites/index.ts";
import type { Told } from "./embedded.ts";

// The thread of the embedded reference server. It serves until it gets a message.
const { serve } = await protocolOf({ protocol: workerData });
const { close, notes: _, ...told } = await serve();
parentPort?.postMessage(told satisfies Told);
parentPort?.once("message", close);

import type { Protocol } from "../harness/protocol.ts";
import { protocol } from "./0.1.7/index.ts";

/** The protocol version that is tested. */
export const current: Protocol = protocol;

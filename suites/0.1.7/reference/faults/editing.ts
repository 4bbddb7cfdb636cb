import type { Frame } from "../../../../harness/frame.ts";
import { edited, rewritten, type WholeFrame } from "../../../websocket/editing.ts";
import type { ReferenceFault } from "./fault.ts";

/** A change that edits each frame of a client before the WebSocket library reads it; `undefined` leaves it out. */
export const editing =
  (make: () => (frame: WholeFrame) => Frame | undefined): ReferenceFault["change"] =>
  () => ({ upgrade: (_, tcp) => edited(tcp, make()) });

/** A change that rewrites the bytes of a client, one TCP segment after another. */
export const rewriting =
  (make: () => (bytes: Buffer) => Buffer): ReferenceFault["change"] =>
  () => ({ upgrade: (_, tcp) => rewritten(tcp, make()) });

import { BOUNDS } from "./bounds.ts";
import { shorten } from "./kept.ts";
import type { Unstamped, WireEvent } from "./transcript.ts";

/** A message to send: an object goes as JSON, a string as it is in a text frame, bytes in a binary frame. */
export type Outgoing = object | string | Uint8Array;

/** The meaning of bytes that a client writes itself. */
export interface Written {
  readonly type: "text" | "ping" | "violation";
  readonly data: string;
}

/** Something that a case does on a connection, as a transcript holds it. */
export type Deed = Unstamped;

const DEEDS = ["text", "binary", "ping", "violation", "close", "end"] as const;

/** Tells if an event is a deed of a case. The suite also does some by itself. */
export const isDeed = (event: WireEvent): boolean =>
  event.from === "client" &&
  DEEDS.some((type) => type === event.type) &&
  !(event.type === "close" && event.by === "suite");

/** The bytes or text that are sent for something. */
export const payloadOf = (it: Outgoing): string | Uint8Array =>
  typeof it === "string" || it instanceof Uint8Array ? it : JSON.stringify(it);

/** A message that a case sends. */
export function said(it: Outgoing): Deed {
  const payload = payloadOf(it);
  return typeof payload === "string"
    ? shorten<Deed & { readonly type: "text" }>({ from: "client", type: "text", data: payload }, BOUNDS.sent)
    : { from: "client", type: "binary", data: base64(payload) };
}

/** Bytes that a case writes. */
export const written = (what: Written): Deed => ({ from: "client", ...what });

/** A close frame that a case sends. */
export const closeFrame = (code: number | undefined, reason: string): Deed & { readonly type: "close" } => ({
  from: "client",
  type: "close",
  data: reason,
  ...(code !== undefined && { code }),
});

/** A case ends TCP. */
export const END: Deed = { from: "client", type: "end" };

/** Bytes as they stand in a transcript. */
export const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
